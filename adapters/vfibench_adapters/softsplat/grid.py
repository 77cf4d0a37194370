"""GridNet (Fourure et al., BMVC 2017, arXiv 1707.07958) as SoftSplat uses it.

Rows are resolutions, halved from each to the next; columns are steps of the computation. Laterals lead from
one column to the next, then features flow down in the first columns and up in the last. Convolutions
have no bias; PReLU has a slope for every channel.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vfibench_adapters.blocks.resize import Double


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution without bias; it keeps the size, or halves it (rounded up) by its stride."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Lateral(nn.Module):
    """A residual block on the way to the next column."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            nn.PReLU(channels), conv(channels, channels), nn.PReLU(channels), conv(channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return self.netMain(x).add_(x)  # type: ignore[no-any-return]


class Down(nn.Module):
    """To the next row, at half the size (rounded up)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            nn.PReLU(inputs), conv(inputs, outputs, stride=2), nn.PReLU(outputs), conv(outputs, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, H/2, W/2]."""
        return self.netMain(x)  # type: ignore[no-any-return]


class Up(nn.Module):
    """To the row before, at twice the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(
            Double(), nn.PReLU(inputs), conv(inputs, outputs), nn.PReLU(outputs), conv(outputs, outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, 2H, 2W]."""
        return self.netMain(x)  # type: ignore[no-any-return]


class Basic(nn.Module):
    """Two convolutions beside a linear shortcut."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.netMain = nn.Sequential(conv(inputs, hidden), nn.PReLU(hidden), conv(hidden, outputs))
        self.netShortcut = conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, H, W]."""
        return self.netMain(x).add_(self.netShortcut(x))  # type: ignore[no-any-return]


class GridNet(nn.Module):
    """A network that ends in a grid of blocks, named such as "0x0 - 0x1" (row x column, from - to)."""

    def add_grid(self, widths: Sequence[int], down: int, up: int) -> None:
        """Add the blocks, in the order of the released file.

        Args:
            widths: channels of each row.
            down, up: numbers of columns in which features flow down, then up.
        """
        self.rows, self.down, self.columns = len(widths), down, down + up
        for row, channels in enumerate(widths):
            for column in range(1, self.columns):
                self.add_module(f"{row}x{column - 1} - {row}x{column}", Lateral(channels))
        for column in range(self.columns):
            for row in range(1, self.rows):
                if column < down:
                    block: nn.Module = Down(widths[row - 1], widths[row])
                    self.add_module(f"{row - 1}x{column} - {row}x{column}", block)
                else:
                    above = self.rows - 1 - row
                    block = Up(widths[above + 1], widths[above])
                    self.add_module(f"{above + 1}x{column} - {above}x{column}", block)

    def through_grid(self, *features: Tensor) -> Tensor:
        """What enters column 0 (row 0, and further rows if any) to what leaves the last column in row 0.

        Args:
            features: [B, C, H, W] of each row that has some of its own; they are not used afterwards.
        """
        rows = list(features)
        for row in range(1, self.rows):
            arriving = self._block(rows[row - 1], row - 1, 0, row, 0)
            rows[row : row + 1] = [arriving.add_(rows[row]) if row < len(rows) else arriving]
        for column in range(1, self.columns):
            rows = [self._block(x, row, column - 1, row, column) for row, x in enumerate(rows)]
            if column < self.down:
                for row in range(1, self.rows):
                    rows[row] += self._block(rows[row - 1], row - 1, column, row, column)
            else:
                for row in reversed(range(self.rows - 1)):
                    rows[row] += _cropped(self._block(rows[row + 1], row + 1, column, row, column), rows[row])
        return rows[0]

    def _block(self, x: Tensor, row: int, column: int, to_row: int, to_column: int) -> Tensor:
        return self.get_submodule(f"{row}x{column} - {to_row}x{to_column}")(x)  # type: ignore[no-any-return]


def _cropped(larger: Tensor, to: Tensor) -> Tensor:
    """Without the row or column that doubling an odd size rounded up has made too much."""
    return larger[..., : to.shape[-2], : to.shape[-1]]
