"""What `vfibench list` and `vfibench info` tell, gathered once: for tables, and for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vfibench import registry
from vfibench.contracts import AdapterCard, DatasetCard, MetricCard, PageCard
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.metrics.definitions import DEFINITIONS, Definition
from vfibench.metrics.protocols import PROTOCOLS, Protocol
from vfibench.registry import Problem, Registry, recipe_text
from vfibench.system.foreign import reason_of
from vfibench.trainable import RecipeCard, SourceCard
from vfibench.weights.fetching import fetched, is_packaged

REGISTRIES: dict[str, Registry[Any]] = {
    "methods": registry.METHODS,
    "datasets": registry.DATASETS,
    "metrics": registry.METRICS,
    "pages": registry.PAGES,
    "recipes": registry.RECIPES,
    "sources": registry.SOURCES,
}
KINDS = ("methods", "datasets", "metrics", "definitions", "protocols", "pages", "recipes", "sources")
Facts = AdapterCard | DatasetCard | MetricCard | PageCard | RecipeCard | SourceCard | Definition | Protocol


@dataclass(frozen=True)
class Listed:
    """One line of a list.

    Attributes:
        name: the word on the command line.
        origin: "built-in", or the distribution that brought it.
        card: its facts.
    """

    name: str
    origin: str
    card: Facts


@dataclass(frozen=True)
class ListedMethod(Listed):
    """A method.

    Attributes:
        learned: whether it needs weights.
        ready: whether it runs without --weights and without fetching any.
    """

    learned: bool
    ready: bool


@dataclass(frozen=True)
class ListedRecipe(Listed):
    """A recipe, with what its file says.

    Attributes:
        method, source: what is trained, and on what; "-" where the file cannot be read.
        about: what the recipe says of itself.
        problem: why the file cannot be read, "" where it can.
    """

    method: str
    source: str
    about: str
    problem: str = ""


class Found(NamedTuple):
    """What `vfibench info` is about.

    Attributes:
        kind: "method", "dataset" or "metric".
        card: its facts, those of a variant where one was asked for.
    """

    kind: str
    card: AdapterCard | DatasetCard | MetricCard


@dataclass(frozen=True)
class PackagedFile:
    """A weight file that comes with a method, and what it says of itself: recipe, seed, steps, machine."""

    name: str
    path: Path
    bytes: int
    header: dict[str, str]


def listed(kind: str) -> tuple[list[Listed], list[Problem]]:
    """Everything of one kind, plugins included, and the plugins that failed to load.

    Raises:
        VfibenchError: there is no such kind.
    """
    if kind == "definitions":
        return [Listed(name, "built-in", one) for name, one in DEFINITIONS.items()], []
    if kind == "protocols":
        return [Listed(name, "built-in", one) for name, one in PROTOCOLS.items()], []
    if kind not in REGISTRIES:
        raise VfibenchError(f"cannot list {kind!r}", f"choose from {', '.join(KINDS)}")
    found = REGISTRIES[kind]
    return [_listed(card, found.origin(card.name)) for card in found.cards()], found.problems()


def _listed(card: Any, origin: str) -> Listed:
    if isinstance(card, AdapterCard):
        ready = not card.learned or is_packaged(card.weights[0])
        return ListedMethod(card.name, origin, card, card.learned, ready)
    if isinstance(card, RecipeCard):
        return _listed_recipe(card, origin)
    return Listed(card.name, origin, card)


def _listed_recipe(card: RecipeCard, origin: str) -> ListedRecipe:
    from vfibench.system.structs import read_toml

    try:
        recipe = read_toml(recipe_text(card), f"recipe {card.name}")
        method, source = str(recipe["method"]), str(recipe["data"]["source"])
        about = card.title or str(recipe.get("about", ""))
        return ListedRecipe(card.name, origin, card, method, source, about)
    except Exception as error:  # somebody else's file may hold anything
        return ListedRecipe(card.name, origin, card, "-", "-", card.title, reason_of(error))


def find(name: str, kind: str = "") -> Found:
    """The card of a method (a variant's too), a dataset or a metric.

    Args:
        name: as it is asked for.
        kind: "method", "dataset" or "metric" where only that is meant.

    Raises:
        VfibenchError: there is none of that name, and the hint holds the nearest ones; or there are several;
            or there is no such kind.
    """
    from vfibench.methods.resolving import find_card, split_variant, varied

    nouns = ("method", "dataset", "metric")
    if kind and kind not in nouns:
        raise VfibenchError(f"expected --kind method, dataset or metric, found {kind!r}")
    places = {noun: REGISTRIES[f"{noun}s"] for noun in nouns if kind in ("", noun)}
    known_as = [noun for noun, place in places.items() if name in place.names()]
    if len(known_as) > 1:
        options = " or ".join(known_as)
        raise VfibenchError(f"{name!r} names a {' and a '.join(known_as)}", f"say --kind {options}")
    for noun in known_as:
        return Found(noun, places[noun].card(name))
    method, variant = split_variant(name)  # "psnr@rife" is a metric, "rife@tta" a variant of a method
    if "method" in places and (":" in name or (variant and method in places["method"].names())):
        card = find_card(name)
        return Found("method", varied(card, variant) if variant else card)
    known = [known for place in places.values() for known in place.names() if "@" not in known]
    hint = did_you_mean(name, known, "see `vfibench list methods`")
    what = kind or "method, dataset or metric"
    raise VfibenchError(f"unknown {what} {name!r}", hint)


def origin_of(kind: str, name: str) -> str:
    """Where what `find` found comes from: as `Listed` has it, "" for a class named as pkg.mod:Class."""
    from vfibench.methods.resolving import split_variant

    place = REGISTRIES[f"{kind}s"]
    word = name if name in place.names() else split_variant(name)[0]
    return place.origin(word) if word in place.names() else ""


def problems_of(kind: str) -> list[Problem]:
    """Plugins of this kind ("method", ...) that failed to load."""
    return REGISTRIES[f"{kind}s"].problems()


def packaged_files(card: object) -> list[PackagedFile]:
    """The weight files that come with a method; none of what is no method.

    Raises:
        VfibenchError: one is missing, changed or damaged.
    """
    from vfibench.weights.reading import header_of

    if not isinstance(card, AdapterCard):
        return []
    places = {file.name: fetched(card, file.name) for file in card.weights if is_packaged(file)}
    found = ((name, path) for name, path in places.items() if path is not None)
    return [PackagedFile(name, path, path.stat().st_size, header_of(path)) for name, path in found]
