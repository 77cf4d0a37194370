"""Convolution with wide kernels in a third of the multiplications or less, by discrete Fourier transforms.

The valid correlation of n pixels with k taps is y = A ((G g) * (B d)), and of a tile with a kernel
Y = A ((G g G') * (B d B')) A', as in Winograd's minimal filtering (Lavin and Gray, CVPR 2016, arXiv
1509.09308). Its points here are the n-th roots of unity, which keep the rounding error of float32 where it is
for the plain sum. Half of a real spectrum says all, and one complex product takes three real ones, so B, G
and A are real, and about (3n / 2)^2 products a channel give (n - k + 1)^2 pixels: 5.3 instead of 49 a pixel
for k = 7 and n = 16. All else is matrix products over tiles and channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

TILES = 32
"""Tiles transformed together, at least: enough rows for a matrix product, few enough for the cache."""


class SpectralConv2d(nn.Conv2d):
    """A convolution of stride 1 that keeps the size; by spectra on the CPU, in float32, without gradients.

    Elsewhere it is torch's. Parameters and their names are those of nn.Conv2d.

    Args:
        inputs, outputs: channels; 64 or more of the inputs, 16 of the outputs, or it does not pay.
        kernel: k, odd.
        points: n, the side of a tile; best around 2k to 3k.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, *, points: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, bias=bias)
        self.points = points

    def forward(self, *parts: Tensor) -> Tensor:
        """Convolve tensors [B, C_i, H, W] as if concatenated along channels: [B, outputs, H, W]."""
        if not self._by_spectra(parts):
            return super().forward(parts[0] if len(parts) == 1 else torch.cat(parts, dim=1))
        batch, _, height, width = parts[0].shape
        made = self.weight.new_empty(batch, height, width, self.out_channels)
        strips = _Strips(self.weight, self.bias, self.points, height, width)
        for sample, pixels in enumerate(made):
            strips.fill(pixels, [part[sample].permute(1, 2, 0) for part in parts])
        return made.permute(0, 3, 1, 2)

    def _by_spectra(self, parts: Sequence[Tensor]) -> bool:
        tensors = (*parts, self.weight)
        plain = all(tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in tensors)
        large = min(parts[0].shape[-2:]) >= self.points
        learning = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
        other = torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling()
        return plain and large and not learning and not other


class Algorithm(NamedTuple):
    """y = synthesis @ ((kernel @ g) * (data @ d)) for n pixels d, k taps g and n - k + 1 results y."""

    data: Tensor
    kernel: Tensor
    synthesis: Tensor


