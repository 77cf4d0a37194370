"""What a dataset must be, checked when it is opened; for its samples see `sample_checking`.

Each function says in one sentence what is wrong, "expected ..., found ...", or "" where nothing is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from vfibench.contracts import DatasetCard, Decoded, Labelled, Remarked, Rooted, Selection
from vfibench.datasets.selection import list_hash

MEMBERS = ("card", "selection", "times", "ids", "__len__", "__getitem__")
KINDS = ("official", "partial", "own list")


def dataset_problem(dataset: Any, card: DatasetCard, inputs: int) -> str:
    """The first thing wrong with a dataset that was just opened, before any sample is decoded.

    Args:
        dataset: what the factory of the card returned.
        card: what it is listed with.
        inputs: N, the number of input frames it was asked for.
    """
    if missing := members_problem(dataset):
        return missing
    ids = tuple(dataset.ids)
    first = card_problem(dataset.card, card) or ids_problem(ids) or length_problem(len(dataset), ids)
    if first or not ids:  # one without samples has an error of its own
        return first
    return (
        selection_problem(dataset.selection, ids)
        or list_problem(dataset.selection, ids, card)
        or times_problem(tuple(dataset.times), card, inputs)
        or optional_problem(dataset)
    )


def members_problem(dataset: object) -> str:
    """Whether it has all that `vfibench.contracts.Dataset` names."""
    missing = [name for name in MEMBERS if not hasattr(dataset, name)]
    found = f"found {type(dataset).__name__} without {', '.join(missing)}"
    return f"expected a Dataset from its factory, {found}" if missing else ""


def card_problem(found: object, card: DatasetCard) -> str:
    """Whether the dataset is what it is listed as."""
    if isinstance(found, DatasetCard) and found.name == card.name:
        return ""
    told = f"that of {found.name!r}" if isinstance(found, DatasetCard) else type(found).__name__
    return f"expected its card, that of {card.name!r}, found {told}"


def ids_problem(ids: Sequence[object]) -> str:
    """Whether the ids are names, each of one sample and usable as a path below a folder."""
    seen: set[object] = set()
    for name in ids:
        if type(name) is not str:
            return f"expected ids that are texts, found {name!r}"
        if {"", ".", ".."} & set(name.split("/")) or "\0" in name:
            return f"expected ids that are relative paths, found {name!r}"
        if name in seen:
            return f"expected ids of one sample each, found {name!r} twice"
        seen.add(name)
    return ""


def length_problem(length: int, ids: Sequence[str]) -> str:
    """Whether there are as many samples as ids."""
    return "" if length == len(ids) else f"expected len() of its {len(ids)} ids, found {length}"


def selection_problem(selection: object, ids: Sequence[str]) -> str:
    """Whether the selection tells of these ids."""
    if not isinstance(selection, Selection):
        return f"expected a Selection, found {type(selection).__name__}"
    if selection.kind not in KINDS:
        return f"expected a selection of kind {', '.join(KINDS[:2])} or {KINDS[2]}, found {selection.kind!r}"
    if selection.chosen != len(ids):
        return f"expected a selection of its {len(ids)} samples, found one of {selection.chosen}"
    return _hash_problem("its selection's sha256, that of its ids,", list_hash(ids), selection.sha256)


def list_problem(selection: Selection, ids: Sequence[str], card: DatasetCard) -> str:
    """Whether what calls itself official is the list of the card."""
    if selection.kind != "official":
        return ""
    if card.count is not None and selection.official not in (None, card.count):
        told = f"the {card.count} samples of its card"
        return f"expected an official list of {told}, found one of {selection.official}"
    if card.list_sha256 is None:
        return ""
    told = f"the official list of {card.count or len(ids)} samples, with its card's sha256"
    return _hash_problem(told, card.list_sha256, list_hash(ids), f"{len(ids)} samples with ")


def _hash_problem(what: str, expected: str, found: object, before: str = "") -> str:
    if found == expected:
        return ""
    told = f"{found[:12]}..." if isinstance(found, str) else repr(found)
    return f"expected {what} {expected[:12]}..., found {before}{told}"


def times_problem(times: Sequence[object], card: DatasetCard, inputs: int) -> str:
    """Whether target times ascend and lie where the dataset's task has them."""
    found = f"found {list(times)}"
    if not times or any(type(time) is not float or not math.isfinite(time) for time in times):
        return f"expected target times as floats, {found}"
    known = [time for time in times if isinstance(time, float)]
    if any(one >= other for one, other in pairwise(known)):
        return f"expected target times in ascending order, {found}"
    if card.scale == 1:
        return "" if known[0] > 0 and known[-1] < 1 else f"expected target times between 0 and 1, {found}"
    first, last = 1 - inputs / 2, inputs / 2
    inside = first <= known[0] and known[-1] <= last
    return "" if inside else f"expected target times in {first:g} to {last:g} of {inputs} frames, {found}"


def optional_problem(dataset: object) -> str:
    """Whether remarks, label, decoding and root, which may be left out, are what the contracts say."""
    if isinstance(dataset, Remarked):
        remarks = dataset.remarks
        if isinstance(remarks, str) or any(type(remark) is not str for remark in remarks):
            return f"expected remarks as a sequence of texts, found {remarks!r}"
    if isinstance(dataset, Labelled):
        label, begins = dataset.label, f"{dataset.card.name}:"  # type: ignore[attr-defined]
        if type(label) is not str or not label.startswith(begins):
            return f"expected a label that begins with {begins}, found {label!r}"
    if isinstance(dataset, Decoded) and type(dataset.decoding) is not str:
        return f"expected how it decodes as a text, found {dataset.decoding!r}"
    if isinstance(dataset, Rooted) and not isinstance(dataset.root, Path):
        return f"expected its root as a Path, found {dataset.root!r}"
    return ""


def fingerprint_problem(found: object) -> str:
    """Whether a fingerprint can be one."""
    good = found is None or (type(found) is str and found != "")
    return "" if good else f"expected a fingerprint that is a text, or None, found {found!r}"
