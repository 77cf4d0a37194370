"""Modulated deformable convolution (Zhu et al., Deformable ConvNets v2, 2019, arXiv 1811.11168).

Each output pixel reads its taps from where the offsets point, bilinearly with zeros outside, weighs each
by its mask, and convolves the outcome. Offsets and masks are laid out as torchvision lays them out: for
group g and tap k (row-major), channel 2 * (g * taps + k) moves vertically, the next one horizontally, in
pixels, and mask channel g * taps + k weighs. Input channel c belongs to group c // (channels / groups).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SAMPLES_AT_ONCE = 1 << 19  # values read before they are convolved: 2 MB in float32; on CUDA 128 times as many


def deform_conv(features: Tensor, offsets: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Deformable convolution of stride 1 that keeps the size.

    In plain PyTorch: all taps of a band of rows are read by one grid_sample and convolved by one matrix
    product. On CPU this takes about a sixth of the time of torchvision's kernel, and hardly more memory
    than the result. Positions and sums are in float32 at least, autocast or not. Gradients reach all
    arguments; on CUDA those of grid_sample are summed in no fixed order, and PyTorch refuses them under
    `torch.use_deterministic_algorithms(True)`.

    Args:
        features: [B, C, H, W].
        offsets: [B, 2 * groups * taps, H, W] in pixels, y before x.
        mask: [B, groups * taps, H, W], usually in [0, 1]; tells the number of groups.
        weight: [O, C, k, k], k odd; taps = k * k.
        bias: [O].

    Returns:
        [B, O, H, W] in the type and memory layout of `features`.
    """
    dtype = torch.promote_types(features.dtype, torch.float32)
    with torch.autocast(features.device.type, enabled=False):
        bands = list(_bands(*(tensor.to(dtype) for tensor in (features, offsets, mask, weight, bias))))
        joined = torch.cat(bands, dim=2) if len(bands) > 1 else bands[0]
    interleaved = features.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if interleaved else torch.contiguous_format
    return joined.to(features.dtype, memory_format=layout)


def _bands(features: Tensor, offsets: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Iterator[Tensor]:
    """The result in bands of rows from top to bottom, each [B, O, rows, W]; arguments as above."""
    batch, channels, height, width = features.shape
    kernel = weight.shape[-1]
    taps = kernel * kernel
    groups = mask.shape[1] // taps
    grouped = features.contiguous().view(batch * groups, channels // groups, height, width)
    offsets = offsets.view(batch, groups, taps, 2, height, width)
    mask = mask.view(batch, groups, 1, taps, height, width)
    columns_weight = weight.reshape(len(weight), channels * taps, 1, 1)
    at_once = SAMPLES_AT_ONCE << (7 if features.is_cuda else 0)  # there, starting kernels is what costs
    rows_at_once = max(1, at_once // (batch * channels * taps * width))
    for top in range(0, height, rows_at_once):
        band = slice(top, min(top + rows_at_once, height))
        grid = _grid(offsets[..., band, :], top, height, kernel)
        read = F.grid_sample(grouped, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        read = read.view(batch, groups, channels // groups, taps, -1, width).mul_(mask[..., band, :])
        yield F.conv2d(read.view(batch, channels * taps, -1, width), columns_weight, bias)


def _grid(offsets: Tensor, top: int, height: int, kernel: int) -> Tensor:
    """Where the taps of a band read, for grid_sample: [B * groups, taps * rows, W, 2] in [-1, 1] units.

    Corners are not aligned: -1 and 1 are the outer edges of the outermost pixels, so one pixel is enough.
    """
    batch, groups, taps, _, rows, width = offsets.shape
    at_rest_y, at_rest_x = _at_rest(kernel, (top, rows, height), width, offsets.dtype, offsets.device)
    y = torch.add(at_rest_y, offsets[:, :, :, 0], alpha=2 / height)
    x = torch.add(at_rest_x, offsets[:, :, :, 1], alpha=2 / width)
    planes = torch.stack((x, y), dim=2).view(batch * groups, 2, taps * rows, width)
    return planes.permute(0, 2, 3, 1)  # grid_sample reads planes as fast as pairs, and they are made faster


@lru_cache(maxsize=256)
def _at_rest(
    kernel: int, band: tuple[int, int, int], width: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Where taps read that nothing moves: rows [taps, rows, 1] and columns [taps, 1, W] in [-1, 1] units.

    Kept for the next call: a network asks for the same ones dozens of times a frame.

    Args:
        kernel: its side.
        band: first row, number of rows, and those of the picture.
        width: of the picture.
        dtype, device: of the result.
    """
    top, rows, height = band
    place, taps = partial(torch.arange, device=device, dtype=dtype), kernel * kernel
    with torch.inference_mode(False):  # so that training can use what an evaluation made
        reach = place(kernel) - kernel // 2
        y = reach.repeat_interleave(kernel).view(taps, 1, 1) + place(top, top + rows).view(rows, 1) + 0.5
        x = reach.repeat(kernel).view(taps, 1, 1) + place(width) + 0.5
        return y * (2 / height) - 1, x * (2 / width) - 1


class DeformConv(nn.Module):
    """Deformable convolution whose offsets and masks are convolved from other features.

    One convolution gives the offsets and, through a sigmoid, the masks. State-dict keys are "weight",
    "bias", "conv_offset_mask.weight" and "conv_offset_mask.bias", as in the networks of the EDVR family.

    Args:
        channels: of the input, of the other features and of the output.
        groups: parts of the input channels that move by offsets of their own.
        kernel: odd side of the kernel.
    """

    def __init__(self, channels: int, groups: int, kernel: int = 3) -> None:
        super().__init__()
        taps = kernel * kernel
        self.weight = nn.Parameter(torch.empty(channels, channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.conv_offset_mask = nn.Conv2d(channels, 3 * groups * taps, kernel, padding=kernel // 2)
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)  # as nn.Conv2d does
        for parameter in self.conv_offset_mask.parameters():
            nn.init.zeros_(parameter)  # a plain convolution at half strength to begin with
        self.split = (2 * groups * taps, groups * taps)

    def forward(self, features: Tensor, motion: Tensor) -> Tensor:
        """Features to be read and features that tell where, both [B, C, H, W], to [B, C, H, W]."""
        planes = self.conv_offset_mask(motion).contiguous()  # sampling goes plane by plane
        offsets, logits = planes.split(self.split, dim=1)
        return deform_conv(features, offsets, logits.sigmoid(), self.weight, self.bias)
