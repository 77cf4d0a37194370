"""The pictures of chosen frames: zoom, divider, flip-book, error maps."""
