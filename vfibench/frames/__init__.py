"""A picture: read from a file and written, padded and cropped, resized."""
