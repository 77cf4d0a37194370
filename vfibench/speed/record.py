"""The file of two methods timed in turns, from `vfibench speed --against --json` to `check --speed`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

SCHEMA_VERSION = 1


Seconds = Annotated[float, Meta(gt=0)]


class Arm(Struct, frozen=True):
    """One arm: its label and the seconds of its calls, in order."""

    method: str
    seconds: tuple[Seconds, ...]


class Interleaved(Struct, frozen=True):
    """What `vfibench speed --against --json` prints, as far as it is judged; more is let be."""

    schema_version: int
    interleaved: bool
    new: Arm
    old: Arm
