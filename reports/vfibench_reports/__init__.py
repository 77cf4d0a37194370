"""The built-in reports."""
