"""Published scores beside measured ones: of the same definition, weights and samples, or with why not.

Padding and the number of input frames may differ from the publication's under our own protocol; a run with
the paper's protocol follows its padding as far as `vfibench list protocols` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from vfibench.contracts import AdapterCard, PublishedScore
from vfibench.leaderboards import score_text
from vfibench.metrics.catalog import RULES
from vfibench.statistics import over_clips, summarise
from vfibench.store import CellResult


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


def published_facts(card: AdapterCard, dataset: str, variant: str) -> list[dict[str, Any]]:
    """The card's scores on a dataset, as facts to be stored with a cell of one variant."""
    first = card.weights[0].name if card.weights else ""
    return [
        asdict(replace(score, weights=score.weights or first))
        for score in card.published
        if score.dataset == dataset and score.variant == variant
    ]


def beside(result: CellResult) -> list[Beside]:
    """Every published score of a cell's method on its dataset, beside what the cell holds."""
    stored = result.cell.facts["method"].get("published", ())
    known = {field.name for field in fields(PublishedScore)}  # another version may have stored more
    return [
        _beside(result, PublishedScore(**{name: fact for name, fact in facts.items() if name in known}))
        for facts in stored
    ]


def column_of(score: PublishedScore) -> str:
    """The column that measures what was published."""
    plain = score.definition in ("", "vfibench")
    return score.metric if plain else f"{score.metric}@{score.definition}"


def _beside(result: CellResult, score: PublishedScore) -> Beside:
    column = column_of(score)
    why = score.note or _other_weights(result, score) or _other_samples(result)
    if why:
        return Beside(score, column, None, why)
    same = _same_rule(column, list(result.info["columns"]))
    if same is None:
        return Beside(score, column, None, _not_measured(column, score))
    summary = summarise(result.rows, same)
    if summary.exact or summary.undefined or summary.mean is None:
        return Beside(score, column, None, "the mean leaves frames out")
    if score.level == "frame":
        return Beside(score, column, summary.mean)
    clips = over_clips(result.rows, same)
    if clips is None:
        return Beside(score, column, None, "published as a mean over clips, and no clips are known here")
    return Beside(score, column, clips.mean)


def _other_weights(result: CellResult, score: PublishedScore) -> str:
    used = result.cell.facts["method"]["weights"]
    return f"of {score.weights}, not {used}" if score.weights not in ("", used) else ""


def _other_samples(result: CellResult) -> str:
    """What sets a cell's frames apart from those of a whole, official run at full precision."""
    settings: Mapping[str, Any] = result.cell.settings
    if settings.get("reduced") or settings.get("enlarged"):
        return "another size of frames"
    if settings["precision"] != "fp32":
        return f"measured in {settings['precision']}"
    if not result.ranked:
        kind = result.info["selection"]["kind"]
        return str(result.info["selection"]["text"]) if kind != "official" else "not all frames are scored"
    return ""


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
