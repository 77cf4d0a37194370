"""Pictures and short scenes from formulas: the same on every machine, at any size and at any scale.

Every function returns float32 on the CPU, RGB in [0, 1]. Pixel centres are those of the input grid:
pixel i of a picture enlarged by `scale` lies at (i + 0.5) / scale - 0.5, so a picture asked for at
scale 4 is the exact enlargement of the one at scale 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import pi
from typing import TypeAlias

import torch
from torch import Tensor

Picture: TypeAlias = Callable[..., Tensor]  # (height, width, scale=1) -> [3, scale * height, scale * width]
Scene: TypeAlias = Callable[[int, int, int], Tensor]  # (frames, height, width) -> [N, 3, H, W]


def _grid(height: int, width: int, scale: int) -> tuple[Tensor, Tensor]:
    """Rows [sH, 1] and columns [1, sW], in input pixels from the centre of the picture."""
    rows = (torch.arange(scale * height, dtype=torch.float64) + 0.5) / scale - height / 2
    columns = (torch.arange(scale * width, dtype=torch.float64) + 0.5) / scale - width / 2
    return rows[:, None], columns[None, :]


def _grey(values: Tensor) -> Tensor:
    return values.float().expand(3, *values.shape).contiguous()


def symmetric(height: int, width: int, scale: int = 1) -> Tensor:
    """A grey texture that stays itself when mirrored either way, but not when shifted by a pixel."""
    y, x = _grid(height, width, scale)
    return _grey(0.5 + 0.15 * torch.cos(2 * pi * y / 11) + 0.15 * torch.cos(2 * pi * x / 13))


def corner(height: int, width: int, scale: int = 1) -> Tensor:
    """Grey, brightest in the top left corner: unlike itself when mirrored or turned."""
    y, x = _grid(height, width, scale)
    return _grey(0.45 - 0.5 * y / height - 0.3 * x / width + 0.0 * x)


@cache
def still_fade(time: float, frames: int) -> Scene:
    """The static scene of what `fade` shows at a time."""
    return static(partial(level, fade_level(time, frames)))


def level(value: float, height: int, width: int, scale: int = 1) -> Tensor:
    """`symmetric` at a quarter of its contrast, with mean about `value`."""
    return (symmetric(height, width, scale) - 0.5) / 4 + value


def plain(colour: tuple[float, float, float], height: int, width: int, scale: int = 1) -> Tensor:
    """One colour."""
    return torch.tensor(colour).view(3, 1, 1).expand(3, scale * height, scale * width).contiguous()


@cache
def static(picture: Picture) -> Scene:
    """The scene in which every frame is `picture`; the same object when asked again."""
    return partial(_static, picture)


def _static(picture: Picture, frames: int, height: int, width: int) -> Tensor:
    return picture(height, width).expand(frames, -1, -1, -1).contiguous()


def fade_level(time: float, frames: int) -> float:
    """Brightness of `fade` at a time: 0.5 at the midpoint, rising by 0.1 an interval or less."""
    return 0.5 + min(0.1, 0.6 / frames) * (time - 0.5)


def fade(frames: int, height: int, width: int) -> Tensor:
    """A picture that brightens evenly from frame to frame and does not move."""
    times = [k - (frames / 2 - 1) for k in range(frames)]
    return torch.stack([level(fade_level(time, frames), height, width) for time in times])


def moving(frames: int, height: int, width: int, seed: int = 0) -> Tensor:
    """A coloured texture moving by (1.5, 1) pixels (x, y) a frame.

    Seeds 0 and 1 differ in pattern, mean and contrast, so that statistics over a batch show.
    """
    return torch.stack([_texture(height, width, 1.5 * k, 1.0 * k, seed) for k in range(frames)])


def _texture(height: int, width: int, dx: float, dy: float, seed: int) -> Tensor:
    y, x = _grid(height, width, 1)
    x, y = x - dx, y - dy
    waves = [torch.sin(2 * pi * (x / (9 + c + seed) + y / (17 - c)) + c + seed) for c in range(3)]
    ripples = [torch.cos(2 * pi * (y / (12 + c) - x / (23 - seed)) - c) for c in range(3)]
    contrast = 1 - 0.4 * seed
    return (0.5 - 0.1 * seed + contrast * (0.2 * torch.stack(waves) + 0.15 * torch.stack(ripples))).float()
