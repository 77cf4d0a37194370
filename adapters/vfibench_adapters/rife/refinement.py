"""RIFE's second half: context features of both frames, and the U-Net that corrects the merged frame."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.resize import resized
from vfibench_adapters.blocks.warp import backward_warp


def conv_prelu(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution (zero padding, bias), then PReLU with a slope a channel."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.PReLU(outputs))


def deconv_prelu(inputs: int, outputs: int) -> nn.Sequential:
    """4x4 transposed convolution that doubles the size, then PReLU with a slope a channel."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1), nn.PReLU(outputs))


class Down(nn.Module):
    """Halves the size by a strided convolution, then convolves once more.

    Args:
        inputs, outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = conv_prelu(inputs, outputs, stride=2)
        self.conv2 = conv_prelu(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, H/2, W/2]."""
        return self.conv2(self.conv1(x))  # type: ignore[no-any-return]


class ContextNet(nn.Module):
    """Features of one frame at 1/2, 1/4, 1/8 and 1/16 of its size; they do not depend on the time.

    Args:
        width: channels of the first level; 16 in the released networks.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.conv1 = Down(3, width)
        self.conv2 = Down(width, 2 * width)
        self.conv3 = Down(2 * width, 4 * width)
        self.conv4 = Down(4 * width, 8 * width)

    def forward(self, frame: Tensor) -> list[Tensor]:
        """[B, 3, H, W] to four levels, the finest first."""
        levels = [self.conv1(frame)]
        for down in (self.conv2, self.conv3, self.conv4):
            levels.append(down(levels[-1]))
        return levels


def warp_levels(levels: Sequence[Tensor], flow: Tensor) -> list[Tensor]:
    """Warp each level of a `ContextNet` by the flow [B, 2, H, W] of the whole picture.

    The flow is halved in size and in value from level to level.
    """
    warped = []
    for level in levels:
        flow = resized(flow, 0.5) * 0.5
        warped.append(backward_warp(level, flow, padding="border"))
    return warped


class UNet(nn.Module):
    """Finds what the merged frame lacks; both frames' warped context joins on the way down.

    Args:
        width: channels of the context's first level; 16 in the released networks.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        c1, c2, c3, c4 = 2 * width, 4 * width, 8 * width, 16 * width
        self.down0, self.down1 = Down(17, c1), Down(2 * c1, c2)
        self.down2, self.down3 = Down(2 * c2, c3), Down(2 * c3, c4)
        self.up0, self.up1 = deconv_prelu(2 * c4, c3), deconv_prelu(2 * c3, c2)
        self.up2, self.up3 = deconv_prelu(2 * c2, c1), deconv_prelu(2 * c1, width)
        self.conv = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x: Tensor, context0: Sequence[Tensor], context1: Sequence[Tensor]) -> Tensor:
        """The correction before its sigmoid.

        Args:
            x: [B, 17, H, W], H and W multiples of 16.
            context0, context1: four warped levels of each frame, the finest first.

        Returns:
            [B, 3, H, W].
        """
        down0 = self.down0(x)
        down1 = self.down1(joined(down0, context0[0], context1[0]))
        down2 = self.down2(joined(down1, context0[1], context1[1]))
        down3 = self.down3(joined(down2, context0[2], context1[2]))
        up = self.up0(joined(down3, context0[3], context1[3]))
        up = self.up1(joined(up, down2))
        up = self.up2(joined(up, down1))
        up = self.up3(joined(up, down0))
        return self.conv(up)  # type: ignore[no-any-return]
