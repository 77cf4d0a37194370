"""Super SloMo (Jiang et al., CVPR 2018, arXiv 1712.00080) and SuperSloMo-R, its recurrent extension.

Two U-Nets. The first finds the flow between the frames of a window (two neighbouring frames), the second
refines the flow from time t to both and says which frame sees what. SuperSloMo-R looks at several
consecutive windows and joins them by a bidirectional ConvLSTM or ConvGRU in both bottlenecks; only the
middle window is synthesised. Frames here are normalised by ImageNet mean and deviation; flows are in
pixels, (x, y).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench_adapters.blocks.conv import conv_leaky
from vfibench_adapters.blocks.intermediate import blend, flows_at
from vfibench_adapters.blocks.layout import joined
from vfibench_adapters.blocks.precision import in_full
from vfibench_adapters.blocks.recurrent import BidirectionalStack, ConvGRUCell, ConvLSTMCell
from vfibench_adapters.blocks.resize import resized
from vfibench_adapters.blocks.warp import backward_warp

Bottleneck = Literal["conv", "convlstm", "convgru"]


class ConvBottleneck(nn.Sequential):
    """Two convolutions on each window by itself."""

    def __init__(self, channels: int) -> None:
        super().__init__(conv_leaky(channels, channels, 3), conv_leaky(channels, channels, 3))

    def forward(self, windows: Tensor) -> Tensor:
        """[W, B, C, H, W] to the same shape."""
        features = windows.flatten(0, 1)
        for convolution in self:
            features = convolution(features)
        return features.reshape(windows.shape)

    def at(self, windows: Tensor, index: int) -> Tensor:
        """`forward(windows)[index]`, [B, C, H, W]."""
        return self(windows[index : index + 1])[0]  # type: ignore[no-any-return]


def _bottleneck(kind: Bottleneck, channels: int) -> ConvBottleneck | BidirectionalStack:
    if kind == "conv":
        return ConvBottleneck(channels)
    cell = ConvLSTMCell if kind == "convlstm" else ConvGRUCell
    return BidirectionalStack(cell, channels, channels, layers=2)


class UNet(nn.Module):
    """The U-Net of both stages: five poolings down, a bottleneck over the windows, five doublings up.

    On the way up the decoder's and the encoder's features are joined first, then doubled, then convolved.

    Args:
        inputs, outputs: channels in and out.
        bottleneck: "conv", "convlstm" or "convgru".
        cross: channels from elsewhere that join the bottleneck's.
        width: channels of the first level; 32 in the released networks.
    """

    def __init__(self, inputs: int, outputs: int, bottleneck: Bottleneck, cross: int, width: int) -> None:
        super().__init__()
        c1, c2, c3, c4, c5 = width, 2 * width, 4 * width, 8 * width, 16 * width
        self.conv1a, self.conv1b = conv_leaky(inputs, c1, 7), conv_leaky(c1, c1, 7)
        self.conv2a, self.conv2b = conv_leaky(c1, c2, 5), conv_leaky(c2, c2, 5)
        self.conv3a, self.conv3b = conv_leaky(c2, c3, 3), conv_leaky(c3, c3, 3)
        self.conv4a, self.conv4b = conv_leaky(c3, c4, 3), conv_leaky(c4, c4, 3)
        self.conv5a, self.conv5b = conv_leaky(c4, c5, 3), conv_leaky(c5, c5, 3)
        self.conv6 = _bottleneck(bottleneck, c5)
        self.conv7a, self.conv7b = conv_leaky(c5 + cross, c5, 3), conv_leaky(c5, c5, 3)
        self.conv8a, self.conv8b = conv_leaky(2 * c5, c4, 3), conv_leaky(c4, c4, 3)
        self.conv9a, self.conv9b = conv_leaky(2 * c4, c3, 3), conv_leaky(c3, c3, 3)
        self.conv10a, self.conv10b = conv_leaky(2 * c3, c2, 3), conv_leaky(c2, c2, 3)
        self.conv11a, self.conv11b = conv_leaky(2 * c2, c1, 3), conv_leaky(c1, c1, 3)
        self.fuse_conv = conv_leaky(2 * c1, c1, 3)
        self.final_conv = nn.Conv2d(c1, outputs, 3, padding=1)

    def encode(self, x: Tensor) -> list[Tensor]:
        """[B, inputs, H, W] to the features at 1, 1/2 ... 1/16 of its size, then the pooled ones at 1/32."""
        level1 = self.conv1b(self.conv1a(x))
        level2 = self.conv2b(self.conv2a(F.avg_pool2d(level1, 2)))
        level3 = self.conv3b(self.conv3a(F.avg_pool2d(level2, 2)))
        level4 = self.conv4b(self.conv4a(F.avg_pool2d(level3, 2)))
        level5 = self.conv5b(self.conv5a(F.avg_pool2d(level4, 2)))
        return [level1, level2, level3, level4, level5, F.avg_pool2d(level5, 2)]

    def decode(self, bottom: Tensor, levels: list[Tensor]) -> Tensor:
        """Bottleneck features [B, C, H/32, W/32] and what `encode` gave, to [B, outputs, H, W]."""
        level1, level2, level3, level4, level5 = levels[:5]
        x = self.conv7b(self.conv7a(resized(bottom, 2.0)))
        x = self.conv8b(self.conv8a(resized(torch.cat((x, level5), 1), 2.0)))
        x = self.conv9b(self.conv9a(resized(torch.cat((x, level4), 1), 2.0)))
        x = self.conv10b(self.conv10a(resized(torch.cat((x, level3), 1), 2.0)))
        x = self.conv11b(self.conv11a(resized(torch.cat((x, level2), 1), 2.0)))
        x = self.fuse_conv(torch.cat((x, level1), 1))
        return in_full(self.final_conv, x)


class Motion(NamedTuple):
    """What stage 1 finds, for W windows; it does not depend on the time.

    Attributes:
        flows: [W, B, 4, H, W], from a window's first frame to its second, then back.
        bottom: [W, B, C, H/32, W/32], the bottleneck's output.
    """

    flows: Tensor
    bottom: Tensor


class Synthesis(NamedTuple):
    """What stage 2 makes of the middle window at one time.

    Attributes:
        frame: [B, 3, H, W], normalised like the input.
        raw: [B, 5, H, W], the second U-Net's output.
        flow_t1, flow_t0: [B, 2, H, W], flow from t to the second and first frame, from stage 1's alone.
        refined_t1, refined_t0: [B, 2, H, W], the same after refinement.
        visible_0: [B, 1, H, W], how far the first frame sees a pixel, in [0, 1].
    """

    frame: Tensor
    raw: Tensor
    flow_t1: Tensor
    flow_t0: Tensor
    refined_t1: Tensor
    refined_t0: Tensor
    visible_0: Tensor


class View(NamedTuple):
    """A window before synthesis: its frames, the flows from t to them, and stage 2's features."""

    pair: Tensor
    flow_t1: Tensor
    flow_t0: Tensor
    encoded: list[Tensor]


