"""Which results two words set against each other: methods by their names, runs by their folders."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vfibench.comparison.paired import obstacles
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.registry import METRICS
from vfibench.store.folders import read_results, run_folders
from vfibench.store.result import CellResult
from vfibench.system.paths import given_path

RUN_FILES = ("run*.json", "*/run*.json")


@dataclass(frozen=True)
class Match:
    """Two results on one dataset.

    Attributes:
        first, second: what is compared; the names of the two differ.
        why: what keeps all of it from being compared, "" where nothing does.
    """

    first: CellResult
    second: CellResult
    why: str = ""


@dataclass(frozen=True)
class Side:
    """One of the two words and what it stands for.

    Attributes:
        word: as typed.
        results: on the datasets asked for.
        alone: those of them that nothing of the other side answers to.
        lacking: datasets that were asked for and are the other side's alone, each with what there is instead.
    """

    word: str
    results: tuple[CellResult, ...]
    alone: tuple[CellResult, ...] = ()
    lacking: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Matching:
    """All that two words stand for.

    Attributes:
        pairs: results that meet, in order of the datasets of the first.
        sides: of the first and the second word.
    """

    pairs: tuple[Match, ...]
    sides: tuple[Side, Side]


def match(first: str, second: str, runs: Sequence[Path], datasets: Sequence[str] = ()) -> Matching:
    """Every pair of results that two words stand for, and what is left over on either side.

    A word is a folder that holds runs, a name as tables show it ("rife (fp16)"), a method's name, or the key
    of one result in run.json. Where each word stands for one method, these two are compared on every dataset
    that both have; else each method with itself.

    Args:
        first, second: the words.
        runs: where names and keys are looked for: run folders, or folders of them.
        datasets: only these; all where empty.

    Raises:
        VfibenchError: a word stands for nothing, or for several results on one dataset; none of the two has
            a dataset that was asked for; or there is no dataset that both have.
    """
    one, other = _sides(first, second, runs)
    if datasets:
        one, other = _only(one, other, datasets)
    names = [{result.cell.label for result in side.results} for side in (one, other)]
    alone = all(len(labels) == 1 for labels in names)
    found = []
    for name in [""] if alone else sorted(names[0] & names[1]):
        results = ([r for r in side.results if name in {"", r.cell.label}] for side in (one, other))
        found += _matches(*results)
    if not found and not (one.lacking or other.lacking):
        raise VfibenchError(
            f"expected results of {first} and {second} on the same dataset, found {_told(one.results)} and "
            f"{_told(other.results)}",
            "score both on one dataset: see `vfibench run`",
        )
    met = {id(result) for pair in found for result in (pair.first, pair.second)}
    asked = names[0] | names[1] if alone else _asked(one, other, names)
    sides = (_rest(one, met, asked), _rest(other, met, asked))
    return Matching(tuple(_named(pair) for pair in found), sides)


def _asked(one: Side, other: Side, names: Sequence[set[str]]) -> set[str]:
    """The methods that were asked for: those of a name, where only one of the words is a folder."""
    folders = [_folder(side.word) is not None for side in (one, other)]
    named = [labels for labels, folder in zip(names, folders, strict=True) if not folder]
    return named[0] if len(named) == 1 else names[0] | names[1]


def _rest(side: Side, met: Container[int], asked: Container[str]) -> Side:
    """The side, with those results it has alone."""
    alone = [result for result in side.results if id(result) not in met and result.cell.label in asked]
    return replace(side, alone=tuple(alone))


def check_columns(found: Sequence[Match], columns: Iterable[str]) -> None:
    """Make sure that each column is a metric's; that results lack one is not bad input.

    Raises:
        VfibenchError: one is neither in a result nor known to this installation, with the nearest names.
    """
    scored = dict.fromkeys(
        name for one in found for result in (one.first, one.second) for name in result.columns
    )
    for column in columns:
        if column not in scored and column not in METRICS.names():
            there = f"these results have {', '.join(scored) or 'none'}"
            raise VfibenchError(
                f"expected a metric's column with --metric, found {column!r}",
                did_you_mean(column, scored, there),
            )


def _sides(first: str, second: str, runs: Sequence[Path]) -> tuple[Side, Side]:
    """The results each word stands for; folders of names are read once."""
    folders = [_folder(word) for word in (first, second)]
    whole = [
        folder.resolve() if folder else word for word, folder in zip((first, second), folders, strict=True)
    ]
    if whole[0] == whole[1]:
        raise VfibenchError(f"expected two methods or runs, found {first} twice")
    names = [word for word, folder in zip((first, second), folders, strict=True) if not folder]
    named = _where_names_are(names, runs) if names else []
    one, other = (
        Side(word, tuple(read_results([folder]) if folder else _called(word, named, runs)))
        for word, folder in zip((first, second), folders, strict=True)
    )
    return one, other


def _where_names_are(words: Sequence[str], runs: Sequence[Path]) -> list[CellResult]:
    """The results among which words that are no run folders are looked for.

    Raises:
        VfibenchError: there are none, which the reader may not have known to be needed.
    """
    try:
        run_folders(runs)
    except VfibenchError as error:
        told = " or ".join(repr(word) for word in words)
        raise VfibenchError(
            f"no run folder is called {told}, and no method can be looked for: {error.message}",
            "check the name of the folder, or say with --runs where the runs are",
        ) from error
    return read_results(runs)


def _folder(word: str) -> Path | None:
    """The folder a word names, where it holds runs: a clone of a method's code is none."""
    path = given_path(word)
    return path if any(any(path.glob(pattern)) for pattern in RUN_FILES) else None


