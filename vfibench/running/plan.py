"""From a request in words to jobs that can run: every check that can be made before the first frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from vfibench.contracts import DatasetOptions, Padding
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.opening import open_dataset
from vfibench.errors import VfibenchError
from vfibench.methods.assigning import split_weights
from vfibench.methods.padding import effective_padding
from vfibench.methods.resolving import Method, card_facts, resolve
from vfibench.metrics.columns import backbone_hashes, check_masks, unavailable_columns, wanted_columns
from vfibench.metrics.protocols import Protocol, get_protocol
from vfibench.published.beside import published_facts
from vfibench.registry import BUILT_IN, DATASETS, METRICS, dataset_card
from vfibench.running.checks import check_count, check_labels, check_predictions, predictions_hash
from vfibench.running.scale_fitting import Fit, check_times, fit, stored_fit
from vfibench.running.sizes import too_small_for
from vfibench.store.cells import Cell
from vfibench.store.facts import CellFacts, DatasetFacts, ProtocolFacts
from vfibench.store.settings import Settings
from vfibench.system.devices import chosen_device
from vfibench.system.precision import check_precision
from vfibench.system.sources import source_sha256
from vfibench.version import SCORING

DEFAULT_METHODS = ("blend", "nearest", "superslomo-starter", "convlstm-starter", "rife-starter")
DEFAULT_DATASETS = ("synthetic",)


@dataclass(frozen=True)
class Request:
    """What a user asked for; the fields are the options of `vfibench run`.

    Attributes:
        methods, datasets: names; every method ("NAME@VARIANT" too) runs on every dataset.
        metrics: columns beside the protocol's own; None is the default set, in which columns whose
            backbone is missing stay empty; named columns must be available, and the pictures large enough.
        definitions: further definitions, or ("all",).
        protocol: name of the protocol.
        weights: "FILE" or "NAME=FILE".
        data_root, partial, list_file, factor: see DatasetOptions.
        device: "cpu", "cuda", "cuda:1", or "" for the best there is; see `chosen_device`.
        precision: "fp32", "tf32" (CUDA), "fp16" or "bf16".
        batch_size: samples a call.
        backbones: folder of LPIPS backbones.
        compiled: run networks through torch.compile.
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
    compiled: bool = False

    @property
    def place(self) -> torch.device:
        """The device that `device` stands for; a CUDA device has its index.

        Raises:
            VfibenchError: there is no such device.
        """
        return chosen_device(self.device)


@dataclass(frozen=True)
class Job:
    """One cell with the objects that score it."""

    cell: Cell
    method: Method
    dataset: OpenedDataset
    columns: tuple[str, ...]
    unavailable: dict[str, str]
    padding: Padding
    fit: Fit
    precision: str
    batch_size: int
    backbones: Path | None = None
    compiled: bool = False

    @property
    def times(self) -> tuple[float, ...]:
        """Target times of a sample, or what they are taken from (see `times_of`)."""
        return self.dataset.times

    def times_of(self, index: int) -> tuple[float, ...]:
        """Target times of sample `index`."""
        return self.dataset.times_of(index)

    @property
    def planned(self) -> int:
        """Frames (sample, time) to score."""
        return sum(len(self.times_of(index)) for index in range(len(self.dataset)))


