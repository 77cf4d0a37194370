"""From a request in words to jobs that can run: every check that can be made before the first frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from vfibench.cells import Cell
from vfibench.checks import (
    check_count,
    check_device,
    check_predictions,
    check_scale,
    check_times,
    common_inputs,
    effective_padding,
    open_dataset,
    predictions_hash,
)
from vfibench.columns import check_masks, unavailable_columns, wanted_columns
from vfibench.contracts import Dataset, DatasetOptions, Padding
from vfibench.errors import VfibenchError
from vfibench.methods import Method, card_facts, resolve, split_weights
from vfibench.metrics.protocols import Protocol, get_protocol
from vfibench.predictors import AUTOCAST
from vfibench.registry import METRICS, dataset_card

DEFAULT_METHODS = ("blend", "nearest")
DEFAULT_DATASETS = ("synthetic",)


@dataclass(frozen=True)
class Request:
    """What a user asked for; the fields are the options of `vfibench run`.

    Attributes:
        methods, datasets: names; every method ("NAME@VARIANT" too) runs on every dataset.
        metrics: columns beside the protocol's own; None is the default set, in which columns whose
            backbone is missing stay empty; named columns must be available.
        definitions: further definitions, or ("all",).
        protocol: name of the protocol.
        weights: "FILE" or "NAME=FILE".
        data_root, partial, list_file, factor: see DatasetOptions.
        device: "cpu", "cuda", "cuda:1".
        precision: "fp32", "fp16" or "bf16".
        batch_size: samples a call.
        backbones: folder of LPIPS backbones.
    """

    methods: Sequence[str] = DEFAULT_METHODS
    datasets: Sequence[str] = DEFAULT_DATASETS
    metrics: Sequence[str] | None = None
    definitions: Sequence[str] = ()
    protocol: str = "vfibench"
    weights: Sequence[str] = ()
    data_root: Path | None = None
    partial: bool = False
    list_file: Path | None = None
    factor: int | None = None
    device: str = "cpu"
    precision: str = "fp32"
    batch_size: int = 4
    backbones: Path | None = None


@dataclass(frozen=True)
class Job:
    """One cell with the objects that score it."""

    cell: Cell
    method: Method
    dataset: Dataset
    columns: tuple[str, ...]
    unavailable: dict[str, str]
    padding: Padding
    precision: str
    batch_size: int
    backbones: Path | None = None

    @property
    def times(self) -> tuple[float, ...]:
        """Target times of every sample."""
        return self.dataset.times

    @property
    def planned(self) -> int:
        """Frames (sample, time) to score."""
        return len(self.dataset) * len(self.times)


@dataclass
class Planner:
    """Turns a request into jobs, opening each (dataset, input frames) once."""

    request: Request
    _opened: dict[tuple[str, int], Dataset] = field(default_factory=dict)

    def jobs(self) -> list[Job]:
        """All jobs, method by method.

        Raises:
            VfibenchError: anything in the request is wrong, missing or impossible.
        """
        request = self.request
        check_numbers(request)
        check_device(request.device)
        protocol = get_protocol(request.protocol)
        words = list(dict.fromkeys(request.methods))  # a name given twice is meant once
        weights = split_weights(list(request.weights), words)
        methods = [resolve(name, weights.get(name)) for name in words]
        wanted = {name: self._wanted(name, protocol) for name in request.datasets}
        missing = self._unavailable({column for columns in wanted.values() for column in columns})
        jobs = [
            self._job(method, name, protocol, columns, missing)
            for method in methods
            for name, columns in wanted.items()
        ]
        self._try_weights(methods)
        return jobs

    def _wanted(self, name: str, protocol: Protocol) -> tuple[str, ...]:
        """The columns of one dataset."""
        request, card = self.request, dataset_card(name)
        columns = wanted_columns(protocol, card.name, request.metrics, request.definitions)
        check_masks(columns, card)
        return columns

    def _try_weights(self, methods: Sequence[Method]) -> None:
        """Load the weights of every method but the first, whose own cell starts with that, and let go.

        Else a wrong file would be found when its cell starts, after hours of scoring the methods before.
        """
        for method in methods[1:]:
            if method.weights is not None:
                method.open(torch.device(self.request.device))

    def _unavailable(self, columns: set[str]) -> dict[str, str]:
        """Columns that stay empty, with the reason; an error where one was asked for by name."""
        missing = unavailable_columns(sorted(columns), self.request.backbones)
        for name in self.request.metrics or ():
            if name in missing:
                raise VfibenchError(f"the metric {name} is not available: {missing[name]}")
        return missing

    def _dataset(self, name: str, inputs: int) -> Dataset:
        if (name, inputs) not in self._opened:
            asked = self.request
            options = DatasetOptions(
                asked.data_root, inputs, asked.partial, asked.list_file, factor=asked.factor
            )
            self._opened[name, inputs] = open_dataset(name, options)
        return self._opened[name, inputs]

    def _job(
        self, method: Method, name: str, protocol: Protocol, wanted: tuple[str, ...], missing: dict[str, str]
    ) -> Job:
        request, card = self.request, dataset_card(name)
        check_scale(method.card)
        dataset = self._dataset(name, common_inputs(method.card, card))
        check_times(method.card, card, dataset.times)
        if method.folder is not None:
            check_predictions(method.folder, dataset)
        padding = effective_padding(method.card, protocol)
        columns = tuple(column for column in wanted if column not in missing)
        settings = score_settings(request, method, dataset, padding, columns)
        facts = {
            "method": card_facts(method.card) | {"weights": method.weights.name if method.weights else None},
            "dataset": {"title": card.title, "task": card.task, "licence": card.licence},
            "protocol": {"title": protocol.title, "source": protocol.source},
        }
        return Job(
            cell=Cell(method.label, name, protocol.name, settings, facts),
            method=method,
            dataset=dataset,
            columns=columns,
            unavailable={column: why for column, why in missing.items() if column in wanted},
            padding=padding,
            precision=request.precision,
            batch_size=request.batch_size,
            backbones=request.backbones,
        )


def score_settings(
    request: Request, method: Method, dataset: Dataset, padding: Padding, columns: Sequence[str]
) -> dict[str, Any]:
    """Everything that can change a score, JSON-able: a change in any of it makes another cell."""
    return {
        "weights_sha256": method.weights_sha256,
        "variant": method.variant,
        "inputs": common_inputs(method.card, dataset.card),
        "recursion": method.card.times == "midpoint" and dataset.times != (0.5,),
        "precision": request.precision,
        "device": request.device.partition(":")[0],
        "batch_size": request.batch_size,
        "padding": asdict(padding),
        "predictions": predictions_hash(method.folder, dataset) if method.folder else None,
        "selection": dataset.selection.kind,
        "list_sha256": dataset.selection.sha256,
        "files": getattr(dataset, "fingerprint", None),
        "times": list(dataset.times),
        "metrics": {column: METRICS.card(column).version for column in columns},
    }


def check_numbers(request: Request) -> None:
    """VfibenchError for an unknown precision or an empty batch."""
    if request.precision not in AUTOCAST:
        raise VfibenchError(f"expected precision {' | '.join(AUTOCAST)}, found {request.precision!r}")
    check_count("--batch-size", request.batch_size, 1)
