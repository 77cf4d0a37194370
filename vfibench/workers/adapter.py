"""Workers as adapters: started, greeted, asked, and started again when they fail."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.contracts import AdapterCard, Padding
from vfibench.errors import SampleError, VfibenchError
from vfibench.workers.process import Worker, WorkerFailed

if TYPE_CHECKING:
    import torch

EXEC = "exec:"
PATIENCE = 600.0  # seconds a worker may take for one answer; VFIBENCH_WORKER_TIMEOUT says otherwise
DOCS = "see docs/workers.md"
FACTS = ("title", "paper", "year", "licence", "inputs", "times", "scale", "padding", "training_data")


class ExecAdapter:
    """An adapter whose network runs in a worker process.

    Args:
        command: the command line, split as a shell would, run without one.
    """

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)
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
            SampleError: the worker died, hung or refused; the next call starts it again.
        """
        if self._worker is None or not self._worker.alive:
            self._worker = self._started()
        try:
            made, seconds = self._worker.ask(frames.float().cpu(), times)
        except WorkerFailed as error:
            self._worker = None
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
    return seconds


def greet(command: str) -> tuple[AdapterCard, str]:
    """Start a worker once to learn its card, and a hash of what identifies it.

    Returns:
        The card, and the sha256 over the command, the greeting and every file named in the command.

    Raises:
        VfibenchError: it cannot be started, does not greet, or its greeting is no card.
    """
    try:
        words = shlex.split(command)
        worker = Worker(words, patience()) if words else None
    except (WorkerFailed, ValueError) as error:
        raise VfibenchError(f"{EXEC}{command}: {error}", DOCS) from error
    if worker is None:
        raise VfibenchError(f"expected a command after {EXEC!r}, found none", DOCS)
    worker.end()
    digest = hashlib.sha256(json.dumps([words, worker.greeting], sort_keys=True).encode())
    for word in words:
        if Path(word).is_file():
            digest.update(hashlib.sha256(Path(word).read_bytes()).digest())
    return card_of(worker.greeting, command), digest.hexdigest()


def card_of(greeting: Mapping[str, Any], command: str) -> AdapterCard:
    """The card a worker describes itself with; the same words as AdapterCard's fields.

    Raises:
        VfibenchError: an unknown or missing word, or a value of the wrong kind.
    """
    facts = {key: value for key, value in greeting.items() if key != "vfibench"}
    unknown = set(facts) - {"name", *FACTS}
    if unknown or not isinstance(facts.get("name"), str):
        found = f"unknown {', '.join(sorted(unknown))}" if unknown else "no name"
        raise VfibenchError(
            f"expected a greeting with name and any of {', '.join(FACTS)}, found {found}", DOCS
        )
    try:
        facts["inputs"] = tuple(int(count) for count in facts.get("inputs", [2]))
        facts["padding"] = Padding(**facts.get("padding", {}))
        if facts.get("times", "midpoint") not in {"midpoint", "any", "halves"}:
            raise ValueError(f"times {facts['times']!r}")
        facts.setdefault("title", command)
        return AdapterCard(target="vfibench.workers.adapter:ExecAdapter", **facts)
    except (TypeError, ValueError) as error:
        words = ", ".join(field.name for field in fields(Padding))
        expected = f"inputs as numbers, times midpoint, any or halves, padding of {words}"
        raise VfibenchError(f"expected {expected}; found {error}", DOCS) from error
