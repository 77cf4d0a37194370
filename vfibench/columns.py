"""Which metric columns a request asks for, which can be had here, and what they mean."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vfibench.contracts import MetricCard
from vfibench.errors import VfibenchError
from vfibench.metrics.protocols import Protocol
from vfibench.registry import METRICS

DEFAULT_METRICS = ("ssim3d", "ie", "lpips")


def wanted_columns(
    protocol: Protocol, dataset: str, metrics: Sequence[str] | None, definitions: Sequence[str]
) -> tuple[str, ...]:
    """The protocol's own columns, then the metrics (None: the default set), then further definitions.

    Raises:
        VfibenchError: an unknown metric or definition, or a dataset the protocol does not cover.
    """
    extra = DEFAULT_METRICS if metrics is None else metrics
    wanted = dict.fromkeys([*protocol.columns(dataset), *extra, *definition_columns(definitions)])
    for name in wanted:
        METRICS.card(name)
    return tuple(wanted)


def definition_columns(definitions: Sequence[str]) -> list[str]:
    """Columns of named definitions; "all" is every one.

    Raises:
        VfibenchError: unknown, with the nearest names.
    """
    known: dict[str, list[str]] = {"vfibench": ["psnr", "ssim"]}
    for name in METRICS.names():
        _, at, definition = name.partition("@")
        if at:
            known.setdefault(definition, []).append(name)
    if "all" in definitions:
        return [column for name, columns in known.items() if name != "dvf" for column in columns]
    columns: list[str] = []
    for name in definitions:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `vfibench list definitions`"
            raise VfibenchError(f"unknown definition {name!r}", hint)
        columns += known[name]
    return columns


def unavailable_columns(columns: Sequence[str], backbones: Path | None) -> dict[str, str]:
    """Columns that cannot be computed here, with the reason."""
    optional = [name for name in columns if METRICS.card(name).optional]
    if not optional:
        return {}
    from vfibench.metrics.scorer import unavailable

    return dict(unavailable(optional, backbones))


def column_facts(columns: Sequence[str]) -> dict[str, Any]:
    """Title, version, unit and direction of each column, for run.json."""

    def facts(card: MetricCard) -> dict[str, Any]:
        return {"title": card.title, "version": card.version, "unit": card.unit, "better": card.better}

    return {name: facts(METRICS.card(name)) for name in columns}
