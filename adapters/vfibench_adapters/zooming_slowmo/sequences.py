"""All frames of a sequence at once, as training wants them: the same numbers in fewer, larger steps.

Frames stand in the batch wherever they do not depend on each other, and the recurrence, whose directions
have one set of weights, runs both side by side. On small crops this takes less time; it takes more memory.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from vfibench_adapters.zooming_slowmo.alignment import Described, leaky
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo
from vfibench_adapters.zooming_slowmo.recurrence import PreparedFrame


def all_frames(network: ZoomingSlowMo, frames: Tensor) -> Tensor:
    """[B, N, 3, H, W] to [B, 2N - 1, 3, 4H, 4W]: the frames enlarged, and those half-way between them.

    Args:
        frames: N at least 2, H and W multiples of 4.
    """
    batch = len(frames)
    rows = frames.transpose(0, 1).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    features = network.feature_extraction(leaky(network.conv_first(rows)))
    onward, back = _both_ways(network, _with_those_between(network, features, batch), batch)
    pictures = network.reconstruct(network.ConvBLSTM.conv_1x1(torch.cat((onward, back), 1)))
    return cast(Tensor, pictures.unflatten(0, (-1, batch))).transpose(0, 1)


def _with_those_between(network: ZoomingSlowMo, features: Tensor, batch: int) -> Tensor:
    """Features of N frames, [N * B, C, H, W], to those of 2N - 1, the missing ones in their places."""
    levels = network.levels(features)
    first = network.describe([level[:-batch] for level in levels])
    between = network.between(first, [level[batch:] for level in levels])
    own, made = features.split(batch), between.split(batch)
    return torch.cat([own[0], *(each for pair in zip(made, own[1:], strict=True) for each in pair)])


def _both_ways(network: ZoomingSlowMo, sequence: Tensor, batch: int) -> tuple[Tensor, Tensor]:
    """Outputs of the recurrence, [S * B, C, H, W] each: onward and back, in the order of the sequence."""
    net = network.ConvBLSTM.forward_net
    steps = _steps(net.prepare(sequence), batch)
    made = net(_side_by_side(one, other) for one, other in zip(steps, reversed(steps), strict=True))
    onward, back = zip(*(both.chunk(2) for both in made), strict=True)
    return torch.cat(onward), torch.cat(back[::-1])


def _steps(whole: PreparedFrame, batch: int) -> list[PreparedFrame]:
    """An item that holds a sequence, [S * B, ...], as S items."""
    return [
        PreparedFrame(*each)
        for each in zip(
            whole.features.split(batch),
            _described_steps(whole.hidden, batch),
            _described_steps(whole.memory, batch),
            whole.gates.split(batch),
            strict=True,
        )
    ]


def _described_steps(whole: Described, batch: int) -> list[Described]:
    levels = zip(*(level.split(batch) for level in whole.levels if level is not None), strict=True)
    shares = zip(*(share.split(batch) for share in whole.shares.values()), strict=True)
    return [
        Described(level, dict(zip(whole.shares, share, strict=True)))
        for level, share in zip(levels, shares, strict=True)
    ]


def _side_by_side(one: PreparedFrame, other: PreparedFrame) -> PreparedFrame:
    """Two items in one batch."""
    return PreparedFrame(
        torch.cat((one.features, other.features)),
        _both_described(one.hidden, other.hidden),
        _both_described(one.memory, other.memory),
        torch.cat((one.gates, other.gates)),
    )


def _both_described(one: Described, other: Described) -> Described:
    levels = [
        torch.cat((a, b))
        for a, b in zip(one.levels, other.levels, strict=True)
        if a is not None and b is not None
    ]
    shares = {key: torch.cat((share, other.shares[key])) for key, share in one.shares.items()}
    return Described(levels, shares)
