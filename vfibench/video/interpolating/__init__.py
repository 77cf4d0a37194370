"""A video made smoother or slower by a method: the loop from decoding to encoding, and what came of it."""
