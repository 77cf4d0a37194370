"""Videos beside one another: aligned by time, labelled, scored, as a video or as a page that plays them."""
