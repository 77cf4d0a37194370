"""How Zooming Slow-Mo is trained: the Charbonnier distance of the enlarged frames and those in between."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench_adapters.loading import tensors_in
from vfibench_adapters.training import check_losses, check_network
from vfibench_adapters.zooming_slowmo.initial import COLOURS, start_as_enlargement
from vfibench_adapters.zooming_slowmo.network import ZoomingSlowMo
from vfibench_adapters.zooming_slowmo.sequences import all_frames

METHOD = "zooming-slowmo"
EPSILON = 1e-6


class ZoomingSlowMoObjective(nn.Module):
    """The loss over all 2N - 1 frames of a sample.

    Args:
        network: what is trained.
    """

    def __init__(self, network: ZoomingSlowMo) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The losses.

        charbonnier: sqrt(difference^2 + 1e-6), summed over frames, channels and pixels of a sample. The
        original recipe also sums over the samples of a batch; here it is their mean, so that the weight 16
        for a batch of 16 gives its loss. Adam's steps hardly depend on it.

        Args:
            batch: N frames and all 2N - 1 targets of four times the size.

        Raises:
            VfibenchError: other targets.
        """
        _check(batch)
        made = all_frames(self.network, batch.frames)
        return {"charbonnier": charbonnier(made, batch.targets)}

    def predict(self, batch: Batch) -> Tensor:
        """[B, T, 3, 4h, 4w]; every sample may have times of its own, multiples of 1/2."""
        made = all_frames(self.network, batch.frames)
        places = (2 * (batch.times - 1) + batch.frames.shape[1]).long()
        return made[torch.arange(len(made), device=made.device).unsqueeze(1), places]


def _check(batch: Batch) -> None:
    count, small, large = batch.frames.shape[1], batch.frames.shape[-1], batch.targets.shape[-1]
    expected, found = (2 * count - 1, 4 * small), (batch.targets.shape[1], large)
    if found != expected:
        wanted = f"expected {expected[0]} targets, {expected[1]} pixels wide"
        message = f"{METHOD}: {wanted}, found {found[0]} of {found[1]}"
        raise VfibenchError(message, 'set targets = "all" and scale = 4 in [data]')


def charbonnier(made: Tensor, truth: Tensor) -> Tensor:
    """Charbonnier distance of [B, ...], summed over each sample, then averaged over samples; in float32."""
    apart = made.float() - truth.float()
    return apart.square().add(EPSILON).sqrt().flatten(1).sum(1).mean()


class ZoomingSlowMoTraining:
    """`vfibench.trainable.Trainable` of Zooming Slow-Mo."""

    def objective(
        self, network: Mapping[str, object], losses: frozenset[str]
    ) -> tuple[ZoomingSlowMoObjective, list[str]]:
        """Build the network of `channels`, `groups`, `front` and `back`, and its loss.

        With `enlarging`, training starts from parameters with which the network enlarges and blends; see
        `vfibench_adapters.zooming_slowmo.initial`.

        Raises:
            VfibenchError: as the protocol says, or groups that do not divide the channels.
        """
        defaults = {"channels": 64, "groups": 8, "front": 5, "back": 40, "enlarging": False}
        options = check_network(METHOD, network, defaults)
        check_losses(METHOD, losses, ("charbonnier",))
        channels, groups = options["channels"], options["groups"]
        if channels % groups:
            message = f"[network] groups: expected a divisor of {channels} channels, found {groups}"
            raise VfibenchError(message, "each group moves as many channels as the others")
        if options["enlarging"] and channels < COLOURS:
            message = f"[network] channels: expected {COLOURS} or more, found {channels}"
            raise VfibenchError(message, "enlarging = true lets three channels carry the picture")
        built = ZoomingSlowMo(channels, groups, options["front"], options["back"])
        if options["enlarging"]:
            start_as_enlargement(built)
        return ZoomingSlowMoObjective(built), []

    def weights(self, path: Path) -> dict[str, Tensor]:
        """The network's tensors in the released or an exported file."""
        return tensors_in(path)
