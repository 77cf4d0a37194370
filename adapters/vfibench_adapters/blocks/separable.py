"""Filtering every pixel with a separable kernel of its own (Niklaus et al., ICCV 2017, arXiv 1708.01692).

    out[c, y, x] = sum over i, j of image[c, y + i, x + j] * vertical[i, y, x] * horizontal[j, y, x]

The horizontal pass is most of the work: n dot products of n taps for every pixel and channel. It is done as
matrix products of the size processors like: COLUMNS neighbouring pixels of a row look at n + COLUMNS - 1
columns of the image, so their taps are written into a banded matrix, one row per pixel, each shifted by one.
A quarter of the products (at 51 taps) is with zeros, and still it is ten times faster than dot products.
Only ROWS rows are in work at a time: the working set does not grow with the height.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

ROWS, COLUMNS = 8, 16


def separable_filter(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """Filter every pixel with the outer product of its vertical and horizontal taps, as they are.

    It is a correlation: tap 0 is the topmost (leftmost), and the middle tap lies on the pixel itself where
    the image was padded alike on both sides. Taps that stand innermost in memory (channels_last) are read
    fastest. Differentiable once; sums are in float32 at least, in an order that is always the same.

    Args:
        image: [B, C, H + n - 1, W + n - 1], padded by the caller.
        vertical, horizontal: [B, n, H, W], the taps.

    Returns:
        [B, C, H, W] in float32, or float64 where an input is.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    batch, taps, height, width = vertical.shape
    sides = (height + taps - 1, width + taps - 1)
    if horizontal.shape != vertical.shape or image.shape[0] != batch or image.shape[2:] != sides:
        shapes = ", ".join(str(list(tensor.shape)) for tensor in (image, vertical, horizontal))
        raise ValueError(f"expected [B, C, H + n - 1, W + n - 1] and twice [B, n, H, W], found {shapes}")
    missing = (0, -width % COLUMNS, 0, -height % ROWS)
    if any(missing):
        image, vertical, horizontal = (F.pad(tensor, missing) for tensor in (image, vertical, horizontal))
    filtered: Tensor = _SeparableFilter.apply(image, vertical, horizontal)
    return filtered[..., :height, :width]