def _called(word: str, results: Sequence[CellResult], runs: Sequence[Path]) -> list[CellResult]:
    """The results of a name or key."""
    kinds = ("label", "method", "key")
    for kind in kinds:
        found = [result for result in results if getattr(result.cell, kind) == word]
        if found:
            return found
    labels = sorted({result.cell.label for result in results})
    places = ", ".join(map(str, runs))
    raise VfibenchError(
        f"no run folder and no result is called {word!r} in {places}",
        did_you_mean(word, labels, f"it has {', '.join(labels)}"),
    )


def _only(one: Side, other: Side, datasets: Sequence[str]) -> tuple[Side, Side]:
    """Both sides with their results on some datasets, and which of these one of them lacks.

    Raises:
        VfibenchError: a dataset is on neither side.
    """
    there = [{result.cell.dataset for result in side.results} for side in (one, other)]
    for dataset in datasets:
        if dataset not in there[0] | there[1]:
            raise VfibenchError(
                f"expected results of {one.word} or {other.word} on {dataset}, found "
                f"{_told([*one.results, *other.results])}"
            )
    first, second = (
        replace(
            side,
            results=tuple(result for result in side.results if result.cell.dataset in datasets),
            lacking={name: _told(side.results) for name in datasets if name not in own},
        )
        for side, own in zip((one, other), there, strict=True)
    )
    return first, second


def _told(side: Iterable[CellResult]) -> str:
    return ", ".join(dict.fromkeys(result.cell.dataset for result in side)) or "none"


def _matches(firsts: Sequence[CellResult], seconds: Sequence[CellResult]) -> list[Match]:
    """The pairs of two methods: on each dataset, under each protocol that both were scored with."""
    found = []
    for dataset in dict.fromkeys(result.cell.dataset for result in firsts):
        one, other = (_by_protocol(side, dataset) for side in (firsts, seconds))
        common = [protocol for protocol in one if protocol in other]
        found += [_match(one[protocol], other[protocol]) for protocol in common]
        if other and not common:
            found.append(_match(next(iter(one.values())), next(iter(other.values()))))
    return found


def _by_protocol(side: Sequence[CellResult], dataset: str) -> dict[str, CellResult]:
    """The result under each protocol.

    Raises:
        VfibenchError: there are several under one.
    """
    found: dict[str, CellResult] = {}
    for result in side:
        cell = result.cell
        if cell.dataset != dataset:
            continue
        earlier = found.setdefault(cell.protocol, result)
        if earlier is not result:
            raise VfibenchError(
                f"expected one result of {cell.label} on {dataset}, found {earlier.cell.key} in "
                f"{earlier.folder} and {cell.key} in {result.folder}",
                "name the run folder, or give such a key in place of the name",
            )
    return found


def _match(first: CellResult, second: CellResult) -> Match:
    columns = list(dict.fromkeys([*first.columns, *second.columns])) or [""]
    found = [obstacles(first, second, column) for column in columns]
    if not all(found):
        return Match(first, second)
    common = [why for why in found[0] if all(why in other for other in found)]
    return Match(first, second, ", ".join(common or found[0]))


def _named(found: Match) -> Match:
    """The two with names that differ: results of one method are told apart by their folders or keys."""
    one, other = found.first, found.second
    if one.cell.label != other.cell.label:
        return found
    marks = [(one.folder.name, other.folder.name), (str(one.folder), str(other.folder))]
    a, b = next((pair for pair in marks if pair[0] != pair[1]), (one.cell.key, other.cell.key))
    return replace(found, first=_called_also(one, a), second=_called_also(other, b))


def _called_also(result: CellResult, mark: str) -> CellResult:
    cell = replace(result.cell, method=f"{result.cell.method} [{mark}]")
    return replace(result, cell=cell)
