"""One page per method: its card, its scores, its published scores, the commands that make them again."""
