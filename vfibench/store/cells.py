"""A cell: one method on one dataset under one protocol and one set of settings, and its identity."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: the same settings always give the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def short_key(value: Any, digits: int = 8) -> str:
    """The first hex digits of the SHA-256 of `canonical(value)`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:digits]


def file_word(text: str) -> str:
    """A name as a part of a file's: letters, digits, "_" and "-", 40 at most.

    >>> file_word("clip:My Film")
    'clip-My-Film'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:40]


@dataclass(frozen=True)
class Cell:
    """What is scored, and everything that can change a score.

    Attributes:
        method: label in tables ("convlstm", "frames:dvf").
        dataset: name as asked for ("ucf101", "clip:DIR").
        protocol: name of the protocol.
        settings: JSON-able facts that decide the scores: weights' sha256, input frames, precision,
            device type, padding, batch size, list hash, metric versions. A change makes a new cell.
        facts: JSON-able facts for tables and pages; they do not enter the key.
        attempt: 1, or higher where `--policy always` scored the cell again.
    """

    method: str
    dataset: str
    protocol: str
    settings: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1

    @property
    def key(self) -> str:
        """Eight hex digits that stand for method, dataset, protocol and settings."""
        return short_key([self.method, self.dataset, self.protocol, self.settings])

    @property
    def label(self) -> str:
        """The method's name in tables, with what sets this cell apart: variant, precision, scale."""
        get = self.settings.get
        marks = [
            get("variant"),
            get("precision") if get("precision") != "fp32" else "",
            "compiled" if get("compiled") else "",
            f"inputs reduced by {get('reduced')}" if get("reduced") else "",
            f"enlarged by {get('enlarged')}, bicubic" if get("enlarged") else "",
        ]
        shown = ", ".join(mark for mark in marks if mark)
        return f"{self.method} ({shown})" if shown else self.method

    @property
    def name(self) -> str:
        """File-name stem: readable first, unique by the key."""
        parts = map(file_word, self._words())
        suffix = f"+{self.attempt}" if self.attempt > 1 else ""
        return f"{'.'.join(parts)}.{self.key}{suffix}"

    def _words(self) -> tuple[str, str, str]:
        return self.method, self.dataset, self.protocol

    def to_json(self) -> dict[str, Any]:
        """All of it, as run.json holds it."""
        return {
            "name": self.name,
            "key": self.key,
            "attempt": self.attempt,
            "method": self.method,
            "dataset": self.dataset,
            "protocol": self.protocol,
            "settings": dict(self.settings),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Cell:
        """The inverse of `to_json`."""
        return cls(
            method=found["method"],
            dataset=found["dataset"],
            protocol=found["protocol"],
            settings=found["settings"],
            facts=found.get("facts", {}),
            attempt=found.get("attempt", 1),
        )
