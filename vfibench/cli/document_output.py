"""Standard output kept for one JSON document: whatever else is printed goes to standard error.

Plugins print as they are imported, loaded and run: through `print`, from C, from processes they start, and as
the program ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import IO

owner = {"program": False}
"""Whether this process is vfibench's own, so that nobody else has anything to print after a document."""


@contextmanager
def only_a_document() -> Iterator[None]:
    """What is printed inside goes to standard error: standard output is the document's."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed: nothing reaches it
        kept = -1
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept >= 0:
            os.dup2(kept, 1)
            os.close(kept)


def say(document: str) -> None:
    """Print the document, the last thing on standard output where the process is vfibench's own."""
    print(document, flush=True)
    if owner["program"] and _is_first_descriptor(sys.stdout):
        os.dup2(2, 1)


def _is_first_descriptor(stream: IO[str]) -> bool:
    """Whether a stream writes to file descriptor 1."""
    try:
        return stream.fileno() == 1
    except (OSError, ValueError, AttributeError):
        return False
