"""Windowed means by tiled banded matrix products, the part of SSIM that costs time.

A separable window of K taps over rows is a banded matrix. Cut into tiles of 16 output rows it is one small
dense matrix of 16 by 16 + K - 1, the same for every tile, so that a whole set of planes is blurred by two
batched products over overlapping views, without copying. Columns leave in blocks of 16 and stay so: what
follows is elementwise or a sum.
"""

from __future__ import annotations

from functools import lru_cache

import torch

from vfibench.metrics.definitions import Window

TILE = 16
REACH = 10  # the longest window reads so many pixels beyond its first


@lru_cache
def taps(window: Window) -> tuple[float, ...]:
    """One axis of a window, summing to 1: 7 equal taps or 11 of a Gaussian with sigma 1.5."""
    if window == "uniform":
        return (1 / 7,) * 7
    bell = torch.exp(-torch.arange(-5, 6, dtype=torch.float64).square() / (2 * 1.5**2))
    return tuple((bell / bell.sum()).tolist())


@lru_cache
def band(window: Window, device: torch.device) -> torch.Tensor:
    """[16, 16 + K - 1] float32: row i holds the taps from column i."""
    weights = torch.tensor(taps(window), dtype=torch.float64)
    matrix = torch.zeros(TILE, TILE + len(weights) - 1, dtype=torch.float64)
    for row in range(TILE):
        matrix[row, row : row + len(weights)] = weights
    return matrix.float().to(device)


@lru_cache
def colour_mix(device: torch.device) -> torch.Tensor:
    """[3, 3] float32: the third axis of the volume window over three colours, edges replicated."""
    matrix = torch.zeros(3, 3, dtype=torch.float64)
    for out in range(3):
        for offset, weight in enumerate(taps("volume"), -5):
            matrix[out, min(max(out + offset, 0), 2)] += weight
    return matrix.float().to(device)


def reach_of(window: Window) -> int:
    """Pixels a window reaches to each side of its centre: (K - 1) / 2."""
    return len(taps(window)) // 2


def canvas(planes: int, rows: int, width: int, device: torch.device) -> torch.Tensor:
    """Zeros for planes to blur.

    Args:
        planes: how many.
        rows: of a plane with its continued edges.
        width: of the result.

    Returns:
        [planes, Hp, Wp] float32; Hp is `rows` rounded up to whole tiles, Wp what blocks for `width` columns
        read. Ten more rows follow in its storage, which the last tile reads.
    """
    height = -(-rows // TILE) * TILE
    columns = -(-width // TILE) * TILE + TILE
    memory = torch.zeros(planes * height + REACH, columns, device=device)
    return memory[: planes * height].view(planes, height, columns)


def blur(planes: torch.Tensor, width: int, window: Window) -> torch.Tensor:
    """Blur every plane.

    Args:
        planes: [N, Hp, Wp] from `canvas`, each picture at its top left with its continued edges.
        width: columns wanted.
        window: whose taps are used on both axes.

    Returns:
        [blocks, N, Hp, 16]: block b holds output columns 16 b to 16 b + 15; output (r, c) is the mean over
        the K x K window whose top left is (r, c). What lies beyond the picture is rubbish.
    """
    matrix = band(window, planes.device)
    span = matrix.shape[1]
    count, rows, columns = planes.shape
    tiles, blocks = count * rows // TILE, -(-width // TILE)
    stacked = planes.as_strided((tiles, span, columns), (TILE * columns, columns, 1))
    down = torch.bmm(matrix.expand(tiles, TILE, span), stacked)
    across = down.as_strided((blocks, count * rows, span), (TILE, columns, 1))
    return torch.bmm(across, matrix.T.expand(blocks, span, TILE)).view(blocks, count, rows, TILE)
