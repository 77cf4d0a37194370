"""SSIM as torchmetrics prints it, with the rounding error of float32 on the unit scale.

Where a picture is flat and bright, E[x^2] - E[x]^2 in float32 is noise around 0. torchmetrics sets negative
variances to 0 but leaves the covariance, which lowers its SSIM by up to 1e-4: reproduced here by
the same dense float32 convolution, since a better one does not give its figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from vfibench.metrics.definitions import SsimRule

C1, C2 = 0.01**2, 0.03**2


def ssim_float32(first: torch.Tensor, second: torch.Tensor, rules: Sequence[SsimRule]) -> list[torch.Tensor]:
    """Mean SSIM over all pixels, edges reflected.

    Args:
        first, second: [P, C, H, W] float32 levels.
        rules: how many results are wanted; all are the same definition.

    Returns:
        For each rule, [P] float64.
    """
    planar = [(picture / 255).contiguous() for picture in (first, second)]
    x, y = (functional.pad(picture, (5,) * 4, mode="reflect") for picture in planar)
    channels = x.shape[1]
    window = gaussian(x.device).expand(channels, 1, 11, 11)
    stacked = torch.cat([x, y, x * x, y * y, x * y])
    mean_x, mean_y, xx, yy, xy = functional.conv2d(stacked, window, groups=channels).chunk(5)
    light = mean_x * mean_y
    light_x, light_y = mean_x.square(), mean_y.square()
    variance = (xx - light_x).clamp_(min=0) + (yy - light_y).clamp_(min=0)
    above = (2 * light + C1) * (2 * (xy - light) + C2)
    scores = above / ((light_x + light_y + C1) * (variance + C2))
    return [scores.double().mean((1, 2, 3))] * len(rules)


def gaussian(device: torch.device) -> torch.Tensor:
    """[11, 11] float32 window with sigma 1.5, the product of axes that are normalised in float32."""
    offsets = torch.arange(-5, 6, dtype=torch.float32, device=device)
    axis = torch.exp(-(offsets / 1.5).square() / 2)
    axis = axis / axis.sum()
    return axis[:, None] * axis[None]  # no matrix product, which a setting may make in TF32
