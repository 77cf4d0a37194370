"""What cannot be read of a run folder: told in one line, and the rest stays readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vfibench.errors import VfibenchError
from vfibench.system.telling import warn

Tell = Callable[[VfibenchError], None]
"""Takes what is wrong with a part that is left out; one that raises it makes the reading strict."""


class Damaged(VfibenchError):
    """A file, an entry or a line that is not as vfibench writes it."""


def raised(error: VfibenchError) -> None:
    """For those who want all or nothing."""
    raise error


@contextmanager
def left_out(wrong: list[VfibenchError]) -> Iterator[None]:
    """Where the block fails, add why to the list, and go on behind it."""
    try:
        yield
    except VfibenchError as error:
        wrong.append(error)


class ToldOnce:
    """Warns of each damage once, however often it is met."""

    def __init__(self) -> None:
        self.lines: set[str] = set()

    def __call__(self, error: VfibenchError) -> None:
        """Tell it, if it is new."""
        text = str(error)
        if text not in self.lines:
            self.lines.add(text)
            warn(text)
