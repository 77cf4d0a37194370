"""What `list`, `info` and `doctor` say with --json: one document on standard output, its keys stable.

A document begins with `schema_version`, raised whenever a key changes its meaning or goes; new keys may come.
A `card` holds the fields of its class in `vfibench.contracts` (recipes and sources: `vfibench.trainable`).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from vfibench.cli.catalogue import (
    Facts,
    Listed,
    PackagedFile,
    find,
    listed,
    origin_of,
    packaged_files,
    problems_of,
)
from vfibench.cli.document_output import say
from vfibench.doctor import DoctorReport, EnvironmentReport
from vfibench.registry import Problem
from vfibench.system.json_text import encoded

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Document:
    """What every document begins with."""

    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True, kw_only=True)
class ListDocument(Document):
    """`vfibench list KIND`: its lines in the same order, and the plugins of this kind that failed to load."""

    kind: str
    items: list[Listed]
    problems: list[Problem]


@dataclass(frozen=True, kw_only=True)
class InfoDocument(Document):
    """`vfibench info NAME`: a card, where it comes from, and the weight files that come with a method.

    Attributes:
        kind: "method", "dataset" or "metric".
        name: as it was asked for.
        origin: "built-in", the distribution that brought it, or "" for a class named as pkg.mod:Class.
        problems: plugins of this kind that failed to load.
    """

    kind: str
    name: str
    origin: str
    card: Facts
    files: list[PackagedFile]
    problems: list[Problem]


@dataclass(frozen=True, kw_only=True)
class DoctorDocument(Document):
    """`vfibench doctor`: the environment, its `problems` among it, and the datasets that were asked for.

    With datasets, CUDA and optional columns are not looked at.
    """

    environment: EnvironmentReport
    datasets: list[DoctorReport]


def list_document(kind: str) -> ListDocument:
    """What there is of one kind; raises as `catalogue.listed`."""
    items, problems = listed(kind)
    return ListDocument(kind=kind, items=items, problems=problems)


def info_document(name: str, kind: str = "") -> InfoDocument:
    """Everything on a card; raises as `catalogue.find` and `catalogue.packaged_files`."""
    found = find(name, kind)
    return InfoDocument(
        kind=found.kind,
        name=name,
        origin=origin_of(found.kind, name),
        card=found.card,
        files=packaged_files(found.card),
        problems=problems_of(found.kind),
    )


def print_document(document: Document) -> None:
    """As JSON in ASCII, which every terminal and pipe takes; paths are strings, what is no number is null."""
    say(encoded(msgspec.to_builtins(document, str_keys=True, enc_hook=str), indent=1))
