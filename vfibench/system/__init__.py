"""The machine: devices, memory, threads, files written whole, locks, and where a number came from."""
