"""PyAV, which comes with the extra `video`: asked for in one place, its fractions made Python's own."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from vfibench.errors import VfibenchError


class Rational(Protocol):
    """A fraction of PyAV's, which is Python's up to PyAV 18 and its own from 19 on."""

    @property
    def numerator(self) -> int:
        """Above the line."""

    @property
    def denominator(self) -> int:
        """Below the line."""


def need_av() -> None:
    """VfibenchError where PyAV is not installed or cannot be loaded."""
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise VfibenchError(
            f"expected PyAV, which reads and writes videos, found none ({error})",
            'install it: pip install "vfibench[video]"',
        ) from error


def exact(value: Rational | None) -> Fraction | None:
    """A rational of PyAV's as Python's; None for one that is unknown (None, 0/0 or 0).

    >>> exact(Fraction(30000, 1001))
    Fraction(30000, 1001)
    """
    if value is None or not value.denominator or not value.numerator:
        return None
    return Fraction(value.numerator, value.denominator)
