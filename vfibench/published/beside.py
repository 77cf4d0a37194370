"""Published scores beside measured ones: of the same definition, weights and samples, or with why not.

A figure is *reproduced* where what was measured lies within its tolerance of it: half of its last printed
digit, since it was rounded there, plus what one network may differ by between machines (`ALLOWANCES`). It
*differs* beyond that, in either direction: other weights may well score higher. Nothing statistical enters:
the same weights on the same frames give the same mean, so no interval excuses a difference. It is *not
comparable* where anything but the machine differs (`vfibench.published.conditions`), and then says what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from vfibench.contracts import AdapterCard, PublishedScore
from vfibench.metrics.catalog import RULES
from vfibench.published.conditions import column_of, departure, filled, made_with, other_version
from vfibench.statistics.digits import score_text
from vfibench.statistics.summaries import over_clips, summarise
from vfibench.store.facts import PublishedFacts
from vfibench.store.result import CellResult

Verdict = Literal["reproduced", "differs", "not comparable"]

ALLOWANCES: Mapping[str, float] = {
    "psnr": 0.01,
    "ssim": 0.0002,
    "ssim3d": 0.0002,
    "lpips": 0.0005,
    "ie": 0.005,
}
"""What a network's mean may differ by between machines: other libraries, TF32, another decoder of pictures.

psnr: with the half digit of a figure such as 35.28 that is 0.015 dB, less than the least that a definition
changes at 35 dB: scoring floats instead of 8 bits is worth 0.018 dB (a mean squared error of 20.6 less 1/12),
truncation 0.05, rotated test-time augmentation 0.14. ssim: the volume SSIM in its authors' float32 is off by
up to 0.00013 in one image; families of windows lie 0.01 apart. ie: about 0.01 dB at an error of 4 levels.
lpips: half a unit of the digit that papers print. A metric that is not named here has none.
"""

LEAST_DIGITS: Mapping[str, int] = {"psnr": 2, "ssim": 3, "ssim3d": 3, "lpips": 3, "ie": 2}
"""Digits after the point that papers print at least; for figures of which only the value is known."""

SLACK = 1e-9
"""The last bit of a sum of decimal fractions is no difference."""


@dataclass(frozen=True)
class Beside:
    """One published score and what was measured.

    Attributes:
        score: as published.
        column: the metric under its definition, such as "psnr@rife".
        measured: our mean under the same rule, None where there is none to compare.
        why: why it cannot be compared, "" where it can.
    """

    score: PublishedScore
    column: str
    measured: float | None
    why: str = ""

    @property
    def difference(self) -> float | None:
        """Measured minus published, None where they cannot be compared."""
        return None if self.measured is None else self.measured - self.score.value

    @property
    def difference_text(self) -> str:
        """The difference with its sign and the digits of its column; "" where there is none."""
        if self.difference is None:
            return ""
        return ("-" if self.difference < 0 else "+") + score_text(self.column, abs(self.difference))

    @property
    def tolerance(self) -> float:
        """The greatest difference that is none."""
        return tolerance(self.score)

    @property
    def verdict(self) -> Verdict:
        """Whether the published score was reproduced."""
        if self.difference is None:
            return "not comparable"
        return "reproduced" if abs(self.difference) <= self.tolerance + SLACK else "differs"


def tolerance(score: PublishedScore) -> float:
    """Half of the figure's last printed digit, plus what its metric is allowed.

    >>> round(tolerance(PublishedScore("ucf101", "psnr", "rife", 35.28, "a table")), 6)
    0.015
    """
    return 0.5 * 10.0 ** -digits(score) + ALLOWANCES.get(score.metric.partition("-")[0], 0.0)


def digits(score: PublishedScore) -> int:
    """Digits after the point of a figure, as printed; where only its value is known, the usual ones at least.

    >>> digits(PublishedScore("ucf101", "ssim", "rife", 0.969, "a table", printed="0.9690"))
    4
    """
    found = _decimals(score.printed)
    if found is not None:
        return found
    usual = LEAST_DIGITS.get(score.metric.partition("-")[0], 0)
    return max(usual, _decimals(repr(score.value)) or 0)


def _decimals(text: str) -> int | None:
    """Digits after the point, None where the text is no finite number."""
    try:
        exponent = Decimal(text).as_tuple().exponent
    except InvalidOperation:
        return None
    return max(0, -exponent) if isinstance(exponent, int) else None


def tolerance_text(score: PublishedScore) -> str:
    """The tolerance with no more digits than it needs: "0.015", "0.00025".

    >>> tolerance_text(PublishedScore("ucf101", "ssim", "rife", 0.969, "a table", printed="0.9690"))
    '0.00025'
    """
    return f"{tolerance(score):.9f}".rstrip("0").rstrip(".")


def published_text(score: PublishedScore) -> str:
    """The figure as it is printed."""
    return score.printed or f"{score.value:g}"


def published_facts(card: AdapterCard, dataset: str, variant: str) -> list[PublishedFacts]:
    """The card's scores on a dataset, as facts to be stored with a cell of one variant.

    Each names its weights and, where known, the protocol, padding and target times it was made with.
    """
    return [
        made_with(card, filled(card, score))
        for score in card.published
        if score.dataset == dataset and score.variant == variant
    ]


def beside(result: CellResult) -> list[Beside]:
    """Every published score of a cell's method on its dataset, beside what the cell holds."""
    return [_beside(result, facts) for facts in result.cell.facts.method.published]


def _beside(result: CellResult, facts: PublishedFacts) -> Beside:
    score = facts.score
    column = column_of(score)
    same = _same_rule(column, list(result.columns))
    why = departure(result, facts)
    why = why or (other_version(result, same) if same else _not_measured(column, score))
    if why or same is None:
        return Beside(score, column, None, why)
    summary = summarise(result.rows, same)
    if summary.exact or summary.undefined or summary.mean is None:
        return Beside(score, column, None, "the mean leaves frames out")
    if score.level == "frame":
        return Beside(score, column, summary.mean)
    clips = over_clips(result.rows, same)
    if clips is None:
        return Beside(score, column, None, "published as a mean over clips, and no clips are known here")
    return Beside(score, column, clips.mean)


def _same_rule(column: str, measured: Sequence[str]) -> str | None:
    """The measured column whose rule is that of `column`, under whatever name."""
    if column in measured:
        return column
    return next((name for name in measured if name in RULES and RULES[name] == RULES.get(column)), None)


def _not_measured(column: str, score: PublishedScore) -> str:
    if column in RULES:
        name = score.definition or "vfibench"
        return f"not scored under {name} (--definition {name})"
    return f"{column} was not measured"
