"""The page under test, what it is given, and what it wrote."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vfibench.contracts import Page, PageCard, PageOptions
from vfibench.store import CellResult
from vfibench.system import process_state as state
from vfibench.testing.battery import Battery
from vfibench.testing.pages.made import hostile_results, plain_results


@dataclass
class Subject:
    """A page with all that is needed to draw it.

    Attributes:
        card: its card.
        make: makes another instance.
        folder: an empty folder for results and pages.
    """

    card: PageCard
    make: Callable[..., Page]
    folder: Path

    @property
    def options(self) -> PageOptions:
        """A site of this page alone."""
        return PageOptions(pages=frozenset({self.card.name}), index=False)

    def page(self) -> Page:
        """A new instance, told the options where its card asks for them."""
        return self.make(self.options) if self.card.options else self.make()

    @cached_property
    def results(self) -> Sequence[CellResult]:
        """Scored for good; their names are harmless."""
        return tuple(plain_results(self.folder / "runs" / "plain"))

    @cached_property
    def hostile(self) -> Sequence[CellResult]:
        """Scored for good; all that others may name is markup, or leads out of the folder."""
        return tuple(hostile_results(self.folder / "runs" / "hostile"))

    def drawn(self, name: str, results: Sequence[CellResult]) -> tuple[Path, Any]:
        """Render into the folder `name`, new or not, from an empty working directory.

        Returns:
            The folder, and what `render` returned.
        """
        out = self.folder / "sites" / name
        out.mkdir(parents=True, exist_ok=True)
        with self.elsewhere():
            return out, self.page().render(results, out)

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """In a working directory of its own, with the state of the process put back afterwards."""
        (self.folder / "working").mkdir(exist_ok=True)
        with state.preserved():
            os.chdir(self.folder / "working")
            yield


BATTERY: Battery[Subject] = Battery(usual=("renders",))
check = BATTERY.check


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def unlike(one: dict[str, str], other: dict[str, str]) -> str:
    """The first file in which two folders differ, "" where none does."""
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return (
        f"{names[0]} differs" + (f" (and {len(names) - 1} more)" if len(names) > 1 else "") if names else ""
    )
