"""Bidirectional deformable ConvLSTM: its states are aligned with the input before every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from vfibench_adapters.blocks.recurrent import ConvLSTMCell, State
from vfibench_adapters.zooming_slowmo.alignment import Alignment, Described, Levels


@dataclass
class PreparedFrame:
    """One item of a sequence, prepared: all that depends on it alone, the same in every window and direction.

    Attributes:
        features: [B, C, H, W].
        hidden, memory: as the alignments of the two states take them.
        gates: what it contributes to the cell's gates.
        begun: the state after it where it comes first, once that was asked for.
    """

    features: Tensor
    hidden: Described
    memory: Described
    gates: Tensor
    begun: State | None = None


class DeformableConvLSTM(nn.Module):
    """One direction; h and c are aligned by networks of their own, with the input as first features."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.cell_list = nn.ModuleList([ConvLSTMCell(channels, channels)])
        self.pcd_h = Alignment(channels, groups)
        self.pcd_c = Alignment(channels, groups)

    @property
    def cell(self) -> ConvLSTMCell:
        """The one cell."""
        return cast(ConvLSTMCell, self.cell_list[0])

    def prepare(self, features: Tensor) -> PreparedFrame:
        """[B, C, H, W], H and W multiples of 4, to an item of a sequence."""
        hidden, memory = (pcd.describe(pcd.levels(features)) for pcd in (self.pcd_h, self.pcd_c))
        return PreparedFrame(features, hidden, memory, self.cell.project(features))

    def forward(self, items: Iterable[PreparedFrame]) -> Iterator[Tensor]:
        """The output [B, C, H, W] after each item, from zero states."""
        state = None
        for item in items:
            state = self._begin(item) if state is None else self._go_on(item, state)
            yield state[0]

    def _begin(self, item: PreparedFrame) -> State:
        """The state after a first item."""
        if item.begun is None:
            zeros = [pcd.levels_of_zeros(item.features) for pcd in (self.pcd_h, self.pcd_c)]
            item.begun = self._step(item, *zeros)
        return item.begun

    def _go_on(self, item: PreparedFrame, state: State) -> State:
        hidden, memory = state
        return self._step(item, self.pcd_h.levels(hidden), self.pcd_c.levels(memory))

    def _step(self, item: PreparedFrame, hidden: Levels, memory: Levels) -> State:
        aligned = self.pcd_h.between(item.hidden, hidden), self.pcd_c.between(item.memory, memory)
        return self.cell.step(item.gates, aligned)


class BidirectionalDeformableConvLSTM(nn.Module):
    """One set of weights run from both ends; a 1x1 convolution joins [forward, backward]."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.forward_net = DeformableConvLSTM(channels, groups)
        self.conv_1x1 = nn.Conv2d(2 * channels, channels, 1)

    def at(self, items: Sequence[PreparedFrame], indices: Sequence[int]) -> list[Tensor]:
        """Outputs [B, C, H, W] at `indices`, in their order; steps that reach none of them are left out."""
        first, last = min(indices), max(indices)
        onward = list(self.forward_net(items[: last + 1]))
        back = list(self.forward_net(items[index] for index in range(len(items) - 1, first - 1, -1)))[::-1]
        pairs = [(onward[index], back[index - first]) for index in indices]
        return [self.conv_1x1(torch.cat(pair, dim=1)) for pair in pairs]
