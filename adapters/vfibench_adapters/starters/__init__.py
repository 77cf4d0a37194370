"""Methods that bring their weights along: compact members of this package's architectures."""
