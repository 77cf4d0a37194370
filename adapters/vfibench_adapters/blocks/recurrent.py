"""Convolutional recurrent networks: ConvLSTM and ConvGRU cells, a stack of cells, and a bidirectional pair.

A cell splits its work in two, so that what depends on the input alone is computed for the whole sequence
at once: `project` maps inputs to gate pre-activations, `step` adds what the state contributes. Any cell
with these two methods fits the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What a cell keeps between steps; the first tensor is its output."""


class Cell(Protocol):
    """One recurrent cell: see the module's docstring."""

    def project(self, inputs: Tensor) -> Tensor:
        """[M, C, H, W] inputs to [M, K, H, W] pre-activations."""

    def step(self, projected: Tensor, state: State | None) -> State:
        """[B, K, H, W] pre-activations and the state before (None is all zeros) to the state after."""


class ConvLSTMCell(nn.Module):
    """ConvLSTM cell without peepholes (Shi et al., 2015, arXiv 1506.04214; no W_c terms).

    One convolution of [input, hidden state] gives the gates in the order input, forget, output, candidate:
    c' = forget * c + input * candidate, h' = output * tanh(c').
    """

    def __init__(self, inputs: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.inputs = inputs
        self.conv = nn.Conv2d(inputs + hidden, 4 * hidden, kernel, padding=kernel // 2)

    def project(self, inputs: Tensor) -> Tensor:
        """[M, inputs, H, W] to [M, 4 * hidden, H, W], bias included."""
        weight = self.conv.weight[:, : self.inputs]
        return F.conv2d(inputs, weight, self.conv.bias, padding=self.conv.padding)

    def step(self, projected: Tensor, state: State | None) -> State:
        """Next (h, c), each [B, hidden, H, W]; without a state h and c are zero and cost nothing."""
        if state is None:
            admit, _, release, candidate = projected.chunk(4, dim=1)
            memory = admit.sigmoid() * candidate.tanh()
            return release.sigmoid() * memory.tanh(), memory
        hidden, memory = state
        recurrent = F.conv2d(hidden, self.conv.weight[:, self.inputs :], padding=self.conv.padding)
        admit, forget, release, candidate = (projected + recurrent).chunk(4, dim=1)
        memory = forget.sigmoid() * memory + admit.sigmoid() * candidate.tanh()
        return release.sigmoid() * memory.tanh(), memory


class ConvGRUCell(nn.Module):
    """ConvGRU cell (Ballas et al., 2016, arXiv 1511.06432).

    Each gate is a convolution of [input, hidden state]; the candidate's sees the hidden state through the
    reset gate, and the update gate says how much of the candidate is taken:
    h' = (1 - update) * h + update * tanh(conv[x, reset * h]).
    """

    def __init__(self, inputs: int, hidden: int, kernel: int = 3) -> None:
        super().__init__()
        self.inputs = inputs
        self.update_gate = nn.Conv2d(inputs + hidden, hidden, kernel, padding=kernel // 2)
        self.reset_gate = nn.Conv2d(inputs + hidden, hidden, kernel, padding=kernel // 2)
        self.out_gate = nn.Conv2d(inputs + hidden, hidden, kernel, padding=kernel // 2)

    def project(self, inputs: Tensor) -> Tensor:
        """[M, inputs, H, W] to [M, 3 * hidden, H, W]: update, reset, candidate, biases included."""
        gates = self.update_gate, self.reset_gate, self.out_gate
        parts = [
            F.conv2d(inputs, gate.weight[:, : self.inputs], gate.bias, padding=gate.padding) for gate in gates
        ]
        return torch.cat(parts, 1)

    def step(self, projected: Tensor, state: State | None) -> State:
        """Next (h,), [B, hidden, H, W]; without a state h is zero and costs nothing."""
        update, reset, candidate = projected.chunk(3, dim=1)
        if state is None:
            return (update.sigmoid() * candidate.tanh(),)
        (hidden,) = state
        reset = (reset + self._recurrent(self.reset_gate, hidden)).sigmoid()
        candidate = (candidate + self._recurrent(self.out_gate, hidden * reset)).tanh()
        update = (update + self._recurrent(self.update_gate, hidden)).sigmoid()
        return (hidden * (1 - update) + candidate * update,)

    def _recurrent(self, gate: nn.Conv2d, hidden: Tensor) -> Tensor:
        """What the hidden state adds to a gate."""
        return F.conv2d(hidden, gate.weight[:, self.inputs :], padding=gate.padding)


class RecurrentStack(nn.Module):
    """Cells on top of each other, run over a sequence from zero states.

    Args:
        cell: makes a cell from (input channels, hidden channels).
        inputs, hidden: channels of the sequence and of every layer.
        layers: number of cells.
    """

    def __init__(self, cell: Callable[[int, int], nn.Module], inputs: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.cell_list = nn.ModuleList(cell(hidden if layer else inputs, hidden) for layer in range(layers))

    def forward(self, sequence: Tensor) -> Tensor:
        """[S, B, inputs, H, W] to the last layer's outputs, [S, B, hidden, H, W]."""
        for cell in self.cell_list:
            sequence = torch.stack(list(_run(cast(Cell, cell), sequence)))
        return sequence


def _run(cell: Cell, sequence: Tensor) -> Iterable[Tensor]:
    """The cell's output after each item of [S, B, C, H, W]."""
    state: State | None = None
    for projected in torch.split(cell.project(sequence.flatten(0, 1)), sequence.shape[1]):
        state = cell.step(projected, state)
        yield state[0]


class BidirectionalStack(nn.Module):
    """Two stacks with weights of their own, one from each end; outputs are [forward, reverse] channels.

    Args:
        cell: makes a cell from (input channels, hidden channels).
        inputs: channels of the sequence.
        outputs: channels of the result, half of them from each direction.
        layers: number of cells in each direction.
    """

    def __init__(self, cell: Callable[[int, int], nn.Module], inputs: int, outputs: int, layers: int) -> None:
        super().__init__()
        self.forward_net = RecurrentStack(cell, inputs, outputs // 2, layers)
        self.reverse_net = RecurrentStack(cell, inputs, outputs // 2, layers)

    def forward(self, sequence: Tensor) -> Tensor:
        """[S, B, inputs, H, W] to [S, B, outputs, H, W]."""
        onward = self.forward_net(sequence)
        back = self.reverse_net(sequence.flip(0)).flip(0)
        return torch.cat((onward, back), dim=2)

    def at(self, sequence: Tensor, index: int) -> Tensor:
        """`forward(sequence)[index]`, [B, outputs, H, W], leaving out the steps that do not reach it."""
        onward = self.forward_net(sequence[: index + 1])[-1]
        back = self.reverse_net(sequence[index:].flip(0))[-1]
        return torch.cat((onward, back), dim=1)
