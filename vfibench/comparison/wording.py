"""What comparisons say: in words, and as records for JSON (docs/comparing.md)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vfibench.comparison.paired import Paired, cautions, obstacles, pair
from vfibench.comparison.pairing import Match, Matching
from vfibench.errors import VfibenchError
from vfibench.statistics.bootstrap import DRAWS, LEAST_UNITS, LEVEL
from vfibench.statistics.digits import score_text, tie_width
from vfibench.store.result import CellResult

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Comparison:
    """Everything about two results on one dataset.

    Attributes:
        match: the two.
        pairs: each column that can be compared; the first one decides.
        remarks: what a reader must know.
        dropped: columns that only the first has, and only the second, where columns were not asked for.
        why: what was asked for and cannot be compared, with the reason; "" where there is nothing.
    """

    match: Match
    pairs: tuple[Paired, ...]
    remarks: tuple[str, ...]
    why: str = ""
    dropped: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def names(self) -> tuple[str, str]:
        """Of the first and the second."""
        return self.match.first.cell.label, self.match.second.cell.label


def compared(found: Match, columns: Sequence[str] = ()) -> Comparison:
    """Compare two results.

    Args:
        found: the two.
        columns: of metrics; where there are none, the plain ones that both have, and those of the protocol's
            own definition.
    """
    if found.why:
        return Comparison(found, (), (), found.why)
    pairs, reasons = [], []
    for column in columns or _own_columns(found):
        try:
            why = ", ".join(obstacles(found.first, found.second, column))
            if not why:
                pairs.append(pair(found.first, found.second, column))
        except VfibenchError as error:  # no frame in both
            why = error.message
        reasons += [why] if why else []
    dropped = ((), ()) if columns else _dropped(found)
    remarks = [*_missing(found, dropped), *cautions(found.first, found.second), *_exact_frames(found, pairs)]
    if pairs and pairs[0].unpaired:
        remarks.append(f"{pairs[0].unpaired} frames have a score on one side only and are left out")
    return Comparison(found, tuple(pairs), tuple(remarks), ", ".join(dict.fromkeys(reasons)), dropped)


def _own_columns(found: Match) -> list[str]:
    first, second = (list(result.columns) for result in (found.first, found.second))
    common = [column for column in first if column in second]
    return [column for column in common if _is_own(found, column)] or common


def _is_own(found: Match, column: str) -> bool:
    """Whether a column is a plain one, or one of the definition of either's first column."""
    firsts = (next(iter(result.columns)) for result in (found.first, found.second))
    return column.partition("@")[2] in {"", *(name.partition("@")[2] for name in firsts)}


