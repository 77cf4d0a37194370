"""The console that tables and sentences are printed on."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def plain_console(usual: int = 120, file: IO[str] | None = None) -> Console:
    """A console as wide as the terminal, and never narrower than 80 columns.

    Names hold what users type, such as "clip:a[b]" or "frames:x:y:": nothing of it is markup or an emoji.

    Args:
        usual: columns where there is no terminal to ask.
        file: what to write to, without colours; standard output where None.
    """
    import shutil

    from rich.console import Console

    width = max(shutil.get_terminal_size((usual, 24)).columns, 80)
    terminal = None if file is None else False
    return Console(
        file=file, force_terminal=terminal, highlight=False, width=width, markup=False, emoji=False
    )
