"""`vfibench train`: weights from a recipe. To see how, read `loop.py`, then `state.py` and `samples.py`."""
