"""From a method and a dataset to the runs that measure its published scores there, and to their verdicts.

Each published score is measured as it was made: its variant, its weights, the protocol whose frames and
padding it used, its definition. Scores that share all of that are measured by one run. See `published` for
when a score counts as reproduced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import AdapterCard, PublishedScore
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import find_card, split_variant, varied
from vfibench.metrics.protocols import PROTOCOLS
from vfibench.published.beside import Beside, beside
from vfibench.published.conditions import column_of, filled
from vfibench.registry import DATASETS, METRICS
from vfibench.store.result import CellResult
from vfibench.system.paths import given_path
from vfibench.weights.fetching import fetched
from vfibench.weights.reading import missing_weights

if TYPE_CHECKING:
    from vfibench.running.plan import Request

REPRODUCED, DIFFERS, NOT_COMPARABLE = 0, 1, 3
"""Exit statuses: every comparable score reproduced; one differs; none was comparable."""


@dataclass(frozen=True)
class Attempt:
    """Published scores that one run measures.

    Attributes:
        method: the word for `vfibench run`, such as "rife@tta".
        protocol: name of the protocol.
        weights: "METHOD=FILE" for `vfibench run`, "" for a method without.
        scores: as on the card, with what they leave to be understood.
    """

    method: str
    protocol: str
    weights: str
    scores: tuple[PublishedScore, ...]

    def request(self, dataset: str, common: Request) -> Request:
        """The run that measures them; `common` says where data lie and what computes."""
        own = PROTOCOLS[self.protocol].columns(dataset.partition(":")[0])
        columns = dict.fromkeys(column_of(score) for score in self.scores)
        return replace(
            common,
            methods=(self.method,),
            datasets=(dataset,),
            metrics=tuple(column for column in columns if column not in own),
            protocol=self.protocol,
            weights=(self.weights,) if self.weights else (),
        )

    def judge(self, result: CellResult) -> list[Beside]:
        """The verdict on each of them, from the finished run."""
        found = {each.score: each for each in beside(result)}
        return [found[score] for score in self.scores]


def attempts(method: str, dataset: str, weights: str | None = None) -> tuple[list[Attempt], list[Beside]]:
    """What to run to measure the published scores of a method on a dataset.

    Args:
        method: NAME or pkg.mod:Class, every variant that has a score; or one of them, NAME@VARIANT.
        dataset: as for `vfibench run`.
        weights: file of the released weights, under its released name; None for those that are fetched.

    Returns:
        The runs, and the scores that none of them can measure, with why.

    Raises:
        VfibenchError: nothing is published for it, or the weights of all of it are missing or others.
    """
    word, variant = split_variant(method)
    card = find_card(word)
    if variant:
        varied(card, variant)
    scores = [filled(card, score) for score in _published(card, method, variant, dataset)]
    why = {score: _unmeasurable(card, score) for score in scores}
    wanted = dict.fromkeys(score.weights for score in scores if score.weights and not why[score])
    files = _files(card, list(wanted), weights)
    for score in scores:
        if not why[score] and score.weights and score.weights not in files:
            why[score] = f"needs {score.weights}, which is not here (--weights {score.weights})"
    apart = [Beside(score, column_of(score), None, why[score]) for score in why if why[score]]
    return _grouped(word, [score for score in why if not why[score]], files), apart


def _grouped(word: str, scores: Sequence[PublishedScore], files: Mapping[str, Path]) -> list[Attempt]:
    """A run for all scores of one variant, protocol and file of weights, in the order of the card."""
    groups: dict[tuple[str, str, str], list[PublishedScore]] = {}
    for score in scores:
        groups.setdefault((score.variant, score.protocol or "vfibench", score.weights), []).append(score)
    return [
        Attempt(
            method=f"{word}@{variant}" if variant else word,
            protocol=protocol,
            weights=f"{word}={files[file]}" if file else "",
            scores=tuple(found),
        )
        for (variant, protocol, file), found in groups.items()
    ]


def outcome(found: Sequence[Beside]) -> int:
    """The exit status that says what became of all scores together."""
    verdicts = {each.verdict for each in found}
    if "differs" in verdicts:
        return DIFFERS
    return REPRODUCED if "reproduced" in verdicts else NOT_COMPARABLE


def _published(card: AdapterCard, method: str, variant: str, dataset: str) -> list[PublishedScore]:
    """The card's scores on the dataset, all there are for an unnamed variant."""
    own = [score for score in card.published if not variant or score.variant == variant]
    found = [score for score in own if score.dataset == dataset.partition(":")[0]]
    if not found:
        known = ", ".join(dict.fromkeys(score.dataset for score in own))
        hint = (
            f"there are some on: {known}" if known else f"there are none on its card: vfibench info {method}"
        )
        if known and not dataset:
            raise VfibenchError(f"expected --dataset with published scores of {method}, found none", hint)
        raise VfibenchError(f"no published score of {method} on {dataset or 'any dataset'}", hint)
    return found


def _unmeasurable(card: AdapterCard, score: PublishedScore) -> str:
    """Why no run can measure a score; "" where one can."""
    if score.note:
        return score.note
    if score.dataset not in DATASETS.names():
        return f"no dataset {score.dataset} is offered here"
    if column_of(score) not in METRICS.names():
        return f"no metric {column_of(score)} is offered here"
    if score.variant and score.variant not in card.variants:
        return f"{card.name} has no variant {score.variant}"
    if score.weights and score.weights not in {file.name for file in card.weights}:
        return f"{card.name} has no weights {score.weights}"
    return ""


def _files(card: AdapterCard, wanted: Sequence[str], given: str | None) -> dict[str, Path]:
    """Where the weights that scores were made with lie, by name; those that are not here are left out."""
    if given is not None:
        path = given_path(given)
        name = path.name
        if not wanted:
            raise VfibenchError(
                f"{card.name} needs no weights for this, found --weights {given}", "leave it out"
            )
        if name not in wanted:
            raise VfibenchError(
                f"expected the weights of the published scores, {' or '.join(wanted)}, found {given}",
                "if it is a copy under another name, rename it",
            )
        there = path if path.is_file() else fetched(card, name)
        if there is None:
            raise VfibenchError(
                f"expected weights of {card.name} at {given}, found no file", "check --weights"
            )
        return {name: there}
    found = {name: place for name in wanted if (place := fetched(card, name)) is not None}
    if wanted and not found:
        first = tuple(file for file in card.weights if file.name == wanted[0])
        raise missing_weights(replace(card, weights=first))
    return found
