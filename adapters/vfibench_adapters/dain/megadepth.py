"""The hourglass of MegaDepth (Li and Snavely, CVPR 2018, arXiv 1804.00607) for depth in a single frame."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from vfibench_adapters.blocks.spectral import SpectralConv2d


class StoredNorm(nn.Module):
    """Batch normalisation by stored statistics, with the names of nn.BatchNorm2d but for its counter."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, affine: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, features: Tensor) -> Tensor:
        """[B, channels, H, W] to the same."""
        return F.batch_norm(features, self.running_mean, self.running_var, self.weight, self.bias)

    def folded(self, conv: nn.Conv2d) -> tuple[nn.Parameter, nn.Parameter]:
        """Weight and bias of one convolution that does what `conv` and this norm do."""
        mean, variance = self.running_mean, self.running_var
        return fuse_conv_bn_weights(conv.weight, conv.bias, mean, variance, 1e-5, self.weight, self.bias)


class Inception(nn.Sequential):
    """Branches on the same input, concatenated: one 1 x 1 convolution, three of 1 x 1 then k x k.

    Args:
        inputs: channels.
        outputs: channels of each of the four branches.
        middle: channels between the two convolutions of a branch.
        kernels: k of the three.
    """

    def __init__(self, inputs: int, outputs: int, middle: int, *kernels: int) -> None:
        wide = ((*_conv_norm(inputs, middle, 1), *_conv_norm(middle, outputs, k)) for k in kernels)
        super().__init__(nn.Sequential(*_conv_norm(inputs, outputs, 1)), *(nn.Sequential(*b) for b in wide))

    def forward(self, features: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, 4 * outputs, H, W]."""
        return torch.cat([branch(features) for branch in self], dim=1)


class Branches(nn.Sequential):
    """Two children on the same input."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Any input to what each child makes of it."""
        first, second = self
        return first(features), second(features)


class Sum(nn.Module):
    """The sum of two tensors."""

    def forward(self, parts: tuple[Tensor, Tensor]) -> Tensor:
        """One tensor of the parts' shape."""
        return parts[0] + parts[1]


def hourglass() -> nn.Sequential:
    """[B, 3, H, W] RGB in [0, 1], H and W multiples of 16, to [B, 1, H, W] logarithm of depth.

    Children stand at the places that the released names count.
    """
    return nn.Sequential(
        nn.Conv2d(3, 128, 7, padding=3),
        StoredNorm(128, affine=True),
        nn.ReLU(inplace=True),
        _sum_of(_to_half(), nn.Sequential(Inception(128, 16, 64, 3, 7, 11))),
        nn.Conv2d(64, 1, 3, padding=1),
    )


def fold_norms(network: nn.Module) -> None:
    """Work every norm into the convolution before it, for inference: the same function, without its names."""
    for layers in network.modules():
        if isinstance(layers, nn.Sequential):
            for index, (conv, norm) in enumerate(itertools.pairwise(layers)):
                if isinstance(conv, nn.Conv2d) and isinstance(norm, StoredNorm):
                    conv.weight, conv.bias = norm.folded(conv)
                    layers[index + 1] = nn.Identity()


def _to_half() -> nn.Sequential:
    """Down to half the size and up again: 128 to 64 channels."""
    return nn.Sequential(
        nn.MaxPool2d(2),
        Inception(128, 32, 32, 3, 5, 7),
        Inception(128, 32, 32, 3, 5, 7),
        _sum_of(
            _to_quarter(),
            nn.Sequential(Inception(128, 32, 32, 3, 5, 7), Inception(128, 32, 64, 3, 7, 11)),
        ),
        Inception(128, 32, 64, 3, 5, 7),
        Inception(128, 16, 32, 3, 7, 11),
        nn.UpsamplingNearest2d(scale_factor=2),
    )


def _to_quarter() -> nn.Sequential:
    """From half to a quarter of the size and back: 128 to 128 channels."""
    return nn.Sequential(
        nn.MaxPool2d(2),
        Inception(128, 32, 32, 3, 5, 7),
        Inception(128, 64, 32, 3, 5, 7),
        _sum_of(
            nn.Sequential(Inception(256, 64, 32, 3, 5, 7), Inception(256, 64, 64, 3, 7, 11)),
            _to_eighth(),
        ),
        Inception(256, 64, 32, 3, 5, 7),
        Inception(256, 32, 32, 3, 5, 7),
        nn.UpsamplingNearest2d(scale_factor=2),
    )


def _to_eighth() -> nn.Sequential:
    """From a quarter to an eighth of the size and back, 256 channels."""
    same = (256, 64, 32, 3, 5, 7)
    return nn.Sequential(
        nn.AvgPool2d(2),
        Inception(*same),
        Inception(*same),
        _sum_of(nn.Sequential(Inception(*same), Inception(*same)), _to_sixteenth()),
        Inception(*same),
        Inception(256, 64, 64, 3, 7, 11),
        nn.UpsamplingNearest2d(scale_factor=2),
    )


def _to_sixteenth() -> nn.Sequential:
    """From an eighth to a sixteenth of the size and back, 256 channels."""
    same = (Inception(256, 64, 32, 3, 5, 7) for _ in range(3))
    return nn.Sequential(nn.AvgPool2d(2), *same, nn.UpsamplingNearest2d(scale_factor=2))


def _sum_of(*paths: nn.Module) -> nn.Sequential:
    return nn.Sequential(Branches(*paths), Sum())


def _conv_norm(inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, ...]:
    if kernel >= 7:
        conv: nn.Conv2d = SpectralConv2d(inputs, outputs, kernel, points=20)
    else:
        conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return conv, StoredNorm(outputs), nn.ReLU(inplace=True)
