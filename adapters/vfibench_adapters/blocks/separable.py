"""Filtering every pixel with a separable kernel of its own (Niklaus et al., ICCV 2017, arXiv 1708.01692).

    out[c, y, x] = sum over i, j of image[c, y + i, x + j] * vertical[i, y, x] * horizontal[j, y, x]

The horizontal pass is most of the work: n dot products of n taps for every pixel and channel. It is done as
matrix products of the size processors like: COLUMNS neighbouring pixels of a row look at n + COLUMNS - 1
columns of the image, so their taps are written into a banded matrix, one row per pixel, each shifted by one.
A quarter of the products (at 51 taps) is with zeros, and still it is ten times faster than dot products.
Only a few rows are in work at a time: the working set does not grow with the height. On a CPU they are 8 of
one sample; on a GPU, where starting kernels is what costs, 16 of as many samples as MOST_NUMBERS allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

ROWS, COLUMNS = 8, 16
MOST_NUMBERS = 1 << 26
"""In the working set on a GPU: 256 MB in float32."""


class Portion(NamedTuple):
    """What is worked at together: some rows of some samples."""

    rows: int
    samples: int


def portion(device: torch.device, batch: int, channels: int, taps: int, width: int) -> Portion:
    """How much is worked at together; `width` is a multiple of COLUMNS, and `samples` divides `batch`."""
    if device.type != "cuda":
        return Portion(ROWS, 1)
    rows = 2 * ROWS
    each = rows * width * (taps + COLUMNS - 1 + channels * (taps + rows - 1))
    if each > MOST_NUMBERS:
        return Portion(ROWS, 1)
    fitting = (count for count in range(batch, 0, -1) if batch % count == 0 and count * each <= MOST_NUMBERS)
    return Portion(rows, next(fitting))


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
    together = portion(image.device, batch, image.shape[1], taps, width + -width % COLUMNS)
    missing = (0, -width % COLUMNS, 0, -height % together.rows)
    if any(missing):
        image, vertical, horizontal = (F.pad(tensor, missing) for tensor in (image, vertical, horizontal))
    filtered: Tensor = _SeparableFilter.apply(image, vertical, horizontal, together)
    return filtered[..., :height, :width]


class _SeparableFilter(Function):
    """`separable_filter` of heights that are multiples of a portion's rows and widths that are of COLUMNS."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, vertical: Tensor, horizontal: Tensor, together: Portion) -> Tensor:
        ctx.save_for_backward(image, vertical, horizontal)
        ctx.together = together
        work = _Bands(image, vertical, together)
        out = image.new_empty((*vertical[:, 0].shape, image.shape[1]), dtype=work.dtype)
        with torch.autocast(image.device.type, enabled=False):
            for part, top in work.places():
                work.filter_rows(image[part], horizontal[part], top)
                taps = work.pixels(vertical[part], top).unsqueeze(4)
                work.band(out[part], top).copy_(work.seen.mul_(taps).sum(5))
        return out.permute(0, 3, 1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        image, vertical, horizontal = ctx.saved_tensors
        for_image, for_vertical, for_horizontal, _ = ctx.needs_input_grad
        work, back = _Bands(image, vertical, ctx.together), _Bands(image, vertical, ctx.together)
        back.filtered.zero_()
        d_image = torch.zeros_like(image, dtype=work.dtype, memory_format=torch.contiguous_format)
        d_vertical, d_horizontal = (
            torch.empty_like(taps, dtype=work.dtype) for taps in (vertical, horizontal)
        )
        with torch.autocast(image.device.type, enabled=False):
            for part, top in work.places():
                work.filter_rows(image[part], horizontal[part], top)
                grad = work.pixels(upstream[part], top).unsqueeze(5)
                work.pixels(d_vertical[part], top).copy_((work.seen * grad).sum(4))
                back.seen.copy_(work.pixels(vertical[part], top).unsqueeze(4) * grad)
                if for_horizontal:
                    torch.bmm(back.filtered, work.windows.transpose(1, 2), out=back.banded)
                    work.pixels(d_horizontal[part], top).copy_(back.taps)
                if for_image:
                    spread = torch.bmm(work.banded.transpose(1, 2), back.filtered)
                    work.add_windows(d_image[part], spread, top)
        return (
            d_image.to(image.dtype) if for_image else None,
            d_vertical.to(vertical.dtype) if for_vertical else None,
            d_horizontal.to(horizontal.dtype) if for_horizontal else None,
            None,
        )


class _Bands:
    """Buffers for one portion, and the views of them that the two passes work on.

    With S samples and R rows together, G groups of COLUMNS pixels a row, n taps and C channels:

    Attributes:
        banded: [S * G, R * COLUMNS, n + COLUMNS - 1]; times `windows` it is the horizontal pass.
        taps: [S, R, G, COLUMNS, n], the band of it; elsewhere it stays zero.
        windows: [S * G, n + COLUMNS - 1, C * (R + n - 1)], the image as the groups see it (overlapping).
        filtered: [S * G, R * COLUMNS, C * (R + n - 1)], every row of the image under every pixel's taps.
        seen: [S, R, G, COLUMNS, C, n], the n rows of it that the pixel's vertical taps meet.
    """

    def __init__(self, image: Tensor, taps: Tensor, together: Portion) -> None:
        self.batch, n, self.height, width = taps.shape
        self.rows, self.samples = together
        self.channels, groups = image.shape[1], width // COLUMNS
        self.dtype = torch.promote_types(torch.promote_types(image.dtype, taps.dtype), torch.float32)
        self.span, self.lines = n + COLUMNS - 1, n + self.rows - 1
        pixels, seen = self.rows * COLUMNS, self.channels * self.lines
        self.banded = image.new_zeros((self.samples * groups, pixels, self.span), dtype=self.dtype)
        self.taps = self.banded.as_strided(
            (self.samples, self.rows, groups, COLUMNS, n),  # a pixel on is a column on
            (groups * pixels * self.span, COLUMNS * self.span, pixels * self.span, self.span + 1, 1),
        )
        self.filtered = image.new_empty((self.samples * groups, pixels, seen), dtype=self.dtype)
        self.seen = self.filtered.as_strided(
            (self.samples, self.rows, groups, COLUMNS, self.channels, n),  # a row on is a line on
            (groups * pixels * seen, COLUMNS * seen + 1, pixels * seen, seen, self.lines, 1),
        )

    def places(self) -> Iterator[tuple[slice, int]]:
        """Every (samples, first row) to work at."""
        parts = (slice(first, first + self.samples) for first in range(0, self.batch, self.samples))
        return ((part, top) for part in parts for top in range(0, self.height, self.rows))

    def filter_rows(self, image: Tensor, horizontal: Tensor, top: int) -> None:
        """The horizontal pass, from row `top` of [S, C, H', W'] and [S, n, H, W]; leaves it in `filtered`."""
        self.taps.copy_(self.pixels(horizontal, top))
        lines = image[:, :, top : top + self.lines].to(
            self.dtype, memory_format=torch.contiguous_format, copy=True
        )
        seen = lines.flatten(1, 2).unfold(2, self.span, COLUMNS).permute(0, 2, 3, 1)
        self.windows = seen.flatten(0, 1)  # of one sample a view
        torch.bmm(self.banded, self.windows, out=self.filtered)

    def add_windows(self, image: Tensor, spread: Tensor, top: int) -> None:
        """Add [S * G, span, C * lines] where `windows` took it; COLUMNS columns at a time do not overlap."""
        lines = image[:, :, top : top + self.lines]
        for left in range(0, self.span, COLUMNS):
            part = spread[:, left : left + COLUMNS].unflatten(2, (self.channels, self.lines))
            part = part.unflatten(0, (self.samples, -1))
            groups, width = part.shape[1:3]
            last = left + (groups - 1) * COLUMNS + width
            lines[..., left:last].unfold(3, width, COLUMNS).add_(part.permute(0, 3, 4, 1, 2))

    def band(self, tensor: Tensor, top: int) -> Tensor:
        """[S, H, W, K] to the view [S, R, G, COLUMNS, K] from row `top`."""
        rows: Tensor = tensor[:, top : top + self.rows].unflatten(2, (-1, COLUMNS))
        return rows

    def pixels(self, tensor: Tensor, top: int) -> Tensor:
        """[S, K, H, W] to the view [S, R, G, COLUMNS, K] from row `top`."""
        return self.band(tensor.permute(0, 2, 3, 1), top)