def _dropped(found: Match) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that only the first has, and only the second, of those that are compared by default."""
    first, second = (list(result.columns) for result in (found.first, found.second))
    return (
        tuple(name for name in first if name not in second and _is_own(found, name)),
        tuple(name for name in second if name not in first and _is_own(found, name)),
    )


def _missing(found: Match, dropped: tuple[tuple[str, ...], tuple[str, ...]]) -> list[str]:
    """That columns were dropped: each lacks what the other has alone."""
    lacks = zip((found.second, found.first), dropped, strict=True)
    return [f"no {', '.join(columns)} in {result.cell.label}" for result, columns in lacks if columns]


def _exact_frames(found: Match, pairs: Sequence[Paired]) -> list[str]:
    told = []
    for one in pairs:
        first, both, second = one.exact
        names = (found.first.cell.label, found.second.cell.label)
        told += [
            f"{one.column}: {count} frames exact with {name} alone are left out of the mean difference"
            for count, name in zip((first, second), names, strict=True)
            if count
        ]
        if both:
            told.append(
                f"{one.column}: {both} frames exact with both count as no difference and are in neither mean"
            )
    return told


def verdict(found: Comparison, paired: Paired) -> str:
    """A sentence: "rife is better by 1.000 dB [0.910, 1.100] on 100 frames".

    Bounds are of the 95% interval; a difference is given with its sign where neither is better.
    """
    first, second = found.names
    where = _where(paired)
    if paired.mean is None:
        return f"{first} and {second} have no frame with a number in both{where}"
    if abs(paired.mean) <= tie_width(paired.column):
        return f"{first} and {second} are equal as printed{where}"
    told = f"{second} - {first} is {difference_text(paired)}{where}"
    if paired.interval is None:
        units = _units(paired.counted_units, "clip" if paired.of_clips else "sample")
        return f"{units} too few to tell {first} and {second} apart: {told}"
    if not paired.significant:
        return f"{first} and {second} cannot be told apart: {told}"
    better = second if (paired.mean > 0) == (paired.better == "higher") else first
    low, high = sorted(abs(bound) for bound in paired.interval)
    text = f"{score_text(paired.column, abs(paired.mean))}{_unit(paired)}"
    bounds = f"[{score_text(paired.column, low)}, {score_text(paired.column, high)}]"
    return f"{better} is better by {text} {bounds}{where}"


def _units(count: int, kind: str) -> str:
    return f"1 {kind} is" if count == 1 else f"{count} {kind}s are"


def _where(paired: Paired) -> str:
    """Such as " in ssim on 100 frames of 30 clips"; PSNR is named by its unit."""
    named = "" if paired.column == "psnr" else f" in {paired.column}"
    units = paired.counted_units
    clips = f" of {units} clip{'s' * (units != 1)}" if paired.of_clips else ""
    return f"{named} on {paired.n} frames{clips}"


def _unit(paired: Paired) -> str:
    return " dB" if paired.column.partition("@")[0] == "psnr" else ""


def difference_text(paired: Paired) -> str:
    """The mean difference and its interval: "+1.000 dB [+0.910, +1.100]"; "-" where there is none."""
    if paired.mean is None:
        return "-"
    bounds = paired.interval
    told = f" [{', '.join(signed(paired.column, bound) for bound in bounds)}]" if bounds else ""
    return f"{signed(paired.column, paired.mean)}{_unit(paired)}{told}"


def signed(column: str, value: float) -> str:
    """A difference with its sign and the digits of its column; no sign where nothing is left of it."""
    if math.isinf(value):
        return "+exact" if value > 0 else "-exact"
    text = score_text(column, abs(value))
    return text if not float(text) else ("+" if value > 0 else "-") + text


def only_lines(matching: Matching) -> list[str]:
    """What only one side has, a line per side: "only in before: nearest/ucf101, blend/davis"."""
    return [
        f"only in {side.word}: {', '.join(f'{one.cell.label}/{one.cell.dataset}' for one in side.alone)}"
        for side in matching.sides
        if side.alone
    ]


def lacking(matching: Matching) -> dict[str, str]:
    """Why datasets that were asked for cannot be compared."""
    return {
        dataset: f"no results in {side.word}, which has {there}"
        for side in matching.sides
        for dataset, there in side.lacking.items()
    }


def as_record(matching: Matching, comparisons: Sequence[Comparison], worst: int) -> dict[str, object]:
    """All of it for JSON; `worst` frames where each wins most."""
    a, b = matching.sides
    return {
        "schema_version": SCHEMA_VERSION,
        "level": LEVEL,
        "draws": DRAWS,
        "least_units": LEAST_UNITS,
        "comparisons": [_comparison_record(one, worst) for one in comparisons if one.pairs],
        "not_comparable": [
            {**_place(one), "a": one.names[0], "b": one.names[1], "why": one.why}
            for one in comparisons
            if one.why
        ]
        + [
            {"dataset": dataset, "protocol": None, "a": a.word, "b": b.word, "why": why}
            for dataset, why in lacking(matching).items()
        ],
        "only_a": [_alone_record(result) for result in a.alone],
        "only_b": [_alone_record(result) for result in b.alone],
    }


def _alone_record(result: CellResult) -> dict[str, object]:
    cell = result.cell
    return {"name": cell.label, "dataset": cell.dataset, "protocol": cell.protocol, "key": cell.key}


def _place(found: Comparison) -> dict[str, object]:
    cell = found.match.first.cell
    return {"dataset": cell.dataset, "protocol": cell.protocol}


def _comparison_record(found: Comparison, worst: int) -> dict[str, object]:
    return {
        **_place(found),
        "a": _side_record(found.match.first),
        "b": _side_record(found.match.second),
        "remarks": list(found.remarks),
        "columns_only_a": list(found.dropped[0]),
        "columns_only_b": list(found.dropped[1]),
        "verdict": verdict(found, found.pairs[0]),
        "metrics": [_pair_record(found, one, worst) for one in found.pairs],
    }


def _side_record(result: CellResult) -> dict[str, object]:
    cell = result.cell
    return {
        "name": cell.label,
        "run": str(result.folder),
        "key": cell.key,
        "counts": msgspec.to_builtins(result.counts),
    }


def _pair_record(found: Comparison, paired: Paired, worst: int) -> dict[str, object]:
    means = paired.means or (None, None)
    b_wins, ties, a_wins = paired.wins
    first, both, second = paired.exact
    lost, won = paired.extremes(worst)
    return {
        "column": paired.column,
        "better": paired.better,
        "mean_a": means[0],
        "mean_b": means[1],
        "difference": paired.mean,
        "interval": list(paired.interval) if paired.interval else None,
        "significant": paired.significant,
        "wilcoxon_p": paired.wilcoxon,
        "wins": {"a": a_wins, "tie": ties, "b": b_wins},
        "n": paired.n,
        "n_means": paired.in_means,
        "units": paired.counted_units,
        "unit": "clip" if paired.of_clips else "sample",
        "unpaired": paired.unpaired,
        "exact": {"a": first, "both": both, "b": second},
        "verdict": verdict(found, paired),
        "a_wins_most": [_frame_record(paired, place) for place in lost.tolist()],
        "b_wins_most": [_frame_record(paired, place) for place in won.tolist()],
    }


def _frame_record(paired: Paired, place: int) -> dict[str, object]:
    """One frame; a score that is exact is null and named."""
    (sample, time), scores = paired.frames[place], {"a": paired.first[place], "b": paired.second[place]}
    exact = [name for name, score in scores.items() if math.isinf(score)]
    return {
        "sample": sample,
        "t": time,
        **{name: None if name in exact else float(score) for name, score in scores.items()},
        "difference": None if exact else float(paired.difference[place]),
        **({"exact": exact} if exact else {}),
    }
