"""One ranked table per (dataset, protocol)."""
