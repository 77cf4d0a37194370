"""Workers as adapters: started, greeted, asked, and started again when they fail."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.contracts import AdapterCard, Padding
from vfibench.errors import SampleError, VfibenchError
from vfibench.methods.workers.process import Worker, WorkerFailed
from vfibench.system.json_text import encoded
from vfibench.system.paths import given_path
from vfibench.system.sources import script_sha256, source_sha256

if TYPE_CHECKING:
    import torch

EXEC = "exec:"
PATIENCE = 600.0  # seconds a worker may take for one answer; VFIBENCH_WORKER_TIMEOUT says otherwise
FOREVER = 1e6  # seconds, near the most that select() can wait
DOCS = "see docs/workers.md"
FACTS = ("title", "paper", "year", "licence", "inputs", "times", "scale", "padding", "training_data")


class ExecAdapter:
    """An adapter whose network runs in a worker process.

    Args:
        command: the command line, split as a shell would, run without one.
    """

    def __init__(self, command: str) -> None:
        self._command = words_of(command)
        self._worker: Worker | None = None

    def load(self, device: torch.device, weights: Path | None) -> None:  # noqa: ARG002 - the worker's own
        """Start the worker; it has its own device and weights."""
        self._worker = self._started()

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """As every adapter's."""
        return self.predict_timed(frames, times)[0]

    def predict_timed(
        self, frames: torch.Tensor, times: Sequence[float]
    ) -> tuple[torch.Tensor, float | None]:
        """The prediction, and the seconds it took as measured inside the worker (None where it does not say).

        Raises:
            SampleError: the worker died, hung or refused; the next call starts it again, unless it was
                Ctrl-C that ended it.
        """
        if self._worker is not None and self._worker.interrupted:
            raise SampleError("interrupted")
        if self._worker is None or not self._worker.alive:
            self._worker = self._started()
        try:
            made, seconds = self._worker.ask(frames.float().cpu(), times)
        except WorkerFailed as error:
            self._worker = self._worker if self._worker.interrupted else None
            raise SampleError(str(error)) from error
        return made.to(frames.device), seconds

    def _started(self) -> Worker:
        try:
            return Worker(self._command, patience())
        except WorkerFailed as error:
            raise SampleError(str(error)) from error


def patience() -> float:
    """Seconds to wait for one answer of a worker.

    Raises:
        VfibenchError: VFIBENCH_WORKER_TIMEOUT is no positive number.
    """
    given = os.environ.get("VFIBENCH_WORKER_TIMEOUT")
    try:
        seconds = PATIENCE if given is None else float(given)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise VfibenchError(f"expected VFIBENCH_WORKER_TIMEOUT in seconds, above 0, found {given!r}")
    return min(seconds, FOREVER)


def words_of(command: str) -> list[str]:
    """The words of a command, as a shell would split it; those that begin with `~` or `$` as paths.

    Raises:
        ValueError: a quote is not closed.
    """
    words = shlex.split(command)
    return [str(given_path(word)) if word.startswith(("~", "$")) else word for word in words]


def greet(command: str) -> tuple[AdapterCard, str]:
    """Start a worker once to learn its card, and a hash of what identifies it.

    Returns:
        The card, and the sha256 over the command, the greeting and every file named in the command; of a
        Python script or module also over what it imports of its own project.

    Raises:
        VfibenchError: it cannot be started, does not greet, or its greeting is no card.
    """
    try:
        words = words_of(command)
        worker = Worker(words, patience()) if words else None
    except (WorkerFailed, ValueError) as error:
        raise VfibenchError(f"{EXEC}{command}: {error}", DOCS) from error
    if worker is None:
        raise VfibenchError(f"expected a command after {EXEC!r}, found none", DOCS)
    worker.end()
    digest = hashlib.sha256(encoded([words, worker.greeting], sort_keys=True).encode())
    for before, word in zip(["", *words], words, strict=False):
        if os.path.isfile(word):  # noqa: PTH113 - Path raises where a script after -c is too long for a name
            digest.update(_file_digest(Path(word)))
        elif before == "-m" and (code := source_sha256(f"{word}:")):
            digest.update(code.encode())
    return card_of(worker.greeting, command), digest.hexdigest()


def _file_digest(path: Path) -> bytes:
    """Of a Python script with what it imports from its own folder, of any other file alone."""
    if path.suffix == ".py":
        return script_sha256(path).encode()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def card_of(greeting: Mapping[str, object], command: str) -> AdapterCard:
    """The card a worker describes itself with; the same words as AdapterCard's fields.

    Raises:
        VfibenchError: an unknown or missing word, or a value of the wrong kind.
    """
    facts: dict[str, Any] = {key: value for key, value in greeting.items() if key != "vfibench"}
    unknown = set(facts) - {"name", *FACTS}
    name = facts.get("name")
    if unknown or not isinstance(name, str) or not name.strip():
        found = f"unknown {', '.join(sorted(unknown))}" if unknown else "no name"
        raise VfibenchError(
            f"expected a greeting with name and any of {', '.join(FACTS)}, found {found}", DOCS
        )
    try:
        inputs = facts.setdefault("inputs", [2])
        if not isinstance(inputs, list):
            raise ValueError(f"inputs {inputs!r}, expected a list")
        facts["inputs"] = tuple(inputs)
        facts["padding"] = Padding(**facts.get("padding", {}))
        facts.setdefault("title", command)
        card = AdapterCard(target="vfibench.methods.workers.adapter:ExecAdapter", **facts)
        _check_words(card)
        _check_numbers(card)
        return card
    except (TypeError, ValueError) as error:
        words = ", ".join(field.name for field in fields(Padding))
        expected = f"inputs as numbers, times midpoint, any or halves, padding of {words}"
        raise VfibenchError(f"expected {expected}; found {error}", DOCS) from error


def _check_words(card: AdapterCard) -> None:
    """ValueError where a word is none of those that are known, or what is shown to people is no text."""
    known = {
        "times": (card.times, ("midpoint", "any", "halves")),
        "mode": (card.padding.mode, ("replicate", "reflect", "constant")),
        "place": (card.padding.place, ("end", "centred")),
    }
    for name, (word, words) in known.items():
        if word not in words:
            raise ValueError(f"{name} {word!r}, expected {' or '.join(words)}")
    for name in ("title", "paper", "licence", "training_data"):
        if not isinstance(value := getattr(card, name), str):
            raise ValueError(f"{name} {value!r}, expected a text")


def _check_numbers(card: AdapterCard) -> None:
    """ValueError where sizes are computed from what is no whole number, or too small."""
    padding = card.padding
    least = [
        *(("inputs", count, 1) for count in card.inputs or (0,)),
        ("scale", card.scale, 1),
        ("multiple", padding.multiple, 1),
        ("extra", padding.extra, 0),
        ("extra_when_fitting", padding.extra_when_fitting, 0),
    ]
    for name, value, smallest in least:
        if type(value) is not int or value < smallest:
            raise ValueError(f"{name} {value!r}, expected a whole number from {smallest}")
