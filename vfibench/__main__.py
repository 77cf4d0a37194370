"""`python -m vfibench`, as torchrun starts it."""

from vfibench.cli import main

if __name__ == "__main__":
    main()
