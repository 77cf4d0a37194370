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

from vfibench.errors import SampleError
from vfibench.metrics.definitions import SsimRule, Window
from vfibench.metrics.windows import BAND, banded, blur, mix_colours, radius_of

MIDDLE = 255.0  # of u; squares of centred values lose less to float32
STRIP = 256 * 256  # pixels of one strip of a large picture: planes of more leave the cache
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
        SampleError: the pictures are smaller than the window.
    """
    height, width = first.shape[-2:]
    radius = radius_of(rules[0].window)
    if min(height, width) <= 2 * radius:
        raise SampleError(
            f"expected pictures of at least {2 * radius + 1} pixels a side for SSIM, found {width}x{height}"
        )
    sums = [torch.zeros(len(first), dtype=torch.float64, device=first.device) for _ in rules]
    limits = [constants(first, rule) for rule in rules]
    for strip in strips(first):
        moments = local_moments(first, second, strip, rules[0].window)
        for total, rule, limit in zip(sums, rules, limits, strict=True):
            margin = radius if rule.border == "valid" else 0
            total.add_(interior(ssim_map(moments, rule, limit), strip, height, margin))
    return [total.div_(area(first, rule)) for total, rule in zip(sums, rules, strict=True)]


def area(first: torch.Tensor, rule: SsimRule) -> int:
    """Number of values the mean is over."""
    lost = 2 * radius_of(rule.window) if rule.border == "valid" else 0
    channels, height, width = first.shape[1:]
    return channels * (height - lost) * (width - lost)


def constants(first: torch.Tensor, rule: SsimRule) -> Limits:
    """2 C1 and 2 C2, numbers or [P, 1, 1, 1, 1]; sample covariance is in C2."""
    data_range: torch.Tensor | float = 255.0
    if rule.data_range == "prediction":
        data_range = (first.amax((1, 2, 3)) - first.amin((1, 2, 3))).view(-1, 1, 1, 1, 1)
    count = (2 * radius_of(rule.window) + 1) ** 2
    correction = count / (count - 1) if rule.sample else 1.0
    return 2 * (0.01 * data_range) ** 2, 2 * (0.03 * data_range) ** 2 / correction


def strips(first: torch.Tensor) -> Iterator[slice]:
    """Row ranges of about STRIP pixels; on an accelerator 64 times as many, of all pictures together."""
    height, width = first.shape[-2:]
    pixels = STRIP if first.device.type == "cpu" else 64 * STRIP // len(first)
    step = max(BAND, pixels // width // BAND * BAND)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))


def local_moments(first: torch.Tensor, second: torch.Tensor, rows: slice, window: Window) -> torch.Tensor:
    """Windowed means of u - 255, v and their squares, for some rows.

    Args:
        first, second: [P, C, H, W] float32 levels.
        rows: output rows wanted.
        window: whose taps are used.

    Returns:
        [2 (value, square), 2 (u, v), P, C, bands, W, 16]; edges replicated. Rows of the last band beyond
        the picture are meaningless.
    """
    x, y = (banded(picture, rows, radius_of(window)) for picture in (first, second))
    planes = x.new_empty(2, 2, *x.shape)
    torch.add(x, y, out=planes[0, 0]).sub_(MIDDLE)
    torch.sub(x, y, out=planes[0, 1])
    torch.square(planes[0], out=planes[1])
    means = blur(planes.flatten(0, 3), window)
    return means.view(2, 2, *x.shape[:2], *means.shape[1:])


def ssim_map(moments: torch.Tensor, rule: SsimRule, limits: Limits) -> torch.Tensor:
    """SSIM of every window: [P, C, bands, W, 16] from `local_moments` and `constants`."""
    mean, square = (mix_colours(moments) if rule.window == "volume" else moments).unbind()
    variance_u, variance_v = torch.addcmul(square, mean, mean, value=-1).unbind()
    light_u = (mean[0] + MIDDLE).square_().add_(limits[0])
    light_v = mean[1].square()
    variance_u.add_(limits[1])
    contrast = variance_u - variance_v
    if rule.clip_contrast:
        contrast.clamp_(min=0)
    above = (light_u - light_v).mul_(contrast)
    below = light_u.add_(light_v).mul_(variance_u.add_(variance_v))
    return above.div_(below)


def interior(scores: torch.Tensor, strip: slice, height: int, margin: int) -> torch.Tensor:
    """Sum of a strip's scores without `margin` pixels at the picture's edges.

    Args:
        scores: [P, C, bands, W, 16].
        strip: the rows it holds.
        height: of the picture.

    Returns:
        [P] float64.
    """
    columns = slice(margin, scores.shape[-2] - margin)
    rows = scores[..., columns, :].sum(-2).flatten(2)
    first, last = max(strip.start, margin), min(strip.stop, height - margin)
    return rows[..., first - strip.start : max(last - strip.start, 0)].double().sum((1, 2))
