"""A video as frames that can be asked for by number: looked through once, then decoded where it is needed."""
