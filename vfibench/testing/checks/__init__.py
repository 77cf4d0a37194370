"""The checks, a module for each question asked; importing this registers them, in this order."""

from __future__ import annotations

# isort: off
from vfibench.testing.checks import facts
from vfibench.testing.checks import outputs
from vfibench.testing.checks import purity
from vfibench.testing.checks import batches
from vfibench.testing.checks import content
# isort: on

__all__ = ["batches", "content", "facts", "outputs", "purity"]