class SuperSloMo(nn.Module):
    """Both stages. `motion` once a sample, then `synthesise` once a time.

    Args:
        bottleneck: "conv" (Super SloMo), "convlstm" or "convgru" (SuperSloMo-R).
        width: channels of the first level; 32 in the released networks.
    """

    def __init__(self, bottleneck: Bottleneck, width: int = 32) -> None:
        super().__init__()
        self.stage1_model = UNet(6, 4, bottleneck, cross=0, width=width)
        self.stage2_model = UNet(16, 5, bottleneck, cross=16 * width, width=width)

    def motion(self, frames: Tensor) -> Motion:
        """Flow within each of the N - 1 windows of [B, N, 3, H, W]; H and W are multiples of 32."""
        # A window at a time: larger tensors fall out of the processor's cache.
        return self.motion_of([self.stage1_model.encode(pair) for pair in windows(frames)])

    def motion_of(self, encoded: Sequence[list[Tensor]]) -> Motion:
        """Flow within each window, from what stage 1's `encode` gave for it."""
        unet = self.stage1_model
        bottom = unet.conv6(torch.stack([levels[-1] for levels in encoded]))
        flows = [unet.decode(one, levels) for one, levels in zip(bottom, encoded, strict=True)]
        return Motion(torch.stack(flows), bottom)

    def synthesise(self, frames: Tensor, motion: Motion, time: float | Tensor) -> Synthesis:
        """The frame at `time` in (0, 1) of the middle window; arguments as given to and by `motion`.

        Args:
            time: one for all samples, or [B, 1, 1, 1].
        """
        middle = len(motion.flows) // 2
        bottoms = []
        for index, (pair, flow) in enumerate(zip(windows(frames), motion.flows, strict=True)):
            view = self._view(pair, flow, time)
            bottoms.append(view.encoded[-1])
            if index == middle:  # the other windows only speak through the bottleneck
                kept = view
        bottom = self.stage2_model.conv6.at(torch.stack(bottoms), middle)
        return self._decoded(kept, bottom, motion.bottom[middle], time)

    def synthesise_all(self, frames: Tensor, motion: Motion, time: float | Tensor) -> list[Synthesis]:
        """The frame at `time` of every window, as training wants them; arguments as for `synthesise`."""
        views = [
            self._view(pair, flow, time) for pair, flow in zip(windows(frames), motion.flows, strict=True)
        ]
        bottoms = self.stage2_model.conv6(torch.stack([view.encoded[-1] for view in views]))
        return [
            self._decoded(view, bottom, cross, time)
            for view, bottom, cross in zip(views, bottoms, motion.bottom, strict=True)
        ]

    def _view(self, pair: Tensor, flow: Tensor, time: float | Tensor) -> View:
        """A window as seen from `time`: flows to both frames, and what stage 2 encodes of them."""
        flow_t0, flow_t1 = flows_at(time, *flow.chunk(2, dim=1))
        return View(pair, flow_t1, flow_t0, self.stage2_model.encode(_stage2_input(pair, flow_t1, flow_t0)))

    def _decoded(self, view: View, bottom: Tensor, cross: Tensor, time: float | Tensor) -> Synthesis:
        """The frame of a window, from stage 2's bottleneck and stage 1's."""
        raw = self.stage2_model.decode(torch.cat((bottom, cross), 1), view.encoded)
        return _synthesis(view.pair, raw, view.flow_t1, view.flow_t0, time)


