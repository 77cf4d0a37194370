"""LPIPS v0.1 (Zhang et al. 2018, arXiv 1801.03924): distance of deep features.

The linear heads are those that ship inside the `lpips` package; the backbones are torchvision's.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch.nn import functional

from vfibench.errors import VfibenchError
from vfibench.metrics.backbones import BACKBONES, COLUMNS, build_features, find_backbone
from vfibench.metrics.pair import FramePair
from vfibench.registry import reason_of

REINSTALL = "pip install --force-reinstall --no-deps lpips"
SHIFT = (-0.030, -0.088, -0.188)  # of inputs in [-1, 1], as the heads were trained
SCALE = (0.458, 0.448, 0.450)
_NETWORKS = {column: net for net, column in COLUMNS.items()}


def network_of(name: str) -> str:
    """The backbone of a column: "alex" of "lpips"."""
    return _NETWORKS[name]


def read_heads(net: str) -> list[torch.Tensor]:
    """The package's v0.1 linear heads, each [C] float32, for "alex" or "squeeze".

    Raises:
        VfibenchError: the package or its file is missing or damaged.
    """
    path = _package() / "weights" / "v0.1" / f"{net}.pth"
    if not path.is_file():
        raise VfibenchError(f"no LPIPS heads, expected {path}, found no such file", REINSTALL)
    try:
        state = torch.load(path, "cpu", weights_only=True)
        return [state[f"lin{layer}.model.1.weight"].flatten() for layer in range(len(state))]
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, EOFError, UnpicklingError) as error:
        message = f"no LPIPS heads, expected them in {path}, found something else"
        raise VfibenchError(f"{message} ({reason_of(error)})", REINSTALL) from error


def _package() -> Path:
    """Where the package `lpips` lies. It is not imported: that is slow, and may fail for reasons of its own.

    Raises:
        VfibenchError: it is not installed.
    """
    try:
        spec = find_spec("lpips")
    except ValueError:  # something without a home goes by its name
        spec = None
    if spec is None or spec.origin is None:
        raise VfibenchError("no LPIPS heads, the package lpips is not installed", REINSTALL)
    return Path(spec.origin).parent


class Lpips:
    """LPIPS with one backbone, of pictures rounded to uint8 (ties to even) and scaled to [-1, 1].

    Args:
        net: "alex" or "squeeze".
        device: where pictures will be.
        backbones: folder with weight files, see `backbones.find_backbone`.

    Raises:
        VfibenchError: the heads or the backbone are missing or damaged.
    """

    def __init__(self, net: str, device: torch.device, backbones: Path | None = None) -> None:
        self.taps = BACKBONES[net].taps
        self.features = build_features(net, find_backbone(net, backbones)).to(device)
        self.heads = [head.to(device) for head in read_heads(net)]
        self.shift = torch.tensor(SHIFT, device=device)[:, None, None]
        self.scale = torch.tensor(SCALE, device=device)[:, None, None]

    def score(self, pair: FramePair) -> torch.Tensor:
        """Distance of each pair, [P] float64."""
        both = torch.cat(pair.planes("half-even")).contiguous()
        current = (both / 127.5 - 1 - self.shift) / self.scale
        total = current.new_zeros(len(both) // 2, dtype=torch.float64)
        heads = iter(self.heads)
        for index, layer in enumerate(self.features):
            current = layer(current)
            if index in self.taps:
                total += head_distance(current, next(heads))
        return total


def head_distance(features: torch.Tensor, head: torch.Tensor) -> torch.Tensor:
    """One layer's share: weighted squared difference of unit vectors, mean over pixels.

    Args:
        features: [2 P, C, H, W], predictions and then targets.
        head: [C] weights.

    Returns:
        [P] float64.
    """
    unit = features / (features.square().sum(1, keepdim=True).sqrt_() + 1e-10)
    first, second = unit.chunk(2)
    difference = (first - second).square_()
    return functional.conv2d(difference, head[None, :, None, None]).double().mean((1, 2, 3))
