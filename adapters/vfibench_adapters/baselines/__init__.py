"""Methods that learn nothing: the floor under every table."""
