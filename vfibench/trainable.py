"""What a trainable method and a source of training clips must be: light cards and small protocols.

Used by `vfibench train`, which knows nothing else of a method or a dataset. Words as in `vfibench.contracts`;
a window is a pair of neighbouring input frames, so N input frames have W = N - 1 windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor, nn

    from vfibench.contracts import UInt8Array

    Float32Array = npt.NDArray[np.float32]

Targets = Literal["middle", "windows", "all"]
Times = Literal["random", "midpoint"]


@dataclass(frozen=True)
class Wanted:
    """What a recipe asks of every training sample.

    Attributes:
        inputs: N, an even number of equally spaced input frames.
        targets: "middle" asks for one frame within the middle window; "windows" for one within each window,
            all at the same time of theirs; "all" for the inputs and the frames half-way between them, 2N - 1.
        time: where targets lie in their window: anywhere the source has a frame, or half-way.
        crop: height and width of the targets, pixels.
    """

    inputs: int
    targets: Targets
    time: Times
    crop: int


class Clip(NamedTuple):
    """One training sample, of size [crop, crop], before augmentation.

    Attributes:
        frames: [N, 3, H, W] uint8 RGB.
        targets: [T, 3, H, W] uint8 RGB.
        times: of the targets, increasing, as fractions of the middle interval.
        flows: [windows, 4, H, W] float32, where the source knows it: exact motion in pixels, (x, y) of each
            window's first frame to its second and then back; else None.
    """

    frames: UInt8Array
    targets: UInt8Array
    times: tuple[float, ...]
    flows: Float32Array | None


class Batch(NamedTuple):
    """Samples as a network sees them, all on one device.

    Attributes:
        frames: [B, N, 3, h, w] float32 in [0, 1]; h = H / s.
        targets: [B, T, 3, H, W] float32 in [0, 1].
        times: [B, T] float32.
        flows: [B, W, 4, h, w] float32, or None where the source knows no motion.
    """

    frames: Tensor
    targets: Tensor
    times: Tensor
    flows: Tensor | None


class TrainingSource(Protocol):
    """Clips to train on. Safe to use from several processes; equal arguments give equal clips.

    Attributes:
        size: samples in an epoch; None for a source without end, of which every index is another sample.
        facts: what a card says of the data: name, licence, how much; plain text.
    """

    size: int | None
    facts: str

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        """Sample `index`; crops and times are drawn from `rng`."""
        ...


@dataclass(frozen=True)
class SourceOptions:
    """How to open a source.

    Attributes:
        root: folder of the data, None where it was not given.
        part: "train", or "validation": samples that training never sees.
        seed: of the recipe; an endless source has another stream for each.
        inputs: of the recipe; a source of long clips counts its samples by it.
    """

    root: Path | None = None
    part: Literal["train", "validation"] = "train"
    seed: int = 0
    inputs: int = 2


@dataclass(frozen=True)
class SourceCard:
    """A source of training clips.

    Attributes:
        name: as in a recipe, such as "vimeo90k-triplets".
        target: "package.module:function", which takes SourceOptions and returns a TrainingSource.
        title: one line.
        layout: the folder it expects, "" where it needs none.
    """

    name: str
    target: str
    title: str = ""
    layout: str = ""


@dataclass(frozen=True)
class RecipeCard:
    """A recipe that comes with a method.

    Attributes:
        name: as in `vfibench train --recipe NAME`.
        package: of the file, such as "vfibench_adapters.superslomo".
        file: path of the TOML file in the package.
        title: one line.
    """

    name: str
    package: str
    file: str
    title: str = ""


class Objective(Protocol):
    """A network and its losses; also an nn.Module, whose only parameters that learn are the network's.

    Attributes:
        network: what is trained. Where it has an attribute `training_only`, names that begin with one of
            these strings are neither exported nor asked of a file that training starts from.
    """

    network: nn.Module

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """The losses, each a scalar, the mean over the samples of the batch, not yet weighted."""
        ...

    def predict(self, batch: Batch) -> Tensor:
        """What the network makes of `batch.frames` at `batch.times`, unclamped: [B, T, 3, H, W]."""
        ...


class Trainable(Protocol):
    """How a method is trained; named by `AdapterCard.trainable`."""

    def objective(self, network: Mapping[str, object], losses: frozenset[str]) -> tuple[Objective, list[str]]:
        """Build a network with initial parameters, and what it is trained for.

        Args:
            network: the recipe's [network] table.
            losses: the names in its [losses] table; others need not be computed.

        Returns:
            The objective, and a line for each loss that cannot be had here and is left out, which begins with
            its name and a colon: "perceptual: why". The network's initial parameters do not depend on it.

        Raises:
            VfibenchError: an option or a loss that the method does not know.
        """
        ...

    def weights(self, path: Path) -> dict[str, Tensor]:
        """The network's tensors in a weight file, of the released structure or as vfibench exports them.

        Raises:
            VfibenchError: the file holds none.
        """
        ...
