"""SepConv (Niklaus, Mai and Liu, ICCV 2017, arXiv 1708.01692).

A U-Net whose skips are sums sees both frames. From its features four heads make, for every pixel, the
vertical and horizontal taps of one kernel for each frame; the result is the sum of the two filtered frames.
The taps of whole frames would be the largest tensors of all, so the last steps, from half resolution to the
filtered frame, run band by band. Frames are BGR in [0, 1].
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.separable import separable_filter

BAND = 32  # rows of taps in memory at a time


def _basic(inputs: int, outputs: int) -> nn.Sequential:
    """Three 3x3 convolutions, each followed by ReLU."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _twice() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


def _upsample(channels: int) -> nn.Sequential:
    return nn.Sequential(_twice(), nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(inplace=True))


class Head(nn.Sequential):
    """From features to the taps of every pixel, in one direction for one frame.

    Calling it gives all taps, [B, n, 2h, 2w]; `coarse` and `band` give them piece by piece.
    """

    def __init__(self, channels: int, taps: int) -> None:
        convolutions = [nn.Conv2d(channels, size, 3, padding=1) for size in (channels, channels, taps)]
        layers = [layer for conv in convolutions for layer in (conv, nn.ReLU(inplace=True))]
        super().__init__(*layers, _twice(), nn.Conv2d(taps, taps, 3, padding=1))

    def coarse(self, features: Tensor) -> Tensor:
        """[B, channels, h, w] to what is to be doubled, [B, n, h, w]."""
        for layer in list(self)[:-2]:
            features = layer(features)
        return features

    def band(self, coarse: Tensor, top: int, bottom: int) -> Tensor:
        """Rows `top` to `bottom` of the taps, [B, n, bottom - top, 2w], from all of `coarse`'s.

        Doubling the height is linear along columns and commutes with what the convolution does along rows.
        So each of the kernel's three rows is applied first, to half as many lines, and a product with the
        doubling's matrix comes last.
        """
        conv = cast(nn.Conv2d, self[-1])
        height, width = coarse.shape[2:]
        first, last = max((top - 2) // 2, 0), min(bottom // 2 + 2, height)
        size = (last - first, 2 * width)
        wide = F.interpolate(coarse[:, :, first:last], size, mode="bilinear", align_corners=True)
        taps = wide.new_empty(0)
        for shift, kernel in zip((-1, 0, 1), conv.weight.split(1, dim=2), strict=True):
            lines = F.conv2d(wide, kernel, None if shift else conv.bias, padding=(0, 1))
            lines = lines.permute(0, 2, 3, 1).flatten(2)  # no copy in channels_last memory
            rows = torch.arange(top + shift, bottom + shift, device=coarse.device)
            mixing = _doubling(rows, height)[:, first:last].to(lines.dtype).expand(len(lines), -1, -1)
            taps = taps.baddbmm_(mixing, lines) if taps.numel() else torch.bmm(mixing, lines)
        return taps.view(len(taps), bottom - top, 2 * width, -1).permute(0, 3, 1, 2)


def _doubling(rows: Tensor, height: int) -> Tensor:
    """What `rows` of a picture doubled in height are mixed of: bilinear, with aligned corners.

    Args:
        rows: R whole numbers; what lies outside the doubled picture is zero.
        height: of the picture before.

    Returns:
        [R, height] float64.
    """
    last = 2 * height - 1
    away = rows.unsqueeze(1) * (height - 1) - torch.arange(height, device=rows.device) * last
    inside = (rows >= 0) & (rows <= last)
    weights: Tensor = (1 - away.abs().double() / last).clamp(min=0)
    return weights * inside.unsqueeze(1)


class SepConv(nn.Module):
    """The network; names of its parts are those of the released files, "module" read as "net".

    Args:
        width: channels at full resolution; 32 in the released networks.
        taps: of each kernel in each direction, an odd number; 51 in the released networks.
    """

    def __init__(self, width: int = 32, taps: int = 51) -> None:
        super().__init__()
        c1, c2, c3, c4, c5 = width, 2 * width, 4 * width, 8 * width, 16 * width
        self.margin = taps // 2
        self.netConv1, self.netConv2, self.netConv3 = _basic(6, c1), _basic(c1, c2), _basic(c2, c3)
        self.netConv4, self.netConv5 = _basic(c3, c4), _basic(c4, c5)
        self.netDeconv5, self.netDeconv4 = _basic(c5, c5), _basic(c5, c4)
        self.netDeconv3, self.netDeconv2 = _basic(c4, c3), _basic(c3, c2)
        self.netUpsample5, self.netUpsample4 = _upsample(c5), _upsample(c4)
        self.netUpsample3, self.netUpsample2 = _upsample(c3), _upsample(c2)
        self.netVertical1, self.netVertical2 = Head(c2, taps), Head(c2, taps)
        self.netHorizontal1, self.netHorizontal2 = Head(c2, taps), Head(c2, taps)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """The frame in the middle, [B, 3, H, W], of two such; H and W are multiples of 32."""
        features = self.features(first, second)
        from_first = self._filtered(first, features, self.netVertical1, self.netHorizontal1)
        return from_first + self._filtered(second, features, self.netVertical2, self.netHorizontal2)

    def features(self, first: Tensor, second: Tensor) -> Tensor:
        """What the four heads see, [B, 2 * width, H/2, W/2]."""
        level2 = self.netConv2(F.avg_pool2d(self.netConv1(joined(first, second)), 2))
        level3 = self.netConv3(F.avg_pool2d(level2, 2))
        level4 = self.netConv4(F.avg_pool2d(level3, 2))
        level5 = self.netConv5(F.avg_pool2d(level4, 2))
        x = self.netUpsample5(self.netDeconv5(F.avg_pool2d(level5, 2))) + level5
        x = self.netUpsample4(self.netDeconv4(x)) + level4
        x = self.netUpsample3(self.netDeconv3(x)) + level3
        return self.netUpsample2(self.netDeconv2(x)) + level2  # type: ignore[no-any-return]

    def _filtered(self, frame: Tensor, features: Tensor, vertical: Head, horizontal: Head) -> Tensor:
        """The frame under the taps of its two heads, [B, 3, H, W]."""
        rows, columns = vertical.coarse(features), horizontal.coarse(features)
        padded = F.pad(frame, (self.margin,) * 4, mode="replicate")
        height, bands = frame.shape[2], []
        for top in range(0, height, BAND):
            bottom = min(top + BAND, height)
            taps = vertical.band(rows, top, bottom), horizontal.band(columns, top, bottom)
            bands.append(separable_filter(padded[:, :, top : bottom + 2 * self.margin], *taps))
        return torch.cat(bands, 2)
