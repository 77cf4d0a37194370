"""Is what the card says true, as far as can be told without predicting?"""

from __future__ import annotations

import re

from vfibench.contracts import Adapter
from vfibench.registry import load_target
from vfibench.testing.battery import Cases
from vfibench.testing.methods.subject import Subject, check


@check("the card's facts make sense: name, even inputs, times, scale, padding", needs=())
def card(subject: Subject) -> Cases:
    """Facts that every other check builds on."""
    card = subject.card
    word = re.fullmatch(r"[A-Za-z0-9][\w.+-]*", card.name)
    yield "name", "" if word else f"expected one word, found {card.name!r}"
    even = card.inputs and all(type(n) is int and n > 0 and n % 2 == 0 for n in card.inputs)
    yield "inputs", "" if even else f"expected positive even numbers of frames, found {card.inputs!r}"
    once = len(set(card.inputs)) == len(card.inputs)
    yield "inputs", "" if once else f"expected each number once, found {card.inputs!r}"
    known = card.times in {"midpoint", "any", "halves"}
    yield "times", "" if known else f"expected 'midpoint', 'any' or 'halves', found {card.times!r}"
    whole = type(card.scale) is int and card.scale > 0
    yield "scale", "" if whole else f"expected a positive whole number, found {card.scale!r}"
    fits = card.padding.multiple > 0 and min(card.padding.extra, card.padding.extra_when_fitting) >= 0
    yield "padding", "" if fits else f"expected multiple > 0 and extras >= 0, found {card.padding!r}"


@check("the card's target is the adapter's class, and every variant constructs it", needs=())
def target(subject: Subject) -> Cases:
    """The target is imported by its name, as the harness does."""
    cls = load_target(subject.card.target)
    made = subject.make()
    right = isinstance(cls, type) and isinstance(made, cls)
    yield "target", "" if right else f"expected {type(made).__qualname__}, found {subject.card.target!r}"
    whole = isinstance(made, Adapter)
    yield "methods", "" if whole else "expected the methods load and predict"
    for variant in subject.card.variants.values():
        cls(**variant.settings)
        yield "variants", ""


@check("an instance loads", needs=("card",))
def load(subject: Subject) -> Cases:
    """Loading alone; whether the weights are the right ones is the adapter's own to check."""
    yield "load", "" if subject.adapter is not None else "no adapter was made"