def windows(frames: Tensor) -> Iterator[Tensor]:
    """The N - 1 neighbouring pairs of [B, N, 3, H, W], each [B, 6, H, W] in channels_last memory."""
    for index in range(frames.shape[1] - 1):
        pair = frames[:, index : index + 2].flatten(1, 2)
        yield pair.contiguous(memory_format=torch.channels_last)


def _stage2_input(pair: Tensor, flow_t1: Tensor, flow_t0: Tensor) -> Tensor:
    """[B, 16, H, W]: the second frame comes first."""
    frame0, frame1 = pair.chunk(2, dim=1)
    warped1, warped0 = backward_warp(frame1, flow_t1), backward_warp(frame0, flow_t0)
    return joined(frame1, warped1, flow_t1, flow_t0, warped0, frame0)


def _synthesis(
    pair: Tensor, raw: Tensor, flow_t1: Tensor, flow_t0: Tensor, time: float | Tensor
) -> Synthesis:
    """Warp by the refined flows and blend."""
    frame0, frame1 = pair.chunk(2, dim=1)
    logit, delta_t1, delta_t0 = torch.split(raw.float(), [1, 2, 2], dim=1)
    refined_t1, refined_t0 = flow_t1 + delta_t1, flow_t0 + delta_t0
    visible_0 = (-logit).sigmoid()  # the logit is the second frame's
    warped_0, warped_1 = backward_warp(frame0, refined_t0), backward_warp(frame1, refined_t1)
    frame = blend(time, warped_0, warped_1, visible_0)
    return Synthesis(frame, raw, flow_t1, flow_t0, refined_t1, refined_t0, visible_0)