@dataclass
class Planner:
    """Turns a request into jobs, opening each (dataset, input frames) once."""

    request: Request
    _opened: dict[tuple[str, int], OpenedDataset] = field(default_factory=dict)
    _small: dict[tuple[str, int, tuple[str, ...]], dict[str, str]] = field(default_factory=dict)

    def jobs(self) -> list[Job]:
        """All jobs, method by method.

        Raises:
            VfibenchError: anything in the request is wrong, missing or impossible.
        """
        request = self.request
        check_numbers(request)
        place = request.place
        protocol = get_protocol(request.protocol)
        words = list(dict.fromkeys(request.methods))  # a name given twice is meant once
        weights = split_weights(list(request.weights), words)
        methods = [resolve(name, weights.get(name)) for name in words]
        check_labels(words, methods)
        wanted = {name: self._wanted(name, protocol) for name in request.datasets}
        missing = self._unavailable({column for columns in wanted.values() for column in columns})
        jobs = [
            self._job(method, name, protocol, columns, missing)
            for method in methods
            for name, columns in wanted.items()
        ]
        self._try_weights(methods, place)
        distinct: dict[str, Job] = {}
        for job in jobs:  # a folder spelt in two ways is one
            distinct.setdefault(job.cell.name, job)
        return list(distinct.values())

    def _wanted(self, name: str, protocol: Protocol) -> tuple[str, ...]:
        """The columns of one dataset."""
        request, card = self.request, dataset_card(name)
        columns = wanted_columns(protocol, card, request.metrics, request.definitions)
        check_masks(columns, card)
        return columns

    def _try_weights(self, methods: Sequence[Method], place: torch.device) -> None:
        """Load the weights of every method but the first, whose own cell starts with that, and let go.

        Else a wrong file would be found when its cell starts, after hours of scoring the methods before.
        """
        for method in methods[1:]:
            if method.weights is not None:
                method.open(place)

    def _unavailable(self, columns: set[str]) -> dict[str, str]:
        """Columns that stay empty, with the reason; an error where one was asked for by name."""
        missing = unavailable_columns(sorted(columns), self.request.backbones)
        for name in self.request.metrics or ():
            if name in missing:
                raise VfibenchError(f"the metric {name} is not available: {missing[name]}")
        return missing

    def _too_small(self, columns: tuple[str, ...], name: str, inputs: int) -> dict[str, str]:
        """Columns that a dataset's pictures are too small for; an error where one was asked for by name."""
        if (name, inputs, columns) not in self._small:
            self._small[name, inputs, columns] = too_small_for(columns, self._dataset(name, inputs))
        found = self._small[name, inputs, columns]
        for column in self.request.metrics or ():
            if column in found:
                raise VfibenchError(
                    f"the metric {column} cannot be computed on {name}: {found[column]}", "leave it out"
                )
        return found

    def _dataset(self, name: str, inputs: int) -> OpenedDataset:
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
        fitted = fit(method.card, card) if method.folder is None else stored_fit(card)
        dataset = self._dataset(name, fitted.reads)
        check_runs_here(request, method)
        if method.folder is None:
            check_times(method.card, card, fitted, dataset.times)
        else:
            check_predictions(method.folder, dataset)
        padding = effective_padding(method, protocol)
        missing = missing | self._too_small(wanted, name, fitted.reads)
        columns = tuple(column for column in wanted if column not in missing)
        if not columns:
            raise nothing_to_score(name, missing)
        settings = score_settings(request, method, dataset, fitted, padding, columns)
        published = published_facts(method.card, card.name, method.variant)
        weights = method.weights.name if method.weights else None
        label = dataset.label or name
        facts = CellFacts(
            card_facts(method.card, weights, published),
            DatasetFacts(
                card.title, card.task, card.licence, "" if label == name else name, dataset.decoding
            ),
            ProtocolFacts(protocol.title, protocol.source),
        )
        return Job(
            cell=Cell(method.label, label, protocol.name, settings, facts),
            method=method,
            dataset=dataset,
            columns=columns,
            unavailable={column: why for column, why in missing.items() if column in wanted},
            padding=padding,
            fit=fitted,
            precision=request.precision,
            batch_size=request.batch_size,
            backbones=request.backbones,
            compiled=request.compiled,
        )


def nothing_to_score(dataset: str, missing: Mapping[str, str]) -> VfibenchError:
    """The error where no column is left."""
    column, reason = next(iter(missing.items()))
    return VfibenchError(
        f"no metric can be computed on {dataset}; {column}: {reason}", "add one with --metric"
    )


def score_settings(
    request: Request,
    method: Method,
    dataset: OpenedDataset,
    fitted: Fit,
    padding: Padding,
    columns: Sequence[str],
) -> Settings:
    """Everything that can change a score: a change in any of it makes another cell."""
    return Settings(
        weights_sha256=method.weights_sha256,
        variant=method.variant,
        inputs=fitted.reads,
        recursion=method.card.times == "midpoint" and any(time % 0.5 for time in dataset.times),
        precision=request.precision,
        device=request.place.type,
        batch_size=request.batch_size,
        padding=padding,
        predictions=predictions_hash(method.folder, dataset) if method.folder else None,
        worker=method.worker_sha256,
        selection=dataset.selection.kind,
        list_sha256=dataset.selection.sha256,
        files=dataset.fingerprint,
        times=tuple(map(float, dataset.times)),
        metrics={column: METRICS.card(column).version for column in columns},
        reduced=fitted.reduced,
        enlarged=fitted.enlarged,
        compiled=request.compiled,
        scoring=SCORING,
        code=method.code_sha256,
        plugins=plugin_hashes(dataset.card.name, columns),
        backbones=backbone_hashes(columns, request.backbones),
    )


def plugin_hashes(dataset: str, columns: Sequence[str]) -> dict[str, str]:
    """Hashes of the code of a dataset and of metrics that are not built in: "dataset" and by column."""
    targets = {
        column: METRICS.card(column).target for column in columns if METRICS.origin(column) != BUILT_IN
    }
    if DATASETS.origin(dataset) != BUILT_IN:
        targets["dataset"] = DATASETS.card(dataset).target
    found = {name: source_sha256(target) for name, target in targets.items()}
    return {name: digest for name, digest in found.items() if digest is not None}


def check_runs_here(request: Request, method: Method) -> None:
    """VfibenchError for precision or compilation of a method whose network is not run here."""
    if not (method.folder or method.command) or (request.precision == "fp32" and not request.compiled):
        return
    asked = "--compile" if request.compiled else f"--precision {request.precision}"
    raise VfibenchError(
        f"{asked} does not reach {method.label}, whose network runs elsewhere", "leave it out"
    )


def check_numbers(request: Request) -> None:
    """VfibenchError for a precision that is unknown or not the device's, or an empty batch."""
    check_precision(request.precision, request.place)
    check_count("--batch-size", request.batch_size, 1)
