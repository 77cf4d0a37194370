"""Super SloMo in Avinash Paliwal's version (after Jiang et al., CVPR 2018, arXiv 1712.00080).

Two U-Nets: the first finds the flow between both frames, the second refines the flow from time t and says
how far the first frame sees each pixel. Unlike the paper's, every convolution has a LeakyReLU after it, the
last one too, and the skip connection joins after the first convolution of a level. Frames here have their
mean subtracted; flows are in pixels, (x, y).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.intermediate import blend, flows_at
from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.resize import resized
from vfibench_adapters.blocks.warp import positions, sampled


def conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    """Size-preserving convolution; its LeakyReLU is applied by `leaky`."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


def leaky(features: Tensor) -> Tensor:
    """LeakyReLU of slope 0.1, in place."""
    return F.leaky_relu(features, 0.1, inplace=True)


class Down(nn.Module):
    """One level down: average pooling by two, then two convolutions."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, outputs, kernel), conv(outputs, outputs, kernel)

    def forward(self, features: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, H / 2, W / 2]."""
        return leaky(self.conv2(leaky(self.conv1(F.avg_pool2d(features, 2)))))


class Up(nn.Module):
    """One level up: doubling, a convolution, the encoder's features joined on, another convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, outputs, 3), conv(2 * outputs, outputs, 3)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        """[B, inputs, H, W] and the encoder's [B, outputs, 2H, 2W] to [B, outputs, 2H, 2W]."""
        features = leaky(self.conv1(resized(features, 2.0)))
        return leaky(self.conv2(torch.cat((features, skip), 1)))


class UNet(nn.Module):
    """The U-Net of both parts.

    Args:
        inputs, outputs: channels in and out.
        width: channels of the first level; 32 in the released network.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        c1, c2, c3, c4, c5 = width, 2 * width, 4 * width, 8 * width, 16 * width
        self.conv1, self.conv2 = conv(inputs, c1, 7), conv(c1, c1, 7)
        self.down1, self.down2, self.down3 = Down(c1, c2, 5), Down(c2, c3, 3), Down(c3, c4, 3)
        self.down4, self.down5 = Down(c4, c5, 3), Down(c5, c5, 3)
        self.up1, self.up2, self.up3 = Up(c5, c5), Up(c5, c4), Up(c4, c3)
        self.up4, self.up5 = Up(c3, c2), Up(c2, c1)
        self.conv3 = conv(c1, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        """[B, inputs, H, W] to [B, outputs, H, W]; H and W are multiples of 32."""
        level1 = leaky(self.conv2(leaky(self.conv1(x))))
        level2 = self.down1(level1)
        level3 = self.down2(level2)
        level4 = self.down3(level3)
        level5 = self.down4(level4)
        x = self.up1(self.down5(level5), level5)
        x = self.up2(x, level4)
        x = self.up3(x, level3)
        x = self.up4(x, level2)
        x = self.up5(x, level1)
        return leaky(self.conv3(x))


class Synthesis(NamedTuple):
    """What the second U-Net makes of two frames at one time.

    Attributes:
        frame: [B, 3, H, W], mean subtracted like the input.
        flow_t0, flow_t1: [B, 2, H, W], flow from t to the first and second frame, from `flows` alone.
        refined_t0, refined_t1: [B, 2, H, W], the same after refinement.
        visible_0: [B, 1, H, W], how far the first frame sees a pixel, in [0, 1].
    """

    frame: Tensor
    flow_t0: Tensor
    flow_t1: Tensor
    refined_t0: Tensor
    refined_t1: Tensor
    visible_0: Tensor


class SuperSloMo(nn.Module):
    """Both U-Nets. `flows` once a sample, then `synthesise` once a time.

    Args:
        align_corners: True samples as PyTorch did when the weights were trained; False as it has done by
            default since version 1.3, half a pixel off.
        width: channels of the first level; 32 in the released network.
    """

    def __init__(self, align_corners: bool = True, width: int = 32) -> None:
        super().__init__()
        self.align_corners = align_corners
        # Named as the released file names them: flow computation, arbitrary-time interpolation.
        self.state_dictFC = UNet(6, 4, width)
        self.state_dictAT = UNet(20, 5, width)

    def flows(self, first: Tensor, second: Tensor) -> Tensor:
        """[B, 4, H, W]: flow from the first to the second frame, then back."""
        return self.state_dictFC(joined(first, second))  # type: ignore[no-any-return]

    def synthesise(self, first: Tensor, second: Tensor, flows: Tensor, time: float) -> Synthesis:
        """The frame at `time` in (0, 1) between two frames [B, 3, H, W] with their `flows`."""
        flow_t0, flow_t1 = flows_at(time, *flows.chunk(2, dim=1))
        warped_1, warped_0 = self._warp(second, flow_t1), self._warp(first, flow_t0)
        x = joined(first, second, flows, flow_t1, flow_t0, warped_1, warped_0)
        delta_t0, delta_t1, logit = torch.split(self.state_dictAT(x).float(), [2, 2, 1], dim=1)
        refined_t0, refined_t1, visible_0 = flow_t0 + delta_t0, flow_t1 + delta_t1, logit.sigmoid()
        warped_0, warped_1 = self._warp(first, refined_t0), self._warp(second, refined_t1)
        frame = blend(time, warped_0, warped_1, visible_0)
        return Synthesis(frame, flow_t0, flow_t1, refined_t0, refined_t1, visible_0)

    def _warp(self, image: Tensor, flow: Tensor) -> Tensor:
        return shrinking_warp(image, flow, self.align_corners)


def shrinking_warp(image: Tensor, flow: Tensor, align_corners: bool = True) -> Tensor:
    """Fetch from where the flow points, as this version does: positions are divided by W, not by W - 1.

    Column x is fetched from x (W - 1) / W, so that a flow of zero shrinks the picture by a hair; the
    weights have learned to live with it. Without `align_corners` it is fetched from x - 0.5.

    Args:
        image: [B, C, H, W].
        flow: [B, 2, H, W] in pixels, x in channel 0.
        align_corners: of the sampling; see the network.

    Returns:
        [B, C, H, W], zero outside the image, in float32 at least.
    """
    height, width = image.shape[-2:]
    x, y = positions(image, flow)
    grid = torch.stack((x * (2 / width) - 1, y * (2 / height) - 1), dim=-1)
    return sampled(image, grid, "zeros", align_corners)
