"""Initial parameters from which a short training starts well: the network enlarges and blends at once.

The first three channels of every feature carry the picture through the network and at first read no others:
an enlarged input frame comes out, or the blend of two. All other weights are random, and all weights learn.
The structure is the paper's; only where training starts differs.
"""

from __future__ import annotations

import math
import re
from typing import cast

import torch
from torch import Tensor, nn

from vfibench_adapters.blocks.deformable import DeformConv
from vfibench_adapters.blocks.residual import ResidualBlock
from vfibench_adapters.zooming_slowmo.alignment import HALVES, SLOPE
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo
from vfibench_adapters.zooming_slowmo.recurrence import DeformableConvLSTM

COLOURS = 3
TOWARDS_OFFSETS = r"(^conv_first|fea_L\d_conv\d|offset_conv\d_\d)$"
OPEN = 2.0  # pre-activation of a gate that is open; its negative of one that is shut
SMALL = 0.25  # contrast at which the picture passes both tanh of the recurrence; they bend it by one per cent
CUBIC = (0.2031, 0.8672, -0.0703)  # of a picture twice the size, 1/4 pixel off: Keys' cubic cut to three taps


@torch.no_grad()
def start_as_enlargement(network: ZoomingSlowMo) -> None:
    """Set the parameters that carry the picture; the others stay."""
    _evenly(network)
    _passing(network.conv_first, {0: 1.0})
    for block in (*network.feature_extraction, *network.recon_trunk):
        _cleared(cast(ResidualBlock, block).conv2)
    channels = network.conv_last.in_channels
    for half in HALVES:
        _unmoved(network.pcd_align.get_submodule(f"L1_dcnpack_{half}"))
        _passing(network.pcd_align.get_submodule(f"L1_fea_conv_{half}"), {0: 1.0})
    _passing(network.fusion, {0: 0.5, channels: 0.5})
    strength = _through_recurrence(network.ConvBLSTM.forward_net)
    _passing(network.ConvBLSTM.conv_1x1, {0: 0.5 / strength, channels: 0.5 / strength}, bias=0.5)
    _doubling(network.upconv1)
    _doubling(network.upconv2)
    _passing(network.HRconv, {0: 1.0})
    _passing(network.conv_last, {0: 1.0})


def _evenly(network: ZoomingSlowMo) -> None:
    """Keep the size of signals from the frames to the offsets (He et al., ICCV 2015, arXiv 1502.01852).

    PyTorch's own initial values shrink them by half a layer, and motion is learned late.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d) and re.search(TOWARDS_OFFSETS, name):
            nn.init.kaiming_normal_(module.weight, a=SLOPE)


def _cleared(layer: nn.Module, bias: float = 0.0, first: int = 0, count: int = COLOURS) -> Tensor:
    """Let output channels from `first` on give `bias` whatever comes in; returns the layer's weight."""
    conv = cast(nn.Conv2d, layer)
    conv.weight[first : first + count].zero_()
    assert conv.bias is not None
    conv.bias[first : first + count] = bias
    return conv.weight


def _passing(layer: nn.Module, sources: dict[int, float], bias: float = 0.0) -> None:
    """Let the colours be a weighted sum of those that stand at `sources` in the input."""
    weight = _cleared(layer, bias)
    centre = weight.shape[-1] // 2
    for colour in range(COLOURS):
        for start, factor in sources.items():
            weight[colour, start + colour, centre, centre] = factor


def _unmoved(layer: nn.Module) -> None:
    """A deformable convolution, whose offsets are zero at first and whose masks are 1/2."""
    _passing(cast(DeformConv, layer), {0: 2.0})


def _through_recurrence(net: DeformableConvLSTM) -> float:
    """Open the gates of the colours' units, shut their memory; returns how strong the picture comes out."""
    cell = net.cell
    hidden = cell.conv.out_channels // 4
    admit, forget, release, candidate = (gate * hidden for gate in range(4))
    for gate, value in ((admit, OPEN), (forget, -OPEN), (release, OPEN)):
        _cleared(cell.conv, value, gate)
    weight = _cleared(cell.conv, -SMALL / 2, candidate)
    for colour in range(COLOURS):
        weight[candidate + colour, colour, 1, 1] = SMALL
    _cleared(net.pcd_c.fusion)
    opened = 1 / (1 + math.exp(-OPEN))
    return opened * opened * SMALL


def _doubling(layer: nn.Module) -> None:
    """Enlarge the colours twice; a pixel shuffle takes four channels for one of its own, row by row."""
    weight = _cleared(layer, count=4 * COLOURS)
    taps = torch.tensor(CUBIC)
    for colour in range(COLOURS):
        for phase in range(4):
            down, right = divmod(phase, 2)
            rows, columns = (taps.flip(0) if after else taps for after in (down, right))
            weight[4 * colour + phase, colour] = torch.outer(rows, columns)