def algorithm(points: int, taps: int) -> Algorithm:
    """The three matrices for n points and k taps, in float64.

    With X and K the spectra of d and g, Y = X conj(K) is the spectrum of their circular correlation, whose
    first n - k + 1 values are the valid ones. Gauss' trick: Y = (p - r) + i (p + q) for the products
    p = (Re X + Im X) Re K, q = Re X (-Im K - Re K), r = Im X (Re K - Im K).
    """
    data: list[Tensor] = []
    kernel: list[Tensor] = []
    synthesis: list[Tensor] = []
    for frequency in range(points // 2 + 1):
        (xr, xi), (kr, ki), (yr, yi) = (
            _wave(frequency, points, size) for size in (points, taps, points - taps + 1)
        )
        if 2 * frequency in (0, points):
            data += [xr]
            kernel += [kr]
            synthesis += [yr / points]
        else:
            data += [xr + xi, xr, xi]
            kernel += [kr, -ki - kr, kr - ki]
            synthesis += [(yr + yi) * 2 / points, yi * 2 / points, -yr * 2 / points]
    return Algorithm(torch.stack(data), torch.stack(kernel), torch.stack(synthesis, dim=1))


def _wave(frequency: int, points: int, size: int) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of exp(-2 pi i f t / n) for t below `size`."""
    angle = torch.arange(size, dtype=torch.float64, device="cpu") * (2 * math.pi * frequency / points)
    return angle.cos(), -angle.sin()


class _Strips:
    """One convolution of a picture, strip by strip; memory is taken once and used by every strip.

    Tiles overlap by k - 1 pixels. In a strip they follow each other at one distance from line to line, so
    that one product takes all of them as they lie in memory: the margin to the right of a line is that to
    the left of the next. A strip is some lines of tiles.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, points: int, height: int, width: int) -> None:
        matrices = Algorithm(*(matrix.float() for matrix in algorithm(points, weight.shape[-1])))
        self.data, _, self.synthesis = matrices
        self.spectra = torch.einsum("pi,qj,ocij->pqco", matrices.kernel, matrices.kernel, weight).contiguous()
        self.bias = None if bias is None else bias * points**2  # frequency zero, of which A takes 1 / n
        self.points, self.margin, self.step = points, weight.shape[-1] // 2, len(self.synthesis)
        self.across = -(-(width + self.margin) // self.step)
        self.down = min(-(-TILES // self.across), height // self.step)
        lines, tiles = (self.down - 1) * self.step + points, self.down * self.across
        products, _, channels, outputs = self.spectra.shape
        empty = weight.new_empty
        self.strip = empty(lines * self.across * self.step + points, channels)
        self.rows = empty(lines * self.across, products, channels)
        self.tiles = empty(products, self.down, self.across * products * channels)
        self.columns = empty(products, self.step, tiles * outputs)

    def fill(self, made: Tensor, images: Sequence[Tensor]) -> None:
        """Convolve images [H, W, C_i] into `made` [H, W, O]; the last strip overlaps the one before."""
        height = self.down * self.step
        for top in [*range(0, len(made) - height, height), len(made) - height]:
            self._frame(images, top - self.margin)
            self._transform()
            self._multiply()
            self._write(made[top : top + height])

    def _frame(self, images: Sequence[Tensor], top: int) -> None:
        """Lay the pictures' lines from `top` on into the strip, all channels, zero outside."""
        pitch = self.across * self.step
        lines = len(self.strip) // pitch
        height, width, _ = images[0].shape
        first, last = max(top, 0), min(top + lines, height)
        picture = self.strip.zero_()[: lines * pitch].view(lines, pitch, -1)
        inside = picture[first - top : last - top, self.margin : self.margin + width]
        sizes = [image.shape[-1] for image in images]
        for place, image in zip(inside.split(sizes, dim=-1), images, strict=True):
            place.copy_(image[first:last])

    def _transform(self) -> None:
        """B d B' for all tiles: first along rows, then down columns."""
        count, _, channels = self.rows.shape
        distance = self.step * channels
        tiles = self.strip.as_strided((count, self.points, channels), (distance, channels, 1))
        torch.bmm(self.data.expand(count, -1, -1), tiles, out=self.rows)
        lines = self.rows.view(count // self.across, -1)
        for index in range(self.down):
            top = index * self.step
            torch.mm(self.data, lines[top : top + self.points], out=self.tiles[:, index])

    def _multiply(self) -> None:
        """Products with the kernels' spectra, summed over channels, and synthesis along rows."""
        products, _, channels, _ = self.spectra.shape
        for index, (tiles, spectra) in enumerate(zip(self.tiles, self.spectra, strict=True)):
            made = torch.bmm(tiles.view(-1, products, channels).transpose(0, 1), spectra)
            if self.bias is not None and index == 0:
                made[0] += self.bias
            torch.mm(self.synthesis, made.view(products, -1), out=self.columns[index])

    def _write(self, made: Tensor) -> None:
        """Synthesis down columns, into lines [down * step, W, O] of the result."""
        step, width, outputs = self.step, made.shape[1], made.shape[2]
        tiles = torch.mm(self.synthesis, self.columns.view(len(self.columns), -1))
        tiles = tiles.view(step, step, self.down, self.across, outputs).permute(2, 0, 3, 1, 4)
        lines, whole = made.unflatten(0, (self.down, step)), width // step
        lines[:, :, : whole * step].unflatten(2, (whole, step)).copy_(tiles[:, :, :whole])
        if width > whole * step:
            lines[:, :, whole * step :].copy_(tiles[:, :, whole, : width - whole * step])
