"""Where frames go: a video file, or a folder of pictures."""
