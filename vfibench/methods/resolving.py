"""From a word to a method: NAME, pkg.mod:Class (@VARIANT after either), frames:DIR[=NAME] or exec:CMD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.contracts import Adapter, AdapterCard, Carded
from vfibench.errors import VfibenchError
from vfibench.frames.folders import named_folder
from vfibench.methods.workers.adapter import EXEC, ExecAdapter, greet
from vfibench.registry import METHODS, load_target, see_folder
from vfibench.system.foreign import explained
from vfibench.system.paths import given_path, working_folder
from vfibench.system.records import check_fields
from vfibench.system.sources import source_sha256
from vfibench.weights.fetching import fetched
from vfibench.weights.reading import missing_weights, sha256_of, told_what_fits

if TYPE_CHECKING:
    import torch

    from vfibench.store.facts import MethodFacts, PublishedFacts

FRAMES = "frames:"


@dataclass(frozen=True)
class Method:
    """A method ready to be opened.

    Attributes:
        label: its name in tables and results.
        card: its facts, with the padding that the variant asks for.
        weights: the checkpoint to load, None for a method without.
        weights_sha256: of that file.
        variant: name of the chosen settings on the card, "" for the default.
        folder: for frames:DIR, the folder of predictions; else None.
        command: for exec:CMD, the worker's command line; else "".
        worker_sha256: of what identifies that worker.
        code_sha256: of the source files that the adapter is made of; None for one that runs elsewhere.
    """

    label: str
    card: AdapterCard
    weights: Path | None = None
    weights_sha256: str | None = None
    variant: str = ""
    folder: Path | None = None
    command: str = ""
    worker_sha256: str | None = None
    code_sha256: str | None = None

    def open(self, device: torch.device) -> Adapter:
        """Build and load the adapter; slow, untimed, once a cell.

        Raises:
            VfibenchError: its dependencies are missing, the weights are not what the card says, or its
                own code raises anything.
        """
        adapter = self.build()
        with told_what_fits(self.card, self.weights), explained(f"{self.label} could not be loaded"):
            adapter.load(device, self.weights)
        return adapter

    def build(self) -> Adapter:
        """The adapter, not loaded; raises as `open`."""
        if self.command:
            return ExecAdapter(self.command)
        try:
            factory = load_target(self.card.target)
        except VfibenchError as error:
            raise VfibenchError(error.message, self.card.install_hint or error.hint) from error
        with explained(f"{self.label} could not be loaded"):
            adapter: Adapter = factory(**self.card.variants[self.variant].settings if self.variant else {})
        return adapter


def split_variant(name: str) -> tuple[str, str]:
    """The method and the variant of "METHOD@VARIANT"; the variant is "" where none is named.

    >>> split_variant("rife@scale-half")
    ('rife', 'scale-half')
    >>> split_variant("frames:my@folder")
    ('frames:my@folder', '')
    """
    if name.startswith((FRAMES, EXEC)):
        return name, ""
    method, _, variant = name.partition("@")
    return method, variant


def find_card(name: str) -> AdapterCard:
    """The card of a catalogue name or of "pkg.mod:Class"; a variant after "@" is left aside.

    The class that is named is the one that will run, whatever its card says as `target`.

    Raises:
        VfibenchError: unknown, not importable, a class without a card or with a field that is wrong, or a
            folder of predictions.
    """
    name = split_variant(name)[0]
    if ":" not in name:
        return METHODS.card(name)
    if name.startswith(EXEC):
        return greet(name.removeprefix(EXEC))[0]
    if name.startswith(FRAMES):
        raise no_method(name)
    see_working_directory()
    found = load_target(name)
    with explained(f"the card of {name} could not be read"):
        card = found.card if isinstance(found, Carded) else None
    if not isinstance(card, AdapterCard):
        raise VfibenchError(
            f"expected {name} to carry an AdapterCard in its attribute `card`, found {type(card).__name__}",
            "see CONTRIBUTING.md, 'Add a method'",
        )
    try:
        check_fields(card)
    except TypeError as error:
        raise VfibenchError(f"the card of {name}: {error}", "correct the card") from error
    return replace(card, target=name)


def no_method(name: str) -> VfibenchError:
    """The error for "frames:DIR" where a network is needed."""
    return VfibenchError(
        f"expected a method, found a folder of predictions, {name}", "score it: vfibench run -m frames:DIR"
    )


def see_working_directory() -> None:
    """Let "pkg.mod:Class" be found beside the user, as `python -m` does; what is installed goes first."""
    if (here := working_folder()) is not None:
        see_folder(str(here))


def resolve(name: str, weights: str | None = None, *, scoring: bool = True) -> Method:
    """Find a method and check that it can run.

    Args:
        name: catalogue name or "pkg.mod:Class", "@VARIANT" after it or not; or "frames:DIR",
            "frames:DIR=NAME", "exec:CMD".
        weights: path of a checkpoint, name of a fetched file of the card, "random", or None for the first
            of the card's files that has been fetched.
        scoring: False for timing, where "random" weights are allowed.

    Raises:
        VfibenchError: unknown name or variant, missing weights, random weights for scores, or
            "frames:DIR" for timing.
    """
    if name.startswith(FRAMES) and scoring:
        return _frames(name)
    if name.startswith(EXEC):
        return _exec(name, weights)
    card, variant = find_card(name), split_variant(name)[1]
    if variant:
        card = varied(card, variant)
    path = _weights(card, weights, scoring)
    digest = sha256_of(path) if path else None
    code = source_sha256(card.target)
    return Method(card.name, card, path, digest, variant, code_sha256=code)


def varied(card: AdapterCard, variant: str) -> AdapterCard:
    """The card with the padding of one of its variants.

    Raises:
        VfibenchError: it has no such variant.
    """
    if variant not in card.variants:
        known = ", ".join(f"{card.name}@{name}" for name in card.variants) or "none"
        raise VfibenchError(f"unknown variant {variant!r} of {card.name}", f"it has: {known}")
    padding = card.variants[variant].padding
    return replace(card, padding=padding) if padding else card


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
    path = given_path(weights) if weights is not None else None
    if path is None or not path.is_file():
        found = fetched(card, weights)
        if found is None and path is None:
            raise missing_weights(card)
        path = found or path
    if path is None or not path.is_file():
        raise VfibenchError(f"expected weights of {card.name} at {path}, found no file", "check --weights")
    return path


def _frames(name: str) -> Method:
    folder, called = named_folder(name.removeprefix(FRAMES))
    if not folder.is_dir():
        raise VfibenchError(f"expected a folder of predictions at {folder}, found none", "check frames:DIR")
    card = AdapterCard(
        name="frames",
        target="",
        title=f"predictions read from {folder}; input frames unknown, scored on 2-frame targets",
        inputs=(2,),
        times="any",
    )
    return Method(f"{FRAMES}{called}", card, folder=folder)


def _exec(name: str, weights: str | None) -> Method:
    if weights not in (None, "random"):
        raise VfibenchError(f"{name} has weights of its own, found --weights {weights}", "leave it out")
    command = name.removeprefix(EXEC)
    card, digest = greet(command)
    return Method(f"exec:{card.name}", card, command=command, worker_sha256=digest)


def card_facts(card: AdapterCard, weights: str | None, published: Sequence[PublishedFacts]) -> MethodFacts:
    """What tables and pages show of a method.

    Args:
        card: the method's.
        weights: file name of those it is run with, None for a method without.
        published: its published scores on the dataset that it is run on.
    """
    from vfibench.store.facts import MethodFacts, WeightFacts  # not on the way to `vfibench list`

    return MethodFacts(
        title=card.title,
        year=card.year,
        paper=card.paper,
        licence=card.licence,
        code_url=card.code_url,
        training_data=card.training_data,
        notes=card.notes,
        times=card.times,
        learned=card.learned,
        inputs=tuple(card.inputs),
        scale=card.scale,
        padding=card.padding,
        variants={name: variant.about for name, variant in card.variants.items()},
        files=tuple(WeightFacts(file.name, file.sha256, file.url, file.licence) for file in card.weights),
        weights=weights,
        published=tuple(published),
    )
