"""The time of a method on its own, and of two that take turns."""
