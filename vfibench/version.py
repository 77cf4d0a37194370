"""The version of vfibench, which pyproject.toml reads from here, and that of how it comes to a score."""

__version__ = "0.1.0"

SCORING = 1
"""Raised whenever the harness itself changes a score: how files are decoded, frames padded, resized and
cropped back, times reached by recursion, precisions set. Each metric has a version of its own."""
