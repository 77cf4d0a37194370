"""The machine that vfibench runs on: its devices."""
