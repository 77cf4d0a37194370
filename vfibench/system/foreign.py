"""The one guard around calls of code that is not ours: whatever it raises becomes a line of text.

An adapter, a dataset, a metric or a page may raise anything: SystemExit, as scripts turned into methods do,
GeneratorExit, KeyboardInterrupt, an exception whose own text cannot be had. None of it may end a run without
a word, or with a status that means something else. Ctrl-C, pressed by a person, is let through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vfibench.errors import VfibenchError, one_line
from vfibench.system import interrupts

SEE_TRACEBACK = "--debug shows where"
LONGEST = 1000  # characters of a reason; a message may hold megabytes

MadeT = TypeVar("MadeT")


def reason_of(error: BaseException) -> str:
    r"""Type and first line of an exception from code that is not ours, safe to print and never long.

    >>> reason_of(ValueError("no\nsuch thing"))
    'ValueError: no'
    """
    name = _shown(lambda: type(error).__name__)
    text = first_line(error)
    return f"{name}: {text}" if text else name


def first_line(error: BaseException) -> str:
    r"""The first line of an exception's text, whatever its own code does when it is asked.

    >>> first_line(ValueError("odd\x1b[2J"))
    'odd\ufffd[2J'
    """
    return _shown(lambda: str(error))


def told(error: BaseException) -> str:
    """What a person is told of an exception: a VfibenchError's own sentence, else as `reason_of`."""
    return first_line(error) if isinstance(error, VfibenchError) else reason_of(error)


def _shown(text: Callable[[], str]) -> str:
    try:
        found = str.__getitem__(text(), slice(0, 4 * LONGEST))  # of a str, whatever subclass it may be
    except BaseException as second:
        let_through(second)
        return "(an exception whose text cannot be had)"
    line = one_line(found.strip().splitlines()[0] if found.strip() else "")
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."


def let_through(error: BaseException) -> None:
    """Raise a KeyboardInterrupt that is a person's, not the plugin's."""
    if isinstance(error, KeyboardInterrupt) and interrupts.pressed():
        raise error


@contextmanager
def explained(failure: str) -> Iterator[None]:
    """Turn what a plugin's own code raises, whatever it is, into a VfibenchError of one line.

    Args:
        failure: what did not work out, such as "rife could not be loaded".

    Raises:
        VfibenchError: anything was raised; one of these is raised as it is.
    """
    try:
        yield
    except VfibenchError:
        raise
    except BaseException as error:
        let_through(error)
        raise VfibenchError(f"{failure}: {reason_of(error)}", SEE_TRACEBACK) from error
