"""How much a score may change before the gate says so: defaults, and a TOML file that changes them.

improved = "fail"           # or "warn": an improvement nobody explained by a new baseline
metrics = ["psnr", "ssim"]  # columns to judge; all of the baseline where left out

[tolerance.psnr]            # a kind of metric, or one column: [tolerance."psnr@rife"]
mean = 0.02                 # of the mean over frames
sample = 0.5                # of any single frame; inf for none
ceiling = 60                # a score above it counts as it; only where higher is better

[[override]]                # later ones win; each key that is given must match
method = "rife"
dataset = "ucf101"
metric = "psnr"
mean = 0.05

[speed]
slower = 1.10               # NEW may take this many times as long as OLD
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from vfibench.errors import VfibenchError
from vfibench.statistics.digits import kind
from vfibench.store.cells import Cell
from vfibench.system.structs import checked, read_toml

NotNegative = Annotated[float, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1)]


class Tolerance(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may change, in the metric's own unit; None is "as the less specific rule says".

    Attributes:
        mean: largest loss of the mean.
        sample: largest loss of a frame.
        ceiling: scores above it count as it; for metrics where higher is better alone.
    """

    mean: NotNegative | None = None
    sample: NotNegative | None = None
    ceiling: NotNegative | None = None


class Override(Tolerance, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tolerance for some cells: those of a method (name or label), a dataset, a metric (kind or column).

    Raises:
        ValueError: a ceiling without a metric, which would hold for scores of any scale.
    """

    method: Name = ""
    dataset: Name = ""
    metric: Name = ""

    def __post_init__(self) -> None:
        if self.ceiling is not None and not self.metric:
            raise ValueError("a ceiling needs the metric it is for")


class SpeedLimit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many times as long the new arm may take as the old one, by `vfibench speed --against`."""

    slower: Annotated[float, Meta(ge=1)] = 1.10


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The outermost table, before its parts are looked at one by one so that a complaint names its place."""

    improved: Literal["fail", "warn"] = "fail"
    metrics: Annotated[tuple[Name, ...], Meta(min_length=1)] | None = None
    tolerance: dict[str, dict[str, object]] = {}
    override: tuple[dict[str, object], ...] = ()
    speed: dict[str, object] | None = None


_DB = Tolerance(mean=0.02, sample=0.5, ceiling=60.0)
_SIMILARITY = Tolerance(mean=0.0005, sample=0.01)
DEFAULTS = {
    "psnr": _DB,
    **dict.fromkeys(("ssim", "ssim3d", "lpips", "lpips-squeeze"), _SIMILARITY),
    "ie": Tolerance(mean=0.01, sample=0.25),
    **dict.fromkeys(("ie-rms", "ie-l2"), Tolerance(mean=0.02, sample=0.5)),
}
"""By kind of metric. Papers print 0.01 dB, and machines differ by less than 0.001. Above 60 dB the error is
smaller than that of rounding to 8 bits (58.9 dB), and a few pixels more or less are decibels."""


@dataclass(frozen=True)
class Policy:
    """The rules of one check.

    Attributes:
        improved: whether an improvement beyond tolerance fails ("fail") or is only told ("warn").
        metrics: columns to judge, None for all of the baseline.
        tolerance: by kind of metric or column.
        override: by cell and metric.
        speed: of `check --speed`; None where nothing is said of it.
    """

    improved: Literal["fail", "warn"] = "fail"
    metrics: tuple[str, ...] | None = None
    tolerance: tuple[tuple[str, Tolerance], ...] = ()
    override: tuple[Override, ...] = ()
    speed: SpeedLimit | None = None

    def judged(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The columns to judge of a cell that has these, each once."""
        return tuple(dict.fromkeys(self.metrics or columns))

    def limits(self, cell: Cell, column: str, own: tuple[float, float] | None = None) -> Tolerance:
        """What holds for a column of a cell; `mean` and `sample` are None where nothing says anything.

        Args:
            cell: the baseline's.
            column: of the metric.
            own: what the metric's card lets a mean and a frame lose, where it says so.
        """
        named = dict(self.tolerance)
        usual = DEFAULTS.get(kind(column)) if own is None else Tolerance(mean=own[0], sample=own[1])
        rules = [usual, named.get(kind(column)), named.get(column)]
        rules += [rule for rule in self.override if _matches(rule, cell, column)]
        found: dict[str, float | None] = dict.fromkeys(Tolerance.__struct_fields__)
        for rule in rules:
            if rule is not None:
                found |= {name: value for name in found if (value := getattr(rule, name)) is not None}
        return Tolerance(**found)

    def idle(self, cells: Sequence[tuple[Cell, Sequence[str]]]) -> list[str]:
        """Rules that no column of these cells falls under: a name may be misspelt."""
        pairs = [(cell, column) for cell, columns in cells for column in columns]
        names = {name for _, column in pairs for name in (column, kind(column))}
        found = [f"[tolerance.{name}]" for name, _ in self.tolerance if name not in names]
        for number, rule in enumerate(self.override, 1):
            if not any(_matches(rule, cell, column) for cell, column in pairs):
                found.append(f"[[override]] number {number}")
        return found


def _matches(rule: Override, cell: Cell, column: str) -> bool:
    return (
        rule.method in ("", cell.method, cell.label)
        and rule.dataset in ("", cell.dataset)
        and rule.metric in ("", column, kind(column))
    )


def read_policy(path: Path) -> Policy:
    """The policy of a TOML file.

    Raises:
        VfibenchError: no such file, no TOML, or a key or value that is not one of a policy.
    """
    try:
        table = read_toml(path.read_bytes(), str(path))
    except OSError as error:
        raise VfibenchError(f"expected a policy, found {error.strerror} for {path}") from error
    found = checked(table, _File, str(path))
    return Policy(
        found.improved,
        found.metrics,
        tuple(
            (name, checked(one, Tolerance, f"[tolerance.{name}] of {path}"))
            for name, one in found.tolerance.items()
        ),
        tuple(
            checked(one, Override, f"[[override]] number {number} of {path}")
            for number, one in enumerate(found.override, 1)
        ),
        None if found.speed is None else checked(found.speed, SpeedLimit, f"[speed] of {path}"),
    )
