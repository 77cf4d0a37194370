"""Where frames come from: a video file, a folder of pictures, an animation."""
