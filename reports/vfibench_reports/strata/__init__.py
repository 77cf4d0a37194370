"""Scores by motion, occlusion and time."""
