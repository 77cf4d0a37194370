"""DAIN's two residual networks: context features of a frame, and the correction of the blended frame."""

from __future__ import annotations

from torch import Tensor, nn

from vfibench_adapters.blocks.spectral import SpectralConv2d


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions without bias, the input added, then ReLU; the first may be dilated."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = _conv(channels, dilation)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = _conv(channels)

    def forward(self, features: Tensor) -> Tensor:
        """[B, channels, H, W] to the same."""
        changed: Tensor = self.conv2(self.relu(self.conv1(features)))
        return changed.add_(features).relu_()


def _conv(channels: int, dilation: int = 1) -> nn.Conv2d:
    if channels >= 128 and dilation == 1:
        return SpectralConv2d(channels, channels, 3, points=12, bias=False)
    return nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False)


class ContextNet(nn.Module):
    """Features of a frame at three depths of the network."""

    def __init__(self) -> None:
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 64, 7, padding=3, bias=False), nn.ReLU(inplace=True))
        self.block2 = ResidualBlock(64, dilation=4)
        self.block3 = ResidualBlock(64, dilation=8)

    def forward(self, frame: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[B, 3, H, W] to three maps of [B, 64, H, W], each seeing further."""
        near = self.block1(frame)
        wider = self.block2(near)
        return near, wider, self.block3(wider)


class RectifyNet(nn.Module):
    """What is to be added to the blended frame.

    Args:
        inputs: channels of everything known about the frame.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.block1 = nn.Sequential(SpectralConv2d(inputs, 128, 7, points=20), nn.ReLU(inplace=True))
        self.block2 = ResidualBlock(128)
        self.block3 = ResidualBlock(128)
        self.block4 = ResidualBlock(128)
        self.block5 = nn.Sequential(nn.Conv2d(128, 3, 3, padding=1))

    def forward(self, *known: Tensor) -> Tensor:
        """Tensors of [B, C_i, H, W], `inputs` channels together, to [B, 3, H, W]."""
        wide, relu = self.block1
        made: Tensor = self.block5(self.block4(self.block3(self.block2(relu(wide(*known))))))
        return made
