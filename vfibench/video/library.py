"""PyAV, which comes with the extra `video`: asked for in one place, its fractions made Python's own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    from av import AudioFrame, VideoFrame
    from av.filter import Graph


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


def pulled(graph: Graph) -> Iterator[VideoFrame | AudioFrame]:
    """What comes out of a graph of filters for what went in so far."""
    import av

    while True:
        try:
            yield graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def exact(value: Rational | None) -> Fraction | None:
    """A rational of PyAV's as Python's; None for one that is unknown (None, 0/0 or 0).

    >>> exact(Fraction(30000, 1001))
    Fraction(30000, 1001)
    """
    if value is None or not value.denominator or not value.numerator:
        return None
    return Fraction(value.numerator, value.denominator)
