"""Zooming Slow-Mo: space-time video super-resolution."""
