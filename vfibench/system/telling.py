"""What the user should know although nothing ends: one line on standard error."""

from __future__ import annotations

import sys

from vfibench.errors import one_line

_told: set[str] = set()


def warn(text: str) -> None:
    """Print "warning: ..." in one line."""
    print(f"warning: {one_line(text)}", file=sys.stderr, flush=True)


def note_once(text: str, subject: str = "") -> None:
    """Print "note: ..." in one line; once in a process the same text, or all those on one subject."""
    if (subject or text) not in _told:
        _told.add(subject or text)
        print(f"note: {one_line(text)}", file=sys.stderr, flush=True)
