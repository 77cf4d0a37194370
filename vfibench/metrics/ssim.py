"""Structural similarity after Wang et al. 2004 (IEEE TIP 13:4), in all its variants at once.

With u = x + y and v = x - y, four windowed means give everything: mu_x^2 + mu_y^2 = (mu_u^2 + mu_v^2) / 2,
2 mu_x mu_y = (mu_u^2 - mu_v^2) / 2, and so for variances and covariance. Writing S for the variance, SSIM is

    (mu_u^2 - mu_v^2 + 2 C1) (S_u - S_v + 2 C2) / ((mu_u^2 + mu_v^2 + 2 C1) (S_u + S_v + 2 C2)).

v is small where the pictures agree, and an error in S_u cancels there, which is why float32 is enough
(within 1e-6 of float64 on real pictures).
Variants share the means: the volume window mixes them over three colours, sample covariance only
divides C2 by N / (N - 1), the valid mean is the interior of the replicated one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

from vfibench.errors import VfibenchError
from vfibench.metrics.definitions import SsimRule, Window
from vfibench.metrics.windows import blur, canvas, colour_mix, reach_of

MIDDLE = 255.0  # of u; squares of centred values lose less to float32
STRIP = 256 * 256  # pixels of one strip, whose intermediate planes stay in the cache
Limits = tuple[torch.Tensor | float, torch.Tensor | float]


def ssim(first: torch.Tensor, second: torch.Tensor, rules: Sequence[SsimRule]) -> list[torch.Tensor]:
    """Mean SSIM of each picture under several rules that compare the same planes by the same taps.

    Args:
        first, second: [P, C, H, W] float32 levels, prediction and target.
        rules: their window (gaussian and volume share taps), border (valid or replicate), sample,
            data_range and clip_contrast are followed; rounding and colour are the caller's.

    Returns:
        For each rule, [P] float64.

    Raises:
        VfibenchError: the pictures are smaller than the window.
    """
    height, width = first.shape[-2:]
    reach = reach_of(rules[0].window)
    if min(height, width) <= 2 * reach:
        raise VfibenchError(
            f"expected pictures of at least {2 * reach + 1} pixels a side for SSIM, found {width}x{height}"
        )
    sums = [torch.zeros(len(first), dtype=torch.float64, device=first.device) for _ in rules]
    limits = [constants(first, rule) for rule in rules]
    for strip, moments in strips(first, second, rules[0].window):
        for total, rule, limit in zip(sums, rules, limits, strict=True):
            margin = reach if rule.border == "valid" else 0
            first_row, last_row = max(strip.start, margin), min(strip.stop, height - margin)
            rows = slice(first_row - strip.start, max(last_row - strip.start, 0))
            total.add_(interior(ssim_map(moments, rule, limit)[..., rows, :], margin, width))
    return [total.div_(area(first, rule)) for total, rule in zip(sums, rules, strict=True)]


def area(first: torch.Tensor, rule: SsimRule) -> int:
    """Number of values the mean is over."""
    lost = 2 * reach_of(rule.window) if rule.border == "valid" else 0
    channels, height, width = first.shape[1:]
    return channels * (height - lost) * (width - lost)


def constants(first: torch.Tensor, rule: SsimRule) -> Limits:
    """2 C1 and 2 C2, numbers or [P, 1, 1, 1]; sample covariance is in C2."""
    data_range: torch.Tensor | float = 255.0
    if rule.data_range == "prediction":
        data_range = (first.amax((1, 2, 3)) - first.amin((1, 2, 3)))[:, None, None, None]
    count = (2 * reach_of(rule.window) + 1) ** 2
    correction = count / (count - 1) if rule.sample else 1.0
    return 2 * (0.01 * data_range) ** 2, 2 * (0.03 * data_range) ** 2 / correction


def strips(first: torch.Tensor, second: torch.Tensor, window: Window) -> Iterator[tuple[slice, torch.Tensor]]:
    """Rows and `local_moments` of one strip after the other, so that large pictures stay in the cache."""
    height, width = first.shape[-2:]
    reach = reach_of(window)
    step = max(16, len(first) * STRIP // width // 16 * 16)
    x, y = (functional.pad(picture, (reach,) * 4, mode="replicate") for picture in (first, second))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        padded = slice(top, bottom + 2 * reach)
        yield slice(top, bottom), local_moments(x[..., padded, :], y[..., padded, :], width, window)


def local_moments(x: torch.Tensor, y: torch.Tensor, width: int, window: Window) -> torch.Tensor:
    """Windowed means of u - 255, v and their squares.

    Args:
        x, y: [P, C, rows + K - 1, width + K - 1] float32 levels with continued edges.
        width: columns wanted.
        window: whose taps are used.

    Returns:
        [blocks, 2 (value, square), 2 (u, v), P, C, at least rows, 16]; see `windows.blur`.
    """
    pictures, channels, rows, columns = x.shape
    planes = canvas(4 * pictures * channels, rows, width, x.device)
    grid = planes.view(2, 2, pictures, channels, *planes.shape[1:])
    u, v = grid[0, :, ..., :rows, :columns]
    torch.add(x, y, out=u).sub_(MIDDLE)
    torch.sub(x, y, out=v)
    torch.square(grid[0], out=grid[1])
    means = blur(planes, width, window)
    return means.view(means.shape[0], 2, 2, pictures, channels, *means.shape[-2:])


def ssim_map(moments: torch.Tensor, rule: SsimRule, limits: Limits) -> torch.Tensor:
    """SSIM of every window: [blocks, P, C, rows, 16] from `local_moments` and `constants`."""
    mean, square = (mix_colours(moments) if rule.window == "volume" else moments).unbind(1)
    variance_u, variance_v = torch.addcmul(square, mean, mean, value=-1).unbind(1)
    light_u = (mean[:, 0] + MIDDLE).square_().add_(limits[0])
    light_v = mean[:, 1].square()
    variance_u.add_(limits[1])
    contrast = variance_u - variance_v
    if rule.clip_contrast:
        contrast.clamp_(min=0)
    above = (light_u - light_v).mul_(contrast)
    below = light_u.add_(light_v).mul_(variance_u.add_(variance_v))
    return above.div_(below)


def mix_colours(moments: torch.Tensor) -> torch.Tensor:
    """The volume window's third axis: each colour's means become a weighted sum of all three's."""
    flat = moments.flatten(0, 3).flatten(2)
    return torch.matmul(colour_mix(moments.device), flat).view(moments.shape)


def interior(scores: torch.Tensor, margin: int, width: int) -> torch.Tensor:
    """Sum of a map without `margin` columns on either side.

    Args:
        scores: [blocks, P, C, rows, 16].

    Returns:
        [P] float64.
    """
    columns = scores.sum(-2).double().permute(1, 2, 0, 3).flatten(2)
    return columns[..., margin : width - margin].sum((1, 2))
