"""From a word on the command line to a method: catalogue name, pkg.mod:Class, or frames:DIR."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.contracts import Adapter, AdapterCard
from vfibench.errors import VfibenchError
from vfibench.registry import METHODS, SEE_TRACEBACK, load_target, reason_of
from vfibench.weights import missing_weights, sha256_of

if TYPE_CHECKING:
    import torch

FRAMES = "frames:"


@dataclass(frozen=True)
class Method:
    """A method ready to be opened.

    Attributes:
        label: its name in tables and results.
        card: its facts.
        weights: the checkpoint to load, None for a method without.
        weights_sha256: of that file.
        variant: name of the chosen settings on the card, "" for the default.
        folder: for frames:DIR, the folder of predictions; else None.
    """

    label: str
    card: AdapterCard
    weights: Path | None = None
    weights_sha256: str | None = None
    variant: str = ""
    folder: Path | None = None

    def open(self, device: torch.device) -> Adapter:
        """Build and load the adapter; slow, untimed, once a cell.

        Raises:
            VfibenchError: its dependencies are missing, the weights are not what the card says, or its
                own code raises anything.
        """
        adapter = self.build()
        with explained(f"{self.label} could not be loaded"):
            adapter.load(device, self.weights)
        return adapter

    def build(self) -> Adapter:
        """The adapter, not loaded; raises as `open`."""
        try:
            factory = load_target(self.card.target)
        except VfibenchError as error:
            raise VfibenchError(error.message, self.card.install_hint or error.hint) from error
        with explained(f"{self.label} could not be loaded"):
            adapter: Adapter = factory(**self.card.variants[self.variant].settings if self.variant else {})
        return adapter


@contextmanager
def explained(failure: str) -> Iterator[None]:
    """Turn what a method's own code raises, whatever it is, into a VfibenchError of one line.

    Args:
        failure: what did not work out, such as "rife could not be loaded".
    """
    try:
        yield
    except VfibenchError:
        raise
    except (Exception, SystemExit) as error:
        raise VfibenchError(f"{failure}: {reason_of(error)}", SEE_TRACEBACK) from error


def find_card(name: str) -> AdapterCard:
    """The card of a catalogue name or of "pkg.mod:Class".

    Raises:
        VfibenchError: unknown, not importable, a class without a card, or a folder of predictions.
    """
    if ":" not in name:
        return METHODS.card(name)
    if name.startswith(FRAMES):
        raise VfibenchError(
            f"expected a method, found a folder of predictions, {name}",
            "score it: vfibench run -m frames:DIR",
        )
    see_working_directory()
    found = load_target(name)
    card = getattr(found, "card", None)
    if not isinstance(card, AdapterCard):
        raise VfibenchError(
            f"expected {name} to carry an AdapterCard in its attribute `card`, found {type(card).__name__}",
            "see CONTRIBUTING.md, 'Add a method'",
        )
    return card


def see_working_directory() -> None:
    """Let "pkg.mod:Class" be found beside the user, as `python -m` does; what is installed goes first."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def resolve(name: str, weights: str | None = None, variant: str = "", *, scoring: bool = True) -> Method:
    """Find a method and check that it can run.

    Args:
        name: catalogue name, "pkg.mod:Class" or "frames:DIR".
        weights: path of a checkpoint, "random", or None.
        variant: name of a set of settings on the card.
        scoring: False for timing, where "random" weights are allowed.

    Raises:
        VfibenchError: unknown name or variant, missing weights, random weights for scores, or
            "frames:DIR" for timing.
    """
    if name.startswith(FRAMES) and scoring:
        return _frames(name)
    card = find_card(name)
    if variant and variant not in card.variants:
        known = ", ".join(card.variants) or "none"
        raise VfibenchError(f"unknown variant {variant!r} of {card.name}", f"it has: {known}")
    path = _weights(card, weights, scoring)
    digest = sha256_of(path) if path else None
    return Method(card.name, card, path, digest, variant)


def _weights(card: AdapterCard, weights: str | None, scoring: bool) -> Path | None:
    if not card.learned:
        if weights is not None:
            raise VfibenchError(f"{card.name} takes no weights, found --weights {weights}", "leave it out")
        return None
    if weights == "random":
        if scoring:
            raise VfibenchError(
                f"random weights of {card.name} give no meaningful score",
                "use them with `vfibench speed` only, or pass --weights FILE",
            )
        return None
    if weights is None:
        raise missing_weights(card)
    path = Path(weights)
    if not path.is_file():
        raise VfibenchError(f"expected weights of {card.name} at {path}, found no file", "check --weights")
    return path


def _frames(name: str) -> Method:
    folder = Path(name.removeprefix(FRAMES)).expanduser()
    if not folder.is_dir():
        raise VfibenchError(f"expected a folder of predictions at {folder}, found none", "check frames:DIR")
    card = AdapterCard(
        name="frames",
        target="",
        title=f"predictions read from {folder}; input frames unknown, scored on 2-frame targets",
        inputs=(2,),
        times="any",
    )
    return Method(f"frames:{folder.resolve().name}", card, folder=folder)


def split_weights(given: list[str], methods: list[str]) -> Mapping[str, str]:
    """Assign --weights values, "FILE" or "NAME=FILE", to methods.

    Raises:
        VfibenchError: a bare FILE with several methods that take weights, an unasked name, or two files
            for one method.
    """
    assigned: dict[str, str] = {}
    for value in given:
        name, equals, path = value.partition("=")
        if equals and name not in methods and name in METHODS.names():
            raise VfibenchError(f"{name} is not among the methods, found --weights {value}", f"add -m {name}")
        if not (equals and name in methods):
            name, path = _only_taker(value, methods), value
        if name in assigned:
            raise VfibenchError(f"expected one --weights for {name}, found {assigned[name]} and {path}")
        assigned[name] = path
    return assigned


def _only_taker(value: str, methods: list[str]) -> str:
    """The one method that takes weights."""
    takers = [method for method in methods if not method.startswith(FRAMES) and find_card(method).learned]
    if len(takers) != 1:
        raise VfibenchError(
            f"cannot tell whose weights {value!r} are: {len(takers)} of the methods take weights",
            "write --weights NAME=FILE",
        )
    return takers[0]


def card_facts(card: AdapterCard) -> dict[str, Any]:
    """What tables and pages show of a method."""
    return {
        "title": card.title,
        "year": card.year,
        "paper": card.paper,
        "licence": card.licence,
        "code_url": card.code_url,
        "training_data": card.training_data,
        "times": card.times,
        "learned": card.learned,
    }
