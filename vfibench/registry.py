"""One generic registry: names to cards, over the built-in catalogues and third-party entry points.

Built-in catalogues are found by a module name in a string, in an installed package or in a bare clone;
third parties add cards through the entry-point groups "vfibench.adapters", ".datasets", ".metrics",
".pages", ".recipes" and ".sources". Nothing a plugin does can break another: what fails to load is kept as a
Problem.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from vfibench.contracts import AdapterCard, Carded, DatasetCard, MetricCard, PageCard
from vfibench.errors import VfibenchError, did_you_mean
from vfibench.system.foreign import SEE_TRACEBACK, explained, let_through, reason_of
from vfibench.system.paths import below
from vfibench.trainable import RecipeCard, SourceCard

BUILT_IN = "built-in"
"""Where a card comes from that vfibench brings along itself."""
CardT = TypeVar("CardT", AdapterCard, DatasetCard, MetricCard, PageCard, RecipeCard, SourceCard)


@dataclass(frozen=True)
class Problem:
    """A plugin that could not be loaded: where it came from and why."""

    origin: str
    reason: str


@dataclass
class Registry(Generic[CardT]):
    """Cards of one kind by name, loaded at first use.

    Attributes:
        noun: what the cards describe, for messages ("method").
        card_type: the class every card must be an instance of.
        catalog: module with a CARDS sequence of the built-ins.
        folder: where that module lies in a bare clone, relative to the repository's root.
        group: entry-point group of third parties.
    """

    noun: str
    card_type: type[CardT]
    catalog: str
    folder: str
    group: str
    _cards: dict[str, CardT] = field(default_factory=dict)
    _origins: dict[str, str] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)
    _loaded: bool = False

    def names(self) -> list[str]:
        """All names, built-ins first, in catalogue order."""
        self._load()
        return list(self._cards)

    def cards(self) -> list[CardT]:
        """All cards, in the order of `names`."""
        self._load()
        return list(self._cards.values())

    def problems(self) -> list[Problem]:
        """Plugins that failed to load."""
        self._load()
        return list(self._problems)

    def origin(self, name: str) -> str:
        """Where a card came from: "built-in" or the distribution that brought it."""
        self._load()
        return self._origins[name]

    def named(self, name: str) -> str:
        """A plugin in messages: its name, and in brackets the distribution that brought it, if another's."""
        self._load()
        origin = self._origins.get(name, BUILT_IN)
        return name if origin == BUILT_IN else f"{name} ({origin})"

    def card(self, name: str) -> CardT:
        """The card called `name`.

        Raises:
            VfibenchError: there is none; the hint holds the nearest names.
        """
        self._load()
        if name in self._cards:
            return self._cards[name]
        broken = [problem for problem in self._problems if problem.origin.startswith(f"{name} ")]
        hint = did_you_mean(name, self._cards, f"see `vfibench list {self.noun}s`")
        if broken:
            hint = f"the plugin {broken[0].origin} failed to load: {broken[0].reason}"
        raise VfibenchError(f"unknown {self.noun} {name!r}", hint)

    def add(self, card: CardT, origin: str) -> None:
        """Register a card; a name that is taken becomes a Problem, never a silent replacement."""
        if card.name in self._cards:
            taken = self._origins[card.name]
            self._problems.append(Problem(f"{card.name} ({origin})", f"the name is taken by {taken}"))
            return
        self._cards[card.name] = card
        self._origins[card.name] = origin

    @contextmanager
    def holding(self, card: CardT, origin: str) -> Iterator[None]:
        """Know one more card for the time of a `with`, such as that of a plugin made up for a check."""
        self._load()
        known = len(self._problems)
        self.add(card, origin)
        added, self._problems[known:] = not self._problems[known:], []  # where the name is taken it stays so
        try:
            yield
        finally:
            if added and self._cards.get(card.name) is card:
                del self._cards[card.name], self._origins[card.name]

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        self._attempt(BUILT_IN, "built-ins", lambda: import_sibling(self.catalog, self.folder).CARDS)
        for point in _entry_points(self.group):
            dist = point.dist.name if point.dist is not None else "unknown distribution"
            self._attempt(dist, f"{point.name} ({dist})", point.load)

    def _attempt(self, origin: str, label: str, load: Callable[[], Any]) -> None:
        try:
            for card in _as_cards(load(), self.card_type):
                if origin != BUILT_IN:
                    _check(card)
                self.add(card, origin)
        except BaseException as error:
            let_through(error)
            self._problems.append(Problem(label, reason_of(error)))


def _as_cards(found: Any, card_type: type[CardT]) -> Sequence[CardT]:
    """A card, a sequence of cards, or a class with a `card`, as a sequence."""
    if isinstance(found, Carded):
        found = found.card
    cards = found if isinstance(found, Iterable) else (found,)
    cards = tuple(cards)
    wrong = [card for card in cards if not isinstance(card, card_type)]
    if wrong:
        raise TypeError(f"expected {card_type.__name__} objects, found {type(wrong[0]).__name__}")
    return cards


