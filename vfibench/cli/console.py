"""The console that tables and sentences are printed on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from vfibench.cli.terminal import ACTIVE, drawing

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment


def plain_console(usual: int = 120, file: IO[str] | None = None) -> Console:
    """A console as wide as the terminal, and never narrower than 80 columns.

    Names hold what users type, such as "clip:a[b]" or "frames:x:y:": nothing of it is markup or an emoji.

    Args:
        usual: columns where there is no terminal to ask.
        file: what to write to, without colours; standard output where None.
    """
    import shutil
    import sys

    width = max(shutil.get_terminal_size((usual, 24)).columns, 80)
    terminal = None if file is None else False
    return _harmless_console()(
        file=drawing(sys.stdout) if file is None else file,
        force_terminal=terminal,
        highlight=False,
        width=width,
        markup=False,
        emoji=False,
    )


def progress_console() -> Console:
    """A console for a progress bar on standard error."""
    import sys

    return _harmless_console()(file=drawing(sys.stderr), highlight=False, markup=False, emoji=False)


@cache
def _harmless_console() -> type[Console]:
    """Rich's console, which is slow to import, with text in which nothing acts, see `terminal`."""
    from rich.console import Console
    from rich.segment import Segment as Piece

    class HarmlessConsole(Console):
        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                if segment.control or not ACTIVE.search(segment.text):
                    yield segment
                else:
                    yield Piece(ACTIVE.sub("\ufffd", segment.text), segment.style)

    return HarmlessConsole
