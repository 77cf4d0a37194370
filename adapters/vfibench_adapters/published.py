"""Published scores of the methods here: `published.csv`, a row a figure, with source and definition."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from vfibench.contracts import PublishedScore

PROTOCOLS = {"EMA-VFI CVPR23": "ema-vfi"}
"""Whose scripts made the figures of a source, where its definitions are those of several."""


def published_scores(method: str) -> tuple[PublishedScore, ...]:
    """What papers and READMEs print for a method, in the order of the table; empty for none."""
    return tuple(score for name, score in _table() if name == method)


@cache
def _table() -> tuple[tuple[str, PublishedScore], ...]:
    with Path(__file__).with_name("published.csv").open(newline="", encoding="utf-8") as file:
        return tuple(_score(**row) for row in csv.DictReader(file))


def _score(method: str, value: str, source: str, **facts: Any) -> tuple[str, PublishedScore]:
    protocol = next((name for start, name in PROTOCOLS.items() if source.startswith(start)), "")
    score = PublishedScore(value=float(value), printed=value, source=source, protocol=protocol, **facts)
    return method, score
