"""Commands to copy: the run of one cell alone, and the check of published scores."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from vfibench.methods.resolving import split_variant
from vfibench.store.result import CellResult

METHOD, DATASET, WEIGHTS = "--method", "--dataset", "--weights"
SHORT = {"-m": METHOD, "-d": DATASET, "-w": WEIGHTS}
FLAGS = frozenset({"--partial", "--compile", "--save-images", "--debug"})
LEFT_OUT = frozenset({"--out", "--shard", "--policy", "--save-images", "--debug"})
"""Options that change no score."""

Option = tuple[str, str | None]


def run_command(result: CellResult) -> str:
    """The command that scores one cell: the recorded one without the run's other methods and datasets.

    Where it cannot be told which method or dataset of the recorded command the cell is, or where no
    `vfibench run` was recorded, that is the recorded one as it stands.
    """
    recorded = result.entry.provenance.command
    try:
        words = shlex.split(recorded)
        options = list(_options(words[2:]))
    except ValueError:
        return recorded
    methods = [value for name, value in options if name == METHOD and value]
    method, dataset = _method(result, methods), result.cell.asked
    datasets = [value for name, value in options if name == DATASET and value]
    if words[:2] != ["vfibench", "run"] or not method or (datasets and dataset not in datasets):
        return recorded
    kept = [
        word for option in options if _matters(option, result, method, methods) for word in _words(option)
    ]
    return shlex.join(["vfibench", "run", METHOD, method, DATASET, dataset, *kept])


def reproduce_command(result: CellResult) -> str:
    """The command that measures a cell's published scores as they were made."""
    method, variant = result.cell.method, result.cell.settings.variant
    word = f"{method}@{variant}" if variant else method
    return shlex.join(["vfibench", "reproduce", METHOD, word, DATASET, result.cell.asked])


def _options(words: Sequence[str]) -> Iterator[Option]:
    """(long name, value) of each option; ValueError for what is none."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        name = SHORT.get(name, name)
        if name in FLAGS:
            yield name, None
        elif not name.startswith("--"):
            raise ValueError(word)
        else:
            yield name, value if equals or value else next(rest, "")


def _method(result: CellResult, methods: Sequence[str]) -> str:
    """The word of the recorded command that stands for the cell's method, "" where that cannot be told."""
    variant = result.cell.settings.variant or ""
    own = f"{result.cell.method}@{variant}" if variant else result.cell.method
    if not methods or own in methods:
        return own
    return methods[0] if len(methods) == 1 else ""


def _matters(option: Option, result: CellResult, method: str, methods: Sequence[str]) -> bool:
    """Whether an option of the recorded command belongs to this cell's."""
    name, value = option
    if name != WEIGHTS:
        return name not in LEFT_OUT | {METHOD, DATASET}
    whose, equals, _ = str(value).partition("=")
    if equals and any(whose in (other, split_variant(other)[0]) for other in methods):
        return whose in (method, split_variant(method)[0])
    return result.cell.facts.method.weights is not None


def _words(option: Option) -> list[str]:
    name, value = option
    return [name] if value is None else [name, value]
