"""Super SloMo as its authors' group released it (Reda et al., ICCV 2019, arXiv 1906.05928; "HJSuperSloMo").

Two U-Nets. The first (flow_pred) finds the flow between both frames, the second (flow_interp) refines the
flow from time t and says how far the first frame sees each pixel. Frames here are 0 to 255 with the mean
colour subtracted; flows are in pixels, (x, y).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.conv import conv_leaky
from vfibench_adapters.blocks.intermediate import blend, flows_at
from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.resize import Double, resized
from vfibench_adapters.blocks.warp import backward_warp

MEAN = (109.93, 109.167, 101.455)


def two_convs(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Two convolutions, each with its LeakyReLU: state-dict keys "0..." and "2..."."""
    return nn.Sequential(*conv_leaky(inputs, outputs, kernel), *conv_leaky(outputs, outputs, kernel))


def doubled_convs(inputs: int, outputs: int) -> nn.Sequential:
    """Doubling, then two convolutions: state-dict keys "1..." and "3..."."""
    return nn.Sequential(Double(), *two_convs(inputs, outputs, 3))


def unet_layers(inputs: int, cross: int, width: int) -> dict[str, nn.Module]:
    """The layers of one U-Net, from frames to features, in the released order.

    Args:
        inputs: channels in.
        cross: channels of the other U-Net's bottleneck that join this one's.
        width: channels of the first level; 32 in the released network.
    """
    c1, c2, c3, c4, c5 = width, 2 * width, 4 * width, 8 * width, 16 * width
    return {
        "encoder_layer1": two_convs(inputs, c1, 7),
        "encoder_layer2": two_convs(c1, c2, 5),
        "encoder_layer3": two_convs(c2, c3, 3),
        "encoder_layer4": two_convs(c3, c4, 3),
        "encoder_layer5": two_convs(c4, c5, 3),
        "bottleneck": two_convs(c5, c5, 3),
        "decoder_layer5": doubled_convs(cross + c5, c5),
        "decoder_layer4": doubled_convs(2 * c5, c4),
        "decoder_layer3": doubled_convs(2 * c4, c3),
        "decoder_layer2": doubled_convs(2 * c3, c2),
        "decoder_layer1": doubled_convs(2 * c2, c1),
        "refine_layer": conv_leaky(2 * c1, c1, 3),
    }


class Motion(NamedTuple):
    """What the first U-Net finds; it does not depend on the time.

    Attributes:
        onward, back: [B, 2, H, W], flow from the first frame to the second and back.
        bottom: [B, C, H/32, W/32], the bottleneck's output.
    """

    onward: Tensor
    back: Tensor
    bottom: Tensor


class Synthesis(NamedTuple):
    """What the second U-Net makes of two frames at one time.

    Attributes:
        frame: [B, 3, H, W], 0 to 255, mean subtracted like the input.
        flow_t0, flow_t1: [B, 2, H, W], flow from t to the first and second frame, from `Motion` alone.
        residual_t0, residual_t1: [B, 2, H, W], what the second U-Net adds to them.
        logit: [B, 1, H, W], its sigmoid is how far the first frame sees a pixel.
    """

    frame: Tensor
    flow_t0: Tensor
    flow_t1: Tensor
    residual_t0: Tensor
    residual_t1: Tensor
    logit: Tensor


class SuperSloMo(nn.Module):
    """Both U-Nets. `motion` once a sample, then `synthesise` once a time.

    Args:
        flow_scale: the first U-Net sees frames smaller by this factor; H and W are multiples of 32 times it.
        width: channels of the first level; 32 in the released network.
    """

    mean_pix: Tensor

    def __init__(self, flow_scale: int = 1, width: int = 32) -> None:
        super().__init__()
        self.flow_scale = flow_scale
        self.register_buffer("mean_pix", torch.tensor(MEAN).view(1, 3, 1, 1))
        self._add("flow_pred", unet_layers(6, 0, width))
        self.forward_flow_conv, self.backward_flow_conv = nn.Conv2d(width, 2, 1), nn.Conv2d(width, 2, 1)
        self._add("flow_interp", unet_layers(16, 16 * width, width))
        self.flow_interp_forward_out_layer = nn.Conv2d(width, 2, 1)
        self.flow_interp_backward_out_layer = nn.Conv2d(width, 2, 1)
        self.flow_interp_vis_layer = nn.Conv2d(width, 1, 1)

    def motion(self, first: Tensor, second: Tensor) -> Motion:
        """Flow between two frames [B, 3, H, W]."""
        scale, pair = self.flow_scale, joined(first, second)
        features, bottom = self._unet("flow_pred", resized(pair, 1 / scale))
        onward, back = self.forward_flow_conv(features), self.backward_flow_conv(features)
        return Motion(scale * resized(onward, scale), scale * resized(back, scale), resized(bottom, scale))

    def synthesise(self, first: Tensor, second: Tensor, motion: Motion, time: float) -> Synthesis:
        """The frame at `time` in (0, 1) between two frames [B, 3, H, W] with their `motion`."""
        flow_t0, flow_t1 = flows_at(time, motion.onward, motion.back)
        warped_0, warped_1 = backward_warp(first, flow_t0), backward_warp(second, flow_t1)
        x = joined(first, second, warped_0, flow_t0, warped_1, flow_t1)
        features, _ = self._unet("flow_interp", x, motion.bottom)
        residual_t1 = self.flow_interp_forward_out_layer(features).float()
        residual_t0 = self.flow_interp_backward_out_layer(features).float()
        logit = self.flow_interp_vis_layer(features).float()
        warped_0 = backward_warp(first, flow_t0 + residual_t0)
        warped_1 = backward_warp(second, flow_t1 + residual_t1)
        frame = blend(time, warped_0, warped_1, logit.sigmoid(), epsilon=1e-10)
        return Synthesis(frame, flow_t0, flow_t1, residual_t0, residual_t1, logit)

    def _add(self, prefix: str, layers: dict[str, nn.Module]) -> None:
        for name, layer in layers.items():
            self.add_module(f"{prefix}_{name}", layer)

    def _unet(self, prefix: str, x: Tensor, other: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features [B, width, H, W] and bottleneck of one U-Net; `other` is the other's bottleneck."""
        levels: list[Tensor] = []
        for level in range(1, 6):
            x = self.get_submodule(f"{prefix}_encoder_layer{level}")(x)
            levels.append(x)
            x = F.avg_pool2d(x, 2)
        bottom = self.get_submodule(f"{prefix}_bottleneck")(x)
        x = bottom if other is None else torch.cat((other, bottom), 1)
        for level in range(5, 0, -1):
            x = self.get_submodule(f"{prefix}_decoder_layer{level}")(x)
            x = torch.cat((levels.pop(), x), 1)
        return self.get_submodule(f"{prefix}_refine_layer")(x), bottom
