"""Is what the card says true, and does the dataset say the same of itself?"""

from __future__ import annotations

import re

from vfibench.datasets.checking import (
    card_problem,
    ids_problem,
    length_problem,
    list_problem,
    members_problem,
    optional_problem,
    selection_problem,
    times_problem,
)
from vfibench.registry import load_target
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.datasets.subject import Subject, check

WORD = r"[A-Za-z0-9][\w.+-]*"
SHA256 = r"[0-9a-f]{64}"


@check("the card's facts make sense: name, even inputs, times, scale, count, list", needs=())
def card(subject: Subject) -> Cases:
    """Facts that every other check builds on."""
    card = subject.card
    word = re.fullmatch(WORD, card.name)
    yield "name", "" if word else f"expected one word, found {card.name!r}"
    even = card.inputs and all(type(n) is int and n > 0 and n % 2 == 0 for n in card.inputs)
    yield "inputs", "" if even else f"expected positive even numbers of frames, found {card.inputs!r}"
    whole = type(card.scale) is int and card.scale > 0
    yield "scale", "" if whole else f"expected a positive whole number, found {card.scale!r}"
    if card.times and even and whole:
        yield "times", times_problem(card.times, card, max(card.inputs))
    counted = card.count is None or (type(card.count) is int and card.count > 0)
    yield "count", "" if counted else f"expected a positive whole number or None, found {card.count!r}"
    hashed = card.list_sha256 is None or re.fullmatch(SHA256, card.list_sha256)
    yield "list_sha256", "" if hashed else f"expected 64 hex digits or None, found {card.list_sha256!r}"


@check("it opens for every number of input frames of its card, and has all members", needs=("card",))
def opens(subject: Subject) -> Cases:
    """The card that it carries is the one it is listed with."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs).inner
        missing = members_problem(dataset)
        yield f"{inputs} frames", missing or card_problem(dataset.card, subject.card)


@check("the card's target makes this dataset")
def target(subject: Subject) -> Cases:
    """The target is imported by its name, as the harness does, and called with the same options."""
    made, wanted = load_target(subject.card.target)(subject.first_options), subject.first.inner
    right = isinstance(wanted, type(made)) and made.card.name == wanted.card.name
    found = f"{type(made).__qualname__} of {subject.card.target!r}"
    yield "target", "" if right else f"expected {type(wanted).__qualname__}, found {found}"


@check("ids are texts, of one sample each, usable as paths; there are as many as samples")
def ids(subject: Subject) -> Cases:
    """Pictures are kept in folders called after them."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs)
        problem = ids_problem(dataset.ids) or length_problem(len(dataset), dataset.ids)
        none = "" if dataset.ids else "expected samples, found none"
        yield f"{inputs} frames", problem or none


@check("another opening lists the same samples in the same order", needs=("ids",))
def stable(subject: Subject) -> Cases:
    """The order of a folder's files, or of a set, is another on every machine."""
    for inputs in subject.card.inputs:
        first, second = subject.dataset(inputs).ids, subject.fresh(inputs=inputs).ids
        pairs = zip(first, second, strict=False)
        place = next((k for k, (one, other) in enumerate(pairs) if one != other), None)
        problem = "" if len(first) == len(second) else f"expected {len(first)} samples, found {len(second)}"
        if place is not None:
            problem = f"expected sample {place} to be {first[place]!r} again, found {second[place]!r}"
        yield f"{inputs} frames", problem


@check("the selection counts and hashes these samples", needs=("ids",))
def selection(subject: Subject) -> Cases:
    """What tables say of a run, and what sets cells of other samples apart."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs)
        yield f"{inputs} frames", selection_problem(dataset.inner.selection, dataset.ids)


@check("a list that is called official is the card's: count and list_sha256", needs=("selection",))
def official_list(subject: Subject) -> Cases:
    """Scores on another list would be ranked beside it."""
    for inputs in subject.card.inputs:
        dataset = subject.dataset(inputs)
        if dataset.selection.kind != "official":
            raise Skip(f"opened as {dataset.selection}")
        yield f"{inputs} frames", list_problem(dataset.selection, dataset.ids, subject.card)


@check("target times ascend, lie where the task has them, and are the card's")
def times(subject: Subject) -> Cases:
    """Where the card names none, the user decides."""
    for inputs in subject.card.inputs:
        told = tuple(subject.dataset(inputs).inner.times)
        problem = times_problem(told, subject.card, inputs)
        known, own = subject.card.times, subject.options.factor is None
        other = f"expected {list(known)}, as on the card, found {list(told)}"
        yield f"{inputs} frames", problem or (other if known and own and told != known else "")


@check("remarks are texts and the root is a path, where they are told")
def optional(subject: Subject) -> Cases:
    """What a dataset may leave out."""
    yield "remarks, root", optional_problem(subject.first.inner)