def _check(card: object) -> None:
    from vfibench.system.records import check_fields  # not on the way to --help

    check_fields(card)


def _entry_points(group: str) -> Any:
    from importlib.metadata import distributions, entry_points  # costs 20 ms: not on the way to --help

    if not _beside:
        return entry_points(group=group)
    path = [folder for folder in sys.path if folder not in _beside]
    installed = {dist.name: dist for dist in reversed(list(distributions(path=path)))}  # the first one counts
    return [point for dist in installed.values() for point in dist.entry_points if point.group == group]


_beside: set[str] = set()


def see_folder(folder: str) -> None:
    """Let modules be imported from a folder too, after all others; what is installed there is no plugin.

    A folder in which "pkg.mod:Class" is looked for may hold the metadata of any package: somebody's clone.
    """
    if folder not in sys.path:
        _beside.add(folder)
        sys.path.append(folder)


def import_sibling(module: str, folder: str) -> Any:
    """Import one of the built-in packages, from the installation or from a bare clone.

    Args:
        module: such as "vfibench_adapters.catalog".
        folder: where its package lies relative to the repository's root, such as "adapters".
    """
    package = module.partition(".")[0]
    clone = Path(__file__).resolve().parent.parent / folder
    if (clone / package).is_dir() and str(clone) not in sys.path:
        sys.path.append(str(clone))
    return importlib.import_module(module)


def load_target(target: str) -> Any:
    """Import "package.module:name" and return the object.

    Raises:
        VfibenchError: the form is wrong, the module cannot be imported for whatever reason of its own,
            or the name does not exist.
    """
    module, colon, name = target.partition(":")
    if not (module and colon and name):
        raise VfibenchError(f"expected package.module:Class, found {target!r}")
    try:
        with _state_kept(target, module):
            found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise VfibenchError(f"cannot import {target!r}: no module named {error.name!r}") from error
    except BaseException as error:  # a module of somebody else's may do anything as it is imported
        let_through(error)
        raise VfibenchError(f"cannot import {target!r}: {reason_of(error)}", SEE_TRACEBACK) from error
    with explained(f"cannot look {name!r} up in module {module!r}"):
        try:
            return getattr(found, name)
        except AttributeError as error:
            raise VfibenchError(f"cannot find {name!r} in module {module!r}") from error


@contextmanager
def _state_kept(target: str, module: str) -> Iterator[None]:
    """Put back what importing a module changes of torch and the process; `changed_on_import` tells of it."""
    if module in sys.modules or not {"torch", "numpy"} <= set(sys.modules):  # else there is little to change
        yield
        return
    from vfibench.system import process_state as state

    before = state.take(state.AT_ONCE)
    try:
        yield
    finally:
        found = [name for name in state.restore(before) if name not in state.GENERATORS]
        if found:
            changed_on_import[target] = tuple(found)


changed_on_import: dict[str, tuple[str, ...]] = {}
"""What the import of a target changed of the process, and was put back; by target, where there was any."""


def dataset_card(name: str) -> DatasetCard:
    """The card of "ucf101" or of "clip:DIR".

    Raises:
        VfibenchError: unknown, or an argument is missing or too many.
    """
    word, colon, argument = name.partition(":")
    card = DATASETS.card(word)
    if card.argument and not argument:
        raise VfibenchError(f"expected {word}:{card.argument}, found {name!r}", "name the file or folder")
    if colon and not card.argument:
        raise VfibenchError(f"{word} takes no argument, found {name!r}", f"write -d {word}")
    return card


def recipe_text(card: RecipeCard) -> bytes:
    """The TOML of a recipe that comes with a package.

    Raises:
        VfibenchError: it is not there.
    """
    from importlib.resources import files

    try:
        inside = below(Path(card.package), card.file).relative_to(card.package)
        return files(card.package).joinpath(inside.as_posix()).read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        message = f"expected recipe {card.name!r} as {card.file} in {card.package}, found none"
        raise VfibenchError(message, "install the package that holds it again") from error


METHODS: Registry[AdapterCard] = Registry(
    "method", AdapterCard, "vfibench_adapters.catalog", "adapters", "vfibench.adapters"
)
DATASETS: Registry[DatasetCard] = Registry(
    "dataset", DatasetCard, "vfibench_datasets.catalog", "datasets", "vfibench.datasets"
)
METRICS: Registry[MetricCard] = Registry(
    "metric", MetricCard, "vfibench.metrics.catalog", ".", "vfibench.metrics"
)
PAGES: Registry[PageCard] = Registry(
    "page", PageCard, "vfibench_reports.catalog", "reports", "vfibench.pages"
)
RECIPES: Registry[RecipeCard] = Registry(
    "recipe", RecipeCard, "vfibench_adapters.recipes", "adapters", "vfibench.recipes"
)
SOURCES: Registry[SourceCard] = Registry(
    "source", SourceCard, "vfibench_datasets.sources", "datasets", "vfibench.sources"
)
