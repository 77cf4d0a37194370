"""Which kind of plugin a word names: a method, a dataset, a metric or a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, Literal, get_args

from vfibench.contracts import AdapterCard, Carded, DatasetCard, MetricCard, PageCard
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.methods.resolving import FRAMES, split_variant
from vfibench.methods.workers.adapter import EXEC
from vfibench.registry import DATASETS, METHODS, METRICS, PAGES, Registry, load_target

Kind = Literal["method", "dataset", "metric", "page"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REGISTRIES: Mapping[Kind, Registry[Any]] = {
    "method": METHODS,
    "dataset": DATASETS,
    "metric": METRICS,
    "page": PAGES,
}
CARDS: Mapping[type[Any], Kind] = {
    AdapterCard: "method",
    DatasetCard: "dataset",
    MetricCard: "metric",
    PageCard: "page",
}
PLAIN: Mapping[Kind, Callable[[str], str]] = {
    "method": lambda word: split_variant(word)[0],
    "dataset": lambda word: word.partition(":")[0],
}
"""How a word is stripped of what may follow a registered name: "rife@tta", "clip:DIR"."""


def kind_of(word: str) -> Kind:
    """The kind of plugin that a word names.

    Args:
        word: a registered name ("rife@tta" and "clip:DIR" too), "exec:COMMAND", or "pkg.mod:NAME" of a
            card, of what carries one, or of what a registered card names as its target.

    Raises:
        VfibenchError: it names none, or several.
    """
    if word.startswith((EXEC, FRAMES)):
        return "method"
    found: list[Kind] = [kind for kind in KINDS if _named(kind, word) in REGISTRIES[kind].names()]
    if not found and ":" in word:
        found = _by_card(word)
    if len(found) == 1:
        return found[0]
    if found:
        raise VfibenchError(f"{word!r} names a {' and a '.join(found)}", f"say --kind {' or '.join(found)}")
    raise _unknown(word)


def _named(kind: Kind, word: str) -> str:
    return PLAIN[kind](word) if kind in PLAIN else word


def _by_card(word: str) -> list[Kind]:
    """Of an object that is a card or has one, else those whose registered cards lead to it."""
    found = load_target(word)
    card = found.card if isinstance(found, Carded) else found
    if type(card) in CARDS:
        return [CARDS[type(card)]]
    return [kind for kind in KINDS if any(card.target == word for card in REGISTRIES[kind].cards())]


def _unknown(word: str) -> VfibenchError:
    if word.endswith(".py"):
        module = ".".join(PurePath(word).with_suffix("").parts[-1:])
        return VfibenchError(
            f"expected a plugin's name or MODULE:CLASS, found the name of a file, {word!r}",
            f"write {module}:CLASS, with the name of the class, in the folder of that file",
        )
    if ":" in word:
        message = f"cannot tell what {word} is: it is no card and carries none"
        return VfibenchError(message, f"say --kind {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    known = [name for registry in REGISTRIES.values() for name in registry.names()]
    hint = did_you_mean(word, known, "see `vfibench list methods`, datasets, metrics, pages")
    return VfibenchError(f"unknown method, dataset, metric or page {word!r}", hint)
