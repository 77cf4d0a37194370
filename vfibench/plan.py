"""From a request in words to jobs that can run: every check that can be made before the first frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vfibench.cells import Cell
from vfibench.contracts import AdapterCard, Dataset, DatasetCard, DatasetOptions, MetricCard, Padding
from vfibench.errors import VfibenchError
from vfibench.methods import Method, card_facts, resolve, split_weights
from vfibench.metrics.protocols import Protocol, get_protocol
from vfibench.predictors import AUTOCAST, is_dyadic, prediction_paths
from vfibench.registry import DATASETS, METRICS, load_target
from vfibench.selection import data_root

DEFAULT_METHODS = ("blend", "nearest")
DEFAULT_DATASETS = ("synthetic",)
DEFAULT_METRICS = ("ssim3d", "ie", "lpips")


@dataclass(frozen=True)
class Request:
    """What a user asked for; the fields are the options of `vfibench run`.

    Attributes:
        methods, datasets: names; every method runs on every dataset.
        metrics: columns beside the protocol's own; None is the default set, in which columns whose
            backbone is missing stay empty; named columns must be available.
        definitions: further definitions, or ("all",).
        protocol: name of the protocol.
        weights: "FILE" or "NAME=FILE".
        variant: settings on the method's card.
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
    variant: str = ""
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
    times: tuple[float, ...]
    backbones: Path | None = None

    @property
    def planned(self) -> int:
        """Frames (sample, time) to score."""
        return len(self.dataset) * len(self.times)


@dataclass
class Planner:
    """Turns a request into jobs, opening each (dataset, input frames) once."""

    request: Request
    _opened: dict[tuple[str, int], Dataset] = field(default_factory=dict)
    _missing: dict[str, str] = field(default_factory=dict)

    def jobs(self) -> list[Job]:
        """All jobs, method by method.

        Raises:
            VfibenchError: anything in the request is wrong, missing or impossible.
        """
        request = self.request
        if request.precision not in AUTOCAST:
            raise VfibenchError(f"expected precision {' | '.join(AUTOCAST)}, found {request.precision!r}")
        if request.batch_size < 1:
            raise VfibenchError(f"expected a batch size of 1 or more, found {request.batch_size}")
        check_device(request.device)
        protocol = get_protocol(request.protocol)
        weights = split_weights(list(request.weights), list(request.methods))
        methods = [resolve(name, weights.get(name), request.variant) for name in request.methods]
        cards = [dataset_card(name) for name in request.datasets]
        columns = {
            name: self._columns(protocol, card.name)
            for name, card in zip(request.datasets, cards, strict=True)
        }
        return [
            self._job(method, name, protocol, columns[name])
            for method in methods
            for name in request.datasets
        ]

    def _columns(self, protocol: Protocol, dataset: str) -> tuple[str, ...]:
        """The protocol's columns, then what was asked for; fills in what cannot be had."""
        request = self.request
        extra = list(DEFAULT_METRICS if request.metrics is None else request.metrics)
        wanted = [*protocol.columns(dataset), *extra, *definition_columns(request.definitions)]
        for name in wanted:
            METRICS.card(name)
        wanted = list(dict.fromkeys(wanted))
        self._missing |= unavailable_columns(wanted, request.backbones)
        for name in request.metrics or ():
            if name in self._missing:
                raise VfibenchError(f"the metric {name} is not available: {self._missing[name]}")
        return tuple(name for name in wanted if name not in self._missing)

    def _dataset(self, name: str, inputs: int) -> Dataset:
        if (name, inputs) not in self._opened:
            request = self.request
            options = DatasetOptions(
                request.data_root, inputs, request.partial, request.list_file, factor=request.factor
            )
            self._opened[name, inputs] = open_dataset(name, options)
        return self._opened[name, inputs]

    def _job(self, method: Method, name: str, protocol: Protocol, columns: tuple[str, ...]) -> Job:
        request = self.request
        card = dataset_card(name)
        inputs = common_inputs(method.card, card)
        dataset = self._dataset(name, inputs)
        times = dataset_times(dataset)
        check_times(method.card, card, times, inputs)
        padding = effective_padding(method.card, protocol)
        if method.folder is not None:
            check_predictions(method.folder, dataset, times)
        settings = {
            "weights_sha256": method.weights_sha256,
            "variant": method.variant,
            "inputs": inputs,
            "recursion": method.card.times == "midpoint" and times != (0.5,),
            "precision": request.precision,
            "device": request.device.partition(":")[0],
            "batch_size": request.batch_size,
            "padding": asdict(padding),
            "predictions": folder_hash(method.folder) if method.folder else None,
            "selection": dataset.selection.kind,
            "list_sha256": dataset.selection.sha256,
            "times": list(times),
            "files": getattr(dataset, "fingerprint", None),
            "metrics": {column: METRICS.card(column).version for column in columns},
        }
        facts = {
            "method": card_facts(method.card) | {"weights": method.weights.name if method.weights else None},
            "dataset": {"title": card.title, "task": card.task, "licence": card.licence},
            "protocol": {"title": protocol.title, "source": protocol.source},
        }
        missing = {
            column: why for column, why in self._missing.items() if column in self._wanted(protocol, card)
        }
        return Job(
            cell=Cell(method.label, name, protocol.name, settings, facts),
            method=method,
            dataset=dataset,
            columns=columns,
            unavailable=missing,
            padding=padding,
            precision=request.precision,
            batch_size=request.batch_size,
            times=times,
            backbones=request.backbones,
        )

    def _wanted(self, protocol: Protocol, card: DatasetCard) -> set[str]:
        chosen = DEFAULT_METRICS if self.request.metrics is None else self.request.metrics
        return {*protocol.columns(card.name), *chosen, *definition_columns(self.request.definitions)}


