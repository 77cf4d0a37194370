"""Frames of a random scene, and the exact motion of what is seen in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vfibench_datasets.synthetic.geometry import Matrix, inverse
from vfibench_datasets.synthetic.stream.textures import painted

if TYPE_CHECKING:
    from torch import Tensor

    from vfibench_datasets.synthetic.stream.scenes import MovingLayer


def render(layers: Sequence[MovingLayer], times: Sequence[float], size: int) -> tuple[Tensor, Tensor]:
    """Lay the layers over each other.

    Returns:
        Frames [T, 3, size, size] in [0, 1], and the foremost layer that covers half of each pixel,
        [T, size, size] int64.
    """
    import torch

    frames = torch.zeros(len(times), 3, size, size)
    owners = torch.zeros(len(times), size, size, dtype=torch.int64)
    for index, layer in enumerate(layers):
        x, y = _layer_coordinates(layer, times, size)
        colours, opacity = painted(layer.surface, x, y)
        if index == 0:
            frames = colours
            continue
        if layer.shape is not None:
            opacity = layer.shape(x, y).unsqueeze(1)
        frames = torch.lerp(frames, colours, opacity)
        owners.masked_fill_(opacity[:, 0] >= 0.5, index)
    return frames, owners


def motion(
    layers: Sequence[MovingLayer], owners: Tensor, times: Sequence[float], towards: Sequence[float]
) -> Tensor:
    """Where each pixel's surface point is at another time, whether or not it is seen there.

    Args:
        owners: [T, H, W], as `render` gives them for `times`.
        times, towards: T times each.

    Returns:
        [T, 2, H, W] float32, pixels, (x, y).
    """
    import torch

    size = owners.shape[-1]
    flow = torch.zeros(len(times), 2, size, size)
    for index, layer in enumerate(layers):
        if index and not bool((owners == index).any()):
            continue
        x, y = _layer_coordinates(layer, times, size)
        there = torch.stack(_mapped([layer.at(time) for time in towards], x, y), 1)
        flow = torch.where((owners == index).unsqueeze(1), there, flow) if index else there
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return flow - torch.stack((columns, rows))


def _layer_coordinates(layer: MovingLayer, times: Sequence[float], size: int) -> tuple[Tensor, Tensor]:
    """Of every pixel, [T, size, size] each."""
    import torch

    line = torch.arange(size, dtype=torch.float32)
    return _mapped([inverse(layer.at(time)) for time in times], line.view(1, 1, -1), line.view(1, -1, 1))


def _mapped(matrices: Sequence[Matrix], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Take points through one homography per time."""
    import torch

    a, b, c, d, e, f, g, h, i = torch.tensor(matrices, dtype=torch.float32).T.reshape(9, -1, 1, 1)
    depth = g * x + (h * y + i)
    return (a * x + (b * y + c)) / depth, (d * x + (e * y + f)) / depth