class _SeparableFilter(Function):
    """`separable_filter` of heights that are multiples of ROWS and widths that are multiples of COLUMNS."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
        ctx.save_for_backward(image, vertical, horizontal)
        work = _Bands(image, vertical)
        out = image.new_empty((*vertical[:, 0].shape, image.shape[1]), dtype=work.dtype)
        with torch.autocast(image.device.type, enabled=False):
            for sample, top in work.places():
                work.filter_rows(image[sample], horizontal[sample], top)
                taps = _pixels(vertical[sample], top).unsqueeze(3)
                _rows(out[sample], top).copy_(work.seen.mul_(taps).sum(4))
        return out.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        image, vertical, horizontal = ctx.saved_tensors
        for_image, for_vertical, for_horizontal = ctx.needs_input_grad
        work, back = _Bands(image, vertical), _Bands(image, vertical)
        back.filtered.zero_()
        d_image = torch.zeros_like(image, dtype=work.dtype, memory_format=torch.contiguous_format)
        d_vertical, d_horizontal = (
            torch.empty_like(taps, dtype=work.dtype) for taps in (vertical, horizontal)
        )
        with torch.autocast(image.device.type, enabled=False):
            for sample, top in work.places():
                work.filter_rows(image[sample], horizontal[sample], top)
                grad = _pixels(upstream[sample], top).unsqueeze(4)
                _pixels(d_vertical[sample], top).copy_((work.seen * grad).sum(3))
                back.seen.copy_(_pixels(vertical[sample], top).unsqueeze(3) * grad)
                if for_horizontal:
                    torch.bmm(back.filtered, work.windows.transpose(1, 2), out=back.banded)
                    _pixels(d_horizontal[sample], top).copy_(back.taps)
                if for_image:
                    spread = torch.bmm(work.banded.transpose(1, 2), back.filtered)
                    work.add_windows(d_image[sample], spread, top)
        return (
            d_image.to(image.dtype) if for_image else None,
            d_vertical.to(vertical.dtype) if for_vertical else None,
            d_horizontal.to(horizontal.dtype) if for_horizontal else None,
        )


class _Bands:
    """Buffers for ROWS rows of one sample, and the views of them that the two passes work on.

    With G groups of COLUMNS pixels a row, n taps and C channels:

    Attributes:
        banded: [G, ROWS * COLUMNS, n + COLUMNS - 1]; times `windows` it is the horizontal pass.
        taps: [ROWS, G, COLUMNS, n], the band of it; elsewhere it stays zero.
        windows: [G, n + COLUMNS - 1, C * (ROWS + n - 1)], the image as the groups see it (overlapping).
        filtered: [G, ROWS * COLUMNS, C * (ROWS + n - 1)], every row of the image under every pixel's taps.
        seen: [ROWS, G, COLUMNS, C, n], the n rows of it that the pixel's vertical taps meet.
    """

    def __init__(self, image: Tensor, taps: Tensor) -> None:
        self.batch, n, self.height, width = taps.shape
        self.channels, groups = image.shape[1], width // COLUMNS
        self.dtype = torch.promote_types(torch.promote_types(image.dtype, taps.dtype), torch.float32)
        self.span, self.lines = n + COLUMNS - 1, n + ROWS - 1
        pixels, seen = ROWS * COLUMNS, self.channels * self.lines
        self.banded = image.new_zeros((groups, pixels, self.span), dtype=self.dtype)
        self.taps = self.banded.as_strided(
            (ROWS, groups, COLUMNS, n),
            (COLUMNS * self.span, pixels * self.span, self.span + 1, 1),  # a pixel on is a column on
        )
        self.filtered = image.new_empty((groups, pixels, seen), dtype=self.dtype)
        self.seen = self.filtered.as_strided(
            (ROWS, groups, COLUMNS, self.channels, n),
            (COLUMNS * seen + 1, pixels * seen, seen, self.lines, 1),  # a row on is a line on
        )

    def places(self) -> Iterator[tuple[int, int]]:
        """Every (sample, first row) to work at."""
        return ((sample, top) for sample in range(self.batch) for top in range(0, self.height, ROWS))

    def filter_rows(self, image: Tensor, horizontal: Tensor, top: int) -> None:
        """The horizontal pass, from row `top` of [C, H', W'] and [n, H, W]; leaves it in `filtered`."""
        self.taps.copy_(_pixels(horizontal, top))
        lines = image[:, top : top + self.lines].to(
            self.dtype, memory_format=torch.contiguous_format, copy=True
        )
        self.windows = lines.flatten(0, 1).unfold(1, self.span, COLUMNS).permute(1, 2, 0)
        torch.bmm(self.banded, self.windows, out=self.filtered)

    def add_windows(self, image: Tensor, spread: Tensor, top: int) -> None:
        """Add [G, span, C * lines] where `windows` took it from; COLUMNS columns at a time do not overlap."""
        lines = image[:, top : top + self.lines]
        for left in range(0, self.span, COLUMNS):
            part = spread[:, left : left + COLUMNS].unflatten(2, (self.channels, self.lines))
            width = part.shape[1]
            last = left + (len(part) - 1) * COLUMNS + width
            lines[..., left:last].unfold(2, width, COLUMNS).add_(part.permute(2, 3, 0, 1))


def _rows(tensor: Tensor, top: int) -> Tensor:
    """[H, W, K] to the view [ROWS, G, COLUMNS, K] from row `top`."""
    rows: Tensor = tensor[top : top + ROWS].unflatten(1, (-1, COLUMNS))
    return rows


def _pixels(tensor: Tensor, top: int) -> Tensor:
    """[K, H, W] to the view [ROWS, G, COLUMNS, K] from row `top`."""
    return _rows(tensor.permute(1, 2, 0), top)
