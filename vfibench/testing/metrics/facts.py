"""Is what the card says true, as far as can be told without a score?"""

from __future__ import annotations

import re

from vfibench.contracts import Carded, MetricCard
from vfibench.metrics.columns import print_problem
from vfibench.registry import load_target
from vfibench.testing.battery import Cases
from vfibench.testing.metrics.subject import Subject, check

COLUMN = r"[A-Za-z0-9][\w.+-]*(@[\w.+-]+)?"


@check("the card's facts make sense: name, version, better, unit, digits, tolerance", needs=())
def card(subject: Subject) -> Cases:
    """Facts that tables are drawn by."""
    card = subject.card
    word = re.fullmatch(COLUMN, card.name)
    yield "name", "" if word else f"expected NAME or NAME@DEFINITION, found {card.name!r}"
    counted = type(card.version) is int and card.version > 0
    yield "version", "" if counted else f"expected a positive whole number, found {card.version!r}"
    yield "digits and tolerance", print_problem(card)
    known = card.better in {"higher", "lower"}
    yield "better", "" if known else f"expected 'higher' or 'lower', found {card.better!r}"
    texts = all(isinstance(text, str) for text in (card.title, card.unit))
    yield "title, unit", "" if texts else f"expected texts, found {card.title!r}, {card.unit!r}"


@check("the card's target makes this metric, which carries the card", needs=("card",))
def target(subject: Subject) -> Cases:
    """The target is imported by its name, as the harness does."""
    metric, made = subject.metric, load_target(subject.card.target)()
    found = f"{type(made).__qualname__} of {subject.card.target!r}"
    right = isinstance(metric, type(made))
    yield "target", "" if right else f"expected {type(metric).__qualname__}, found {found}"
    own = metric.card if isinstance(metric, Carded) else None
    carried = isinstance(own, MetricCard) and own.name == subject.card.name
    yield (
        "card",
        "" if carried else f"expected the card of {subject.card.name!r} on the metric, found {own!r}",
    )
    called = callable(metric)
    yield "call", "" if called else f"expected a metric that can be called, found {type(metric).__name__}"
