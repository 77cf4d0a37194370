"""A cell: one method on one dataset under one protocol and one set of settings, and its identity."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from vfibench.store.facts import NO_FACTS, CellFacts
from vfibench.store.settings import Settings
from vfibench.system.json_text import encoded, readable


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: the same settings always give the same text."""
    return encoded(value, sort_keys=True, compact=True)


def short_key(value: object, digits: int = 8) -> str:
    """The first hex digits of the SHA-256 of `canonical(value)`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:digits]


def file_word(text: str) -> str:
    """A name as a part of a file's: letters, digits, "_" and "-", 40 at most.

    >>> file_word("clip:My Film")
    'clip-My-Film'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", readable(text)).strip("-")[:40]


@dataclass(frozen=True)
class Cell:
    """What is scored, and everything that can change a score.

    Attributes:
        method: label in tables ("convlstm", "frames:dvf").
        dataset: its name, the same however a folder was spelt ("ucf101", "clip:film").
        protocol: name of the protocol.
        settings: what decides the scores; a change makes a new cell.
        facts: for tables and pages; they do not enter the key.
        attempt: 1, or higher where `--policy always` scored the cell again.
        stored_key: of a cell that was read back, as its run.json has it; "" for one that is new.
        stored_name: likewise; the files of a cell keep the name they were given.
    """

    method: str
    dataset: str
    protocol: str
    settings: Settings
    facts: CellFacts = NO_FACTS
    attempt: int = 1
    stored_key: str = ""
    stored_name: str = ""

    @property
    def key(self) -> str:
        """Eight hex digits that stand for method, dataset, protocol and settings."""
        made_of = [self.method, self.dataset, self.protocol, self.settings.to_json()]
        return self.stored_key or short_key(made_of)

    @property
    def asked(self) -> str:
        """The word that opens the dataset."""
        return self.facts.dataset.asked or self.dataset

    @property
    def label(self) -> str:
        """The method's name in tables, with what sets this cell apart: variant, precision, scale."""
        asked = self.settings
        marks = [
            asked.variant,
            asked.precision if asked.precision != "fp32" else "",
            "compiled" if asked.compiled else "",
            f"inputs reduced by {asked.reduced}" if asked.reduced > 1 else "",
            f"enlarged by {asked.enlarged}, bicubic" if asked.enlarged > 1 else "",
        ]
        shown = ", ".join(mark for mark in marks if mark)
        return f"{self.method} ({shown})" if shown else self.method

    @property
    def name(self) -> str:
        """File-name stem: readable first, unique by the key."""
        if self.stored_name:
            return self.stored_name
        parts = map(file_word, self._words())
        suffix = f"+{self.attempt}" if self.attempt > 1 else ""
        return f"{'.'.join(parts)}.{self.key}{suffix}"

    def _words(self) -> tuple[str, str, str]:
        return self.method, self.dataset, self.protocol