def dataset_card(name: str) -> DatasetCard:
    """The card of "ucf101" or of "clip:DIR".

    Raises:
        VfibenchError: unknown, or an argument is missing or too many.
    """
    word, colon, argument = name.partition(":")
    card = DATASETS.card(word)
    if card.argument and not argument:
        raise VfibenchError(f"expected {word}:{card.argument}, found {name!r}", "name the folder")
    if colon and not card.argument:
        raise VfibenchError(f"{word} takes no argument, found {name!r}", f"write -d {word}")
    return card


def open_dataset(name: str, options: DatasetOptions) -> Dataset:
    """Open a dataset by name; see DatasetOptions. The root falls back to VFIBENCH_DATA.

    Raises:
        VfibenchError: unknown name, missing root, missing files, unsupported number of inputs.
    """
    card = dataset_card(name)
    if options.inputs not in card.inputs:
        raise VfibenchError(f"{card.name} gives {card.inputs} input frames, asked for {options.inputs}")
    options = replace(options, root=data_root(options.root), argument=name.partition(":")[2])
    dataset: Dataset = load_target(card.target)(options)
    if len(dataset) == 0:
        raise VfibenchError(f"expected samples in {name}, found none", "see `vfibench doctor --dataset`")
    return dataset


def dataset_times(dataset: Dataset) -> tuple[float, ...]:
    """Target times of a dataset object: its own `times` where it has them, else the card's."""
    times: tuple[float, ...] = getattr(dataset, "times", dataset.card.times)
    return times


def common_inputs(method: AdapterCard, dataset: DatasetCard) -> int:
    """The largest number of input frames both sides know.

    Raises:
        VfibenchError: there is none.
    """
    common = set(method.inputs) & set(dataset.inputs)
    if not common:
        raise VfibenchError(
            f"{method.name} takes {_numbers(method.inputs)} input frames, "
            f"{dataset.name} gives {_numbers(dataset.inputs)}",
            "choose another dataset",
        )
    return max(common)


def _numbers(values: Sequence[int]) -> str:
    return " or ".join(map(str, values))


def check_times(method: AdapterCard, dataset: DatasetCard, times: Sequence[float], inputs: int) -> None:
    """VfibenchError where a mid-point method cannot reach the dataset's times."""
    if method.times == "any" or tuple(times) == (0.5,):
        return
    if inputs != 2 or not all(is_dyadic(time) for time in times):
        raise VfibenchError(
            f"{method.name} predicts the mid-point only, {dataset.name} asks for {len(times)} times",
            "choose --factor 2 or a dataset of triplets",
        )


def effective_padding(method: AdapterCard, protocol: Protocol) -> Padding:
    """The protocol's rule, with a multiple the network accepts."""
    if protocol.padding is None:
        return method.padding
    return replace(protocol.padding, multiple=math.lcm(protocol.padding.multiple, method.padding.multiple))


def check_device(device: str) -> None:
    """VfibenchError where torch cannot use the device."""
    import torch

    kind, _, index = device.partition(":")
    if kind not in {"cpu", "cuda"} or (index and not index.isdigit()):
        raise VfibenchError(f"expected --device cpu, cuda or cuda:N, found {device!r}")
    if kind == "cuda":
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(index or 0) >= found:
            raise VfibenchError(
                f"expected a CUDA device for --device {device}, found {found}",
                "use --device cpu, or install a CUDA build of torch and a driver",
            )


def definition_columns(definitions: Sequence[str]) -> list[str]:
    """Columns of named definitions; "all" is every one.

    Raises:
        VfibenchError: unknown, with the nearest names.
    """
    known: dict[str, list[str]] = {"vfibench": ["psnr", "ssim"]}
    for name in METRICS.names():
        _, at, definition = name.partition("@")
        if at:
            known.setdefault(definition, []).append(name)
    if "all" in definitions:
        return [column for name, columns in known.items() if name != "dvf" for column in columns]
    columns: list[str] = []
    for name in definitions:
        if name not in known:
            import difflib

            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "see `vfibench list definitions`"
            raise VfibenchError(f"unknown definition {name!r}", hint)
        columns += known[name]
    return columns


def unavailable_columns(columns: Sequence[str], backbones: Path | None) -> dict[str, str]:
    """Columns that cannot be computed here, with the reason."""
    optional = [name for name in columns if METRICS.card(name).optional]
    if not optional:
        return {}
    from vfibench.metrics.scorer import unavailable

    return dict(unavailable(optional, backbones))


def check_predictions(folder: Path, dataset: Dataset, times: Sequence[float]) -> None:
    """VfibenchError naming the first missing prediction of frames:DIR, and how many are."""
    missing: list[str] = []
    for sample in dataset.ids:
        try:
            prediction_paths(folder, sample, times)
        except VfibenchError as error:
            missing.append(error.message)
    if missing:
        raise VfibenchError(
            f"{missing[0]} ({len(missing)} of {len(dataset)} samples lack one)", "complete the folder"
        )


def folder_hash(folder: Path) -> str:
    """SHA-256 over names and contents of the pictures of frames:DIR."""
    import hashlib

    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.png")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def column_facts(columns: Sequence[str]) -> dict[str, Any]:
    """Title, version, unit and direction of each column, for run.json."""

    def facts(card: MetricCard) -> dict[str, Any]:
        return {"title": card.title, "version": card.version, "unit": card.unit, "better": card.better}

    return {name: facts(METRICS.card(name)) for name in columns}
