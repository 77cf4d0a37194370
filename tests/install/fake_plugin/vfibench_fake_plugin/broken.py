"""Fails on import, as plugins do."""

raise ImportError("libmissing.so.7: cannot open shared object file")
