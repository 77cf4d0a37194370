"""Photographs and cut-outs as tensors that a layer can be painted with."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from vfibench_datasets.synthetic.stream.scenes import Surface

COARSEST = 3


class Paint(NamedTuple):
    """A texture: [1, 4, h, w] float32, RGB in 0..1 and opacity; see `cuts.Texture` for the rest."""

    pixels: Tensor
    centre: tuple[float, float]
    density: float


@functools.cache  # 13 photographs and 20 cut-outs: 300 MB once all levels have been asked for
def paint(picture: str, cut_out: bool, level: int) -> Paint:
    """A photograph or a cut-out, halved `level` times."""
    import torch

    from vfibench_datasets.synthetic import cuts

    # Past its cache, which keeps four photographs: they are kept here, as tensors.
    texture = cuts.cut_out(picture, level) if cut_out else cuts.backdrop.__wrapped__(picture, level)
    pixels = torch.tensor(texture.pixels).permute(2, 0, 1).unsqueeze(0)
    pixels = torch.cat([pixels[:, :3] / 255.0, pixels[:, 3:]], 1)
    return Paint(pixels.contiguous(), texture.centre, texture.density)


def painted(surface: Surface, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Colours and opacity of a surface at layer coordinates.

    Beyond its edges a photograph is mirrored and a cut-out is clear.

    Args:
        x, y: [T, H, W].

    Returns:
        [T, 3, H, W] and [T, 1, H, W].
    """
    import torch
    import torch.nn.functional as F

    level = min(COARSEST, max(0, math.floor(0.5 - math.log2(surface.scale))))
    texture = paint(surface.picture, surface.cut_out, level)
    cosine, sine = math.cos(surface.angle), math.sin(surface.angle)
    across = (cosine * x - sine * y) / surface.scale + surface.offset[0]
    down = (sine * x + cosine * y) / surface.scale + surface.offset[1]
    height, width = texture.pixels.shape[-2:]
    u = (across * texture.density + texture.centre[0]) * (2.0 / (width - 1)) - 1.0
    v = (down * texture.density + texture.centre[1]) * (2.0 / (height - 1)) - 1.0
    grid = torch.stack((u, v), -1).flatten(0, 1).unsqueeze(0)
    mode = "zeros" if surface.cut_out else "reflection"
    read = F.grid_sample(texture.pixels, grid, padding_mode=mode, align_corners=True)[0]
    read = read.unflatten(1, x.shape[:2]).transpose(0, 1)
    matrix = torch.tensor(surface.colours)
    colours = torch.einsum("dc,tchw->tdhw", matrix[:, :3], read[:, :3]) + matrix[:, 3].view(3, 1, 1)
    return colours.clamp_(0, 1), read[:, 3:]
