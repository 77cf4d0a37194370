"""What a method, a dataset, a metric and a page must be: frozen facts (cards) and small protocols.

Nothing heavy is imported here, so that listing a thousand methods costs nothing. Words used throughout:
B samples, N input frames, T target times, s a scale. A time is a fraction of the middle interval: 0.5 is
the midpoint, and input frame k of N stands at k - (N/2 - 1), so four frames stand at -1, 0, 1, 2.

`Adapter`, `Dataset`, `Metric` and `Page` are what each kind of plugin must have. What one may have besides is
named here too, a Protocol for each member, and the harness looks for nothing else: `Carded` on any; on an
adapter `TimedAdapter` and `ClipAdapter`; on a dataset `Fingerprinted`, `TimesOf`, `Rooted`, `Remarked` and
`Truthful`; on a dataset's factory `Inventoried`. `vfibench verify` checks all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]
    Float32Array = npt.NDArray[np.float32]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Padding:
    """How frames are enlarged before a network sees them; the result is cropped back to the pixel.

    Attributes:
        multiple: height and width become multiples of this.
        mode: "replicate" and "reflect" continue the picture, "constant" fills with `value`.
        place: "end" pads bottom and right, "centred" both sides (the odd pixel at the end).
        extra: pixels added on every side before rounding up to the multiple.
        extra_when_fitting: pixels added at both ends of a side that nothing else would be added to; such a
            side may then be no multiple, which the network must allow (DAIN's rule: 32 for 128).
        value: fill colour in [0, 1], RGB, for mode "constant" ((0, 0, 0) is the papers' "zero").
    """

    multiple: int = 1
    mode: Literal["replicate", "reflect", "constant"] = "replicate"
    place: Literal["end", "centred"] = "end"
    extra: int = 0
    value: tuple[float, float, float] = (0.0, 0.0, 0.0)
    extra_when_fitting: int = 0


@dataclass(frozen=True)
class WeightFile:
    """One file of trained weights as its authors released it.

    Attributes:
        name: the official file name, such as "superslomo-r.pt".
        url: where it is, "" where none was released; a page for a person when `by_hand`, else a direct link,
            a Google Drive link of one file, "hf://OWNER/REPOSITORY/FILE@REVISION" on the Hugging Face hub, or
            "package:PACKAGE/PATH" for a file that comes with an installed package, whose `sha256` is told.
        by_hand: True where the link needs a browser.
        sha256: hex digest where known, else None (it is then pinned on first use).
        size: bytes where known, else None.
        member: name inside the file where `url` is a zip archive, such as "train_log/flownet.pkl".
        structure: what is inside, in some words, shown where another file is offered and does not load.
        licence: terms of the weights, where they differ from the code's.
    """

    name: str
    url: str
    by_hand: bool = True
    sha256: str | None = None
    size: int | None = None
    member: str = ""
    structure: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Variant:
    """Named settings of a method by resolution or taste, asked for as "METHOD@NAME".

    Attributes:
        about: one line: what it changes and who uses it on what.
        settings: keyword arguments of the Adapter's constructor.
        padding: instead of the card's, where the settings change what the network needs.
    """

    about: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    padding: Padding | None = None


@dataclass(frozen=True)
class PublishedScore:
    """A score as printed in a paper or README.

    Attributes:
        dataset: our name of the dataset, or the source's where we have none.
        metric: what was measured, "psnr" or "ssim", without its definition.
        definition: whose, such as "rife".
        value: the figure.
        source: where it is printed; "(second-hand)" where that place quotes another.
        variant: of the method's settings, "" for the default.
        weights: file name of the weights, "" for the first on the card.
        level: of averaging: over frames, or over the means of clips.
        note: what makes it another measurement than ours in any case, "" for nothing.
        printed: the figure as it is printed, such as "0.9780", whose digits `value` cannot hold; "" for those
            of `value`. Its last digit says how exactly it is known (`vfibench.published.beside`).
        protocol: whose frames and padding it was made with, "" for those of the definition's own.
    """

    dataset: str
    metric: str
    definition: str
    value: float
    source: str
    variant: str = ""
    weights: str = ""
    level: Literal["frame", "clip"] = "frame"
    note: str = ""
    printed: str = ""
    protocol: str = ""


@dataclass(frozen=True)
class AdapterCard:
    """The facts of a method, without importing its network.

    Attributes:
        name: the word on the command line, such as "convlstm".
        target: "package.module:Class" of the Adapter, imported on use.
        title: one line for tables and pages.
        paper, year, licence, code_url: where the method comes from.
        weights: released files, best first; empty for a method that learns nothing.
        inputs: numbers of input frames it accepts, its usual one first: that one is used where the dataset
            offers it, else the largest that both know.
        times: "any" time in (0, 1); only the "midpoint" (other dyadic times by recursion); or "halves",
            every multiple of 1/2 from the first input frame to the last, both included (-1, -0.5 ... 2 for
            four frames), as space-time super-resolution gives them.
        scale: output height / input height; 4 for space-time super-resolution.
        padding: what the network needs (multiple) and how its own evaluation padded (the rest).
        variants: named settings, such as {"scale-half": Variant("for 2K", {"scale": 0.5})}.
        training_data: what the released weights have seen.
        notes: what a reader of its scores should know, such as how its own evaluation treats sizes.
        published: published scores.
        install_hint: the line that installs what the adapter needs beyond vfibench.
        trainable: "package.module:Class" of how it is trained (`vfibench.trainable.Trainable`), imported on
            use; "" for a method that cannot be trained here.
    """

    name: str
    target: str
    title: str = ""
    paper: str = ""
    year: int | None = None
    licence: str = ""
    code_url: str = ""
    weights: tuple[WeightFile, ...] = ()
    inputs: tuple[int, ...] = (2,)
    times: Literal["midpoint", "any", "halves"] = "midpoint"
    scale: int = 1
    padding: Padding = Padding()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    training_data: str = ""
    notes: str = ""
    published: tuple[PublishedScore, ...] = ()
    install_hint: str = ""
    trainable: str = ""

    @property
    def learned(self) -> bool:
        """Whether the method needs weights to mean anything."""
        return bool(self.weights)


@runtime_checkable
class Adapter(Protocol):
    """A method behind one interface. An instance holds weights and nothing else between calls.

    Padding, cropping, autocast, inference mode, timing, clamping and rounding are the harness's:
    an adapter receives frames whose sides are multiples of its card's and returns raw values.
    A class outside the catalogues carries its card, see `Carded`.
    """

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Build the network on `device`, once, untimed.

        Args:
            device: where `predict` will be given frames.
            weights: the checkpoint file, or None for the initial (random) parameters.

        Raises:
            VfibenchError: the file is not what the card describes.
        """

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """Interpolate.

        Args:
            frames: [B, N, 3, H, W], RGB, float32 in [0, 1] (or the autocast type's range).
            times: T times as the card's `times` allows, the same for all samples.

        Returns:
            [B, T, 3, scale * H, scale * W], RGB, nominally in [0, 1], neither clamped nor rounded; it may lie
            in memory that the next call uses again.
        """


@runtime_checkable
class Carded(Protocol):
    """Optional, on the class of an adapter, dataset or metric: its own card.

    What "package.module:Class" names is known by it; entry points may lead to such a class too. Metrics and
    datasets have it in any case.
    """

    card: AdapterCard | DatasetCard | MetricCard | PageCard


@runtime_checkable
class TimedAdapter(Protocol):
    """Optional, on an adapter whose network runs elsewhere, where the harness's clock does not reach."""

    def predict_timed(
        self, frames: torch.Tensor, times: Sequence[float]
    ) -> tuple[torch.Tensor, float | None]:
        """As `Adapter.predict`, which is then not called, by `vfibench run` and `vfibench speed`.

        Returns:
            The prediction, and the seconds that it took in the network, None where that is not known.
        """


@runtime_checkable
class ClipAdapter(Protocol):
    """Optional, on an adapter that can share work between the windows of consecutive frames."""

    def predict_clip(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        """Interpolate in every window of N frames, N the card's usual count; called by who has a whole clip.

        Args:
            frames: [F, 3, H, W] as for `Adapter.predict`, F >= N consecutive frames.
            times: T times, the same in each window.

        Returns:
            [F - N + 1, T, 3, scale * H, scale * W]; what `predict` gives for each window, to 1e-5.
        """


@dataclass(frozen=True)
class DatasetCard:
    """The facts of a dataset, without touching the disk.

    Attributes:
        name: the word on the command line; `prefix` datasets are asked for as "name:ARGUMENT".
        target: "package.module:factory", called with DatasetOptions, returns a Dataset.
        title: one line for tables.
        task: which frames go in and which come out, in one line.
        count: samples in the official list, None where the user decides.
        list_sha256: of the official sample ids (see `selection.list_hash`), None where there is none.
        inputs: numbers of input frames it can give.
        times: target times of each sample, where fixed; in (0, 1), or with a `scale` also the inputs' own
            and those between any two inputs, such as -1, -0.5 ... 2.
        scale: target height / input height; 4 for space-time super-resolution.
        folders: official folder names, looked for in this order under the data root.
        layout: the expected tree, several lines.
        source, size, licence, paper, notes: for `vfibench doctor` and pages.
        argument: the metavariable of the argument, such as "DIR" for "clip:DIR"; "" for none.
        builtin: True where nothing need be downloaded.
        masked: True where every sample has a mask, so that masked definitions apply.
    """

    name: str
    target: str
    title: str = ""
    task: str = ""
    count: int | None = None
    list_sha256: str | None = None
    inputs: tuple[int, ...] = (2,)
    times: tuple[float, ...] = (0.5,)
    scale: int = 1
    folders: tuple[str, ...] = ()
    layout: str = ""
    source: str = ""
    size: str = ""
    licence: str = ""
    paper: str = ""
    notes: str = ""
    argument: str = ""
    builtin: bool = False
    masked: bool = False


@dataclass(frozen=True)
class DatasetOptions:
    """What a user may say about a dataset; factories refuse what does not apply to them.

    Attributes:
        root: the data root (--data-root, else VFIBENCH_DATA), None where neither is given.
        inputs: number of input frames each sample shall have (one of the card's `inputs`).
        partial: accept a root that holds only part of the official list.
        list_file: score the ids in this file instead of the official list.
        argument: what follows the colon in "clip:DIR".
        factor: frame-rate factor (2, 4, 8) for folders of frames; None is the dataset's own.
    """

    root: Path | None = None
    inputs: int = 2
    partial: bool = False
    list_file: Path | None = None
    argument: str = ""
    factor: int | None = None


@dataclass(frozen=True)
class Selection:
    """Which samples a dataset object stands for, and against what they count.

    Attributes:
        kind: "official" (the whole list), "partial" (a part of it) or "own list".
        chosen: samples to be scored, n.
        official: samples in the official list, N; None where there is none, or where it names clips.
        sha256: hash of the chosen ids, in order.
    """

    kind: Literal["official", "partial", "own list"]
    chosen: int
    official: int | None
    sha256: str

    @property
    def ranked(self) -> bool:
        """Whether scores on this selection may stand in a ranked table."""
        return self.kind == "official"

    def __str__(self) -> str:
        """Such as "379 samples", "100 of 379 (partial)" or "12 samples (own list)"."""
        if self.kind == "partial" and self.official is not None:
            return f"{self.chosen} of {self.official} (partial)"
        return f"{self.chosen} samples" + ("" if self.kind == "official" else f" ({self.kind})")


@dataclass(frozen=True)
class Sample:
    """One decoded item.

    Attributes:
        id: unique in its dataset, stable, usable as a relative path.
        frames: [N, 3, H, W] uint8 RGB (any memory layout), at times k - (N/2 - 1).
        targets: [T, 3, s*H, s*W] uint8 RGB ground truth, s the card's scale.
        times: T target times in ascending order, all or some of the dataset's.
        tags: small facts to keep with the score, such as {"edge": "replicated"}.
        mask: [s*H, s*W] bool, True where pixels count, for datasets scored inside a mask; else None.
    """

    id: str
    frames: UInt8Array
    targets: UInt8Array
    times: tuple[float, ...]
    tags: Mapping[str, str | float | bool] = field(default_factory=dict)
    mask: BoolArray | None = None


@runtime_checkable
class Dataset(Protocol):
    """An ordered set of samples. Constructing one checks that every file it needs exists.

    `__getitem__` decodes; it is called from several threads at once and must hold no state. It raises
    VfibenchError naming the file where one cannot be read or has the wrong size. What it returns is checked
    against `Sample`, and a sample that is not one ends the run (`vfibench.datasets.sample_checking`).
    """

    @property
    def card(self) -> DatasetCard:
        """The facts; those that the dataset is listed with."""

    @property
    def selection(self) -> Selection:
        """Which samples these are."""

    @property
    def times(self) -> tuple[float, ...]:
        """Target times in ascending order, the same for every sample (else see `TimesOf`)."""

    @property
    def ids(self) -> Sequence[str]:
        """Sample ids in scoring order."""

    def __len__(self) -> int:
        """Number of samples, that is len(ids)."""

    def __getitem__(self, index: int) -> Sample:
        """Decode sample `index`."""


@runtime_checkable
class Fingerprinted(Protocol):
    """Optional, on a dataset: what tells that the contents of its files are no longer those that were scored.

    It is a setting of every cell, so that other contents make another cell, whose scores start anew. For a
    dataset without it the harness decodes some samples before each run and hashes them, see
    `vfibench.datasets.fingerprints`: a change in a sample that is not among them goes
    unnoticed, and the run says so.
    """

    @property
    def fingerprint(self) -> str | None:
        """The same on every machine while no picture changes; None where samples come from code alone."""


@runtime_checkable
class Labelled(Protocol):
    """Optional, on a dataset that is asked for with an argument: its name in results.

    Else that is the word as it was given, and the same folder spelt in two ways is two datasets.
    """

    @property
    def label(self) -> str:
        """The card's name, a colon, and what tells it apart, such as "clip:film" of "clip:./my/film"."""


@runtime_checkable
class TimesOf(Protocol):
    """Optional, on a dataset: its samples have some of its times only, so that no target is scored twice."""

    def times_of(self, index: int) -> tuple[float, ...]:
        """Target times of sample `index` without decoding it; asked for every sample before a run."""


@runtime_checkable
class Rooted(Protocol):
    """Optional, on a dataset of files: where they lie, for `vfibench doctor` and `vfibench verify`."""

    @property
    def root(self) -> Path:
        """The folder that holds every file of the dataset; the data root, or below it."""


@runtime_checkable
class Remarked(Protocol):
    """Optional, on a dataset: what a user should know of it, shown before a run and by the doctor."""

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences, such as "left out 40 of 379 triplets whose motion mask is empty"."""


@runtime_checkable
class Decoded(Protocol):
    """Optional, on a dataset whose pictures are not stored as RGB: how they become it, for run.json."""

    @property
    def decoding(self) -> str:
        """In words, with the decoder's version, such as "yuv420p, BT.709, limited range; PyAV 18.1.0"."""


class MotionTruth(Protocol):
    """Exact motion and visibility of a target's pixels.

    Attributes:
        flow0, flow1: [2, H, W], (x, y) in pixels, from the pixel to its place in either input around it.
        seen0, seen1: [H, W], True where that input shows the same surface point.
        mixed: [H, W], True where the pixel mixes surfaces, so that no input can be said to show it.
    """

    flow0: Float32Array
    flow1: Float32Array
    seen0: BoolArray
    seen1: BoolArray
    mixed: BoolArray


@runtime_checkable
class Truthful(Protocol):
    """Optional, on a dataset that knows motion and occlusion; elsewhere `vfibench strata` estimates them."""

    def truth(self, index: int, time: float) -> MotionTruth:
        """Of sample `index` at `time`, towards the inputs at t = 0 and 1."""


@dataclass(frozen=True)
class Count:
    """How much of an official set is there.

    Attributes:
        unit: what is counted, "samples" or "clips".
        found: those whose files all exist.
        total: those of the whole set.
    """

    unit: str
    found: int
    total: int

    def __str__(self) -> str:
        """Such as "3 of 11 clips"."""
        return f"{self.found} of {self.total} {self.unit}"


@dataclass(frozen=True)
class Inventory:
    """What a list asks for and what of it lies on disk; made without raising for missing files.

    Attributes:
        dataset: name of the dataset.
        looked_for: folders that would have been taken, in order.
        folder: the one that was found, None where there is none.
        ids: sample ids asked for, in scoring order.
        missing: the first missing file of each sample that is not complete, in scoring order.
        source: where the files are to be had.
        count: given where the ids do not tell how large the whole set is: it is defined by its clips, as
            long as they are on disk, or by a number of samples.
        faults: why files (or folders) of `missing` that are there count as missing.
    """

    dataset: str
    looked_for: tuple[Path, ...]
    folder: Path | None
    ids: tuple[str, ...]
    missing: Mapping[str, Path] = field(default_factory=dict)
    source: str = ""
    count: Count | None = None
    faults: Mapping[Path, str] = field(default_factory=dict)

    @property
    def tally(self) -> Count:
        """How much of the whole set is there: samples, unless the set is defined otherwise."""
        return self.count or Count("samples", len(self.present), len(self.ids))

    @property
    def present(self) -> list[str]:
        """Ids of the samples whose files all exist, in scoring order."""
        return [] if self.folder is None else [name for name in self.ids if name not in self.missing]


@runtime_checkable
class Inventoried(Protocol):
    """Optional, on a dataset's factory: what of the official list is there, for `vfibench doctor`.

    Without it the doctor opens the dataset, and shows the first complaint.
    """

    def inventory(self, root: Path) -> Inventory:
        """Look at an existing data root; no missing file is an error."""


@dataclass(frozen=True)
class MetricCard:
    """The facts of a metric under one definition.

    Attributes:
        name: the column, "psnr" or "psnr@rife"; the part after "@" is the definition.
        target: "package.module:factory" of the Metric, imported on use.
        version: raised whenever the figures change.
        title: the definition in one line, printed beside every number.
        unit: "dB" or "".
        better: which direction is better.
        optional: True where it needs a file that may be missing (LPIPS backbones).
        digits: decimals a mean is printed with, and by which ties are told; None for the usual ones: three
            for PSNR and interpolation error, four for any other kind.
        tolerance: what `vfibench check` lets a mean and a single frame lose, in the metric's own unit, where
            its policy says nothing else; None for the gate's defaults, which know the built-in kinds.
        smallest: pixels that the shorter side of a picture must have, such as 11 where a window is that wide.
    """

    name: str
    target: str
    version: int = 1
    title: str = ""
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    optional: bool = False
    digits: int | None = None
    tolerance: tuple[float, float] | None = None
    smallest: int = 1

    @property
    def kind(self) -> str:
        """What is measured, without the definition: "psnr" of "psnr@rife"."""
        return self.name.partition("@")[0]


@runtime_checkable
class Metric(Protocol):
    """A pure function of a prediction and its target.

    Clamping and rounding are part of the definition, so a metric gets the raw prediction.
    """

    card: MetricCard

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Score a batch.

        Args:
            predicted: [B, 3, H, W] float32, RGB, nominally in [0, 1], raw.
            target: [B, 3, H, W] uint8, RGB.

        Returns:
            [B] float64 (another floating type is converted) on their device; +inf where a PSNR is of two
            identical images, NaN where the definition gives no figure. Anything else ends the run. What it
            raises leaves those pictures without its score.
        """


@dataclass(frozen=True)
class PageOptions:
    """What a user says of a site, and what else is in it.

    Attributes:
        samples: frames of each (dataset, protocol) that get a page of their pictures.
        named: frames that get one besides, as `--sample` names them: "ID", all times of a sample, or "ID@T".
        pages: names of the page plugins that write into this site; None is all built-in ones. A page links
            to no other's files.
        index: whether there is an index.html.
    """

    samples: int = 12
    named: tuple[str, ...] = ()
    pages: frozenset[str] | None = None
    index: bool = True

    def writes(self, name: str) -> bool:
        """Whether a plugin writes into this site, so that others may link to its pages."""
        return self.pages is None or name in self.pages


@dataclass(frozen=True)
class PageCard:
    """A kind of report page.

    Attributes:
        name, title: one word, and the heading of its pages in the index.
        target: "package.module:Class" of its Page.
        order: of appearance, the lowest first.
        options: True where the class is called with `PageOptions`, else it is called with nothing.
    """

    name: str
    target: str
    title: str = ""
    order: int = 100
    options: bool = False


@runtime_checkable
class Page(Protocol):
    """Writes pages of a static site from stored results alone."""

    def render(self, results: Sequence[Any], out: Path) -> list[tuple[str, str]]:
        """Write files under `out` and nowhere else; return (title, file name) of each page for the index.

        Names in results are somebody else's: they are escaped in what is drawn and in file names.

        Args:
            results: `vfibench.store.CellResult` of every cell found in the run folders.
            out: an existing folder.
        """
