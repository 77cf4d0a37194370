"""The one error users see: what went wrong and what to do about it; the nearest names; text in one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

LINE = 1000
"""Characters of foreign text that one line tells at most."""


class VfibenchError(Exception):
    """Bad input or a bad environment; the command line prints it in one line and exits with 2.

    Args:
        message: what was expected, what was found, and where, in one sentence.
        hint: what to do about it, as an imperative, or "" where there is nothing to add.

    Example:
        >>> str(VfibenchError("unknown method 'blnd'", "did you mean blend?"))
        "unknown method 'blnd'; did you mean blend?"
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint on one line."""
        return f"{self.message}; {self.hint}" if self.hint else self.message


class SampleError(VfibenchError):
    """One sample could not be predicted or scored; the run records it and goes on."""


def did_you_mean(
    word: str,
    known: Iterable[str],
    otherwise: str,
    *,
    most: int = 3,
    cutoff: float = 0.5,
    form: Callable[[str], str] = str,
) -> str:
    """A hint about a word that names nothing.

    Args:
        word: as the user gave it.
        known: the words that would do.
        otherwise: the hint where none of them is near.
        most: how many of the nearest are told.
        cutoff: how near they must be, from 0 (anything) to 1 (the same word), see `difflib`.
        form: how each is shown, such as `repr`.

    >>> did_you_mean("blnd", ["blend", "rife"], "see `vfibench list methods`")
    'did you mean blend?'
    >>> did_you_mean("xyz", ["blend", "rife"], "see `vfibench list methods`")
    'see `vfibench list methods`'
    """
    near = difflib.get_close_matches(word, list(known), n=most, cutoff=cutoff)
    return f"did you mean {' or '.join(map(form, near))}?" if near else otherwise


def one_line(text: str, cap: int = LINE) -> str:
    r"""Text that others wrote, as part of one line that does nothing but be read.

    A name, a message or a field of a file may hold line breaks, escape sequences, marks that turn the reading
    direction round, lone surrogates, a megabyte, or what GitHub Actions takes for a command in a job's log:
    `::` where a line begins, `##[` anywhere. White space becomes a space, what cannot be printed the
    replacement character, a command is broken up, and what is beyond the cap is left out.

    Args:
        text: anything.
        cap: the most characters of it that are told, 4 or more; "..." stands for the rest.

    >>> one_line("x\n::error::\x1b[2J"), one_line(" ::error::"), one_line("##[group]"), one_line("abcdef", 5)
    ('x ::error::\ufffd[2J', ' : :error::', '# #[group]', 'ab...')
    """
    start = text[: cap + 1]  # a megabyte is not looked through for the sake of one line
    plain = "".join(" " if char.isspace() else char if char.isprintable() else "\ufffd" for char in start)
    safe = re.sub("^( *)::", r"\1: :", plain).replace("##[", "# #[")
    return safe if len(safe) <= cap else f"{safe[: max(cap - 3, 0)]}..."
