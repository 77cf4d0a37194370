"""How Super SloMo and SuperSloMo-R are trained: the SreenivasVRao recipe's losses, in normalised space."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vfibench.contracts import IMAGENET_MEAN, IMAGENET_STD
from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench.weights.reading import read_checkpoint
from vfibench_adapters.blocks.initial import he_initial
from vfibench_adapters.blocks.perceptual import VGGFeatures, perceptual_network
from vfibench_adapters.blocks.warp import backward_warp
from vfibench_adapters.superslomo.adapter import stage_weights
from vfibench_adapters.superslomo.network import Bottleneck, Motion, SuperSloMo, Synthesis, windows
from vfibench_adapters.training import check_losses, check_network, check_sizes

LOSSES = ("reconstruction", "warping", "perceptual", "flow")


class SuperSloMoObjective(nn.Module):
    """Losses over all windows of a sample; every window has its target at the same time of its own.

    Args:
        network: what is trained.
        features: the perceptual loss's VGG-16, or None for a recipe without.
        flow: whether the flow loss is wanted.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: SuperSloMo, features: VGGFeatures | None, flow: bool) -> None:
        super().__init__()
        self.network, self.features, self.flow = network, features, flow
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The losses, averaged over windows and samples.

        reconstruction: L1. warping: L1 of each frame of a window warped to the other by stage 1's flow and to
        the target by the refined flow. perceptual: mean squared difference of VGG-16's relu4_3. flow (not in
        the original recipe): L1, in pixels, of stage 1's flow, where the source knows the motion.

        Args:
            batch: of N frames, with a target in every window.

        Raises:
            VfibenchError: the batch has another number of targets, or they are of another size.
        """
        windows_there, given = batch.frames.shape[1] - 1, batch.targets.shape[1]
        if given != windows_there:
            message = f"expected a target in each of the {windows_there} windows, found {given} targets"
            raise VfibenchError(message, 'say targets = "windows" in [data]')
        check_sizes("Super SloMo", batch)
        frames, targets = self._normalised(batch.frames), self._normalised(batch.targets)
        motion = self.network.motion(frames)
        made = self.network.synthesise_all(frames, motion, _time(batch))
        truth = targets.transpose(0, 1)  # [W, B, 3, H, W]
        pictures = torch.stack([each.frame for each in made])
        losses = {
            "reconstruction": F.l1_loss(pictures, truth),
            "warping": _warping(frames, truth, motion, made),
        }
        if self.features is not None:
            found, wanted = self.features(pictures.flatten(0, 1)), self.features(truth.flatten(0, 1))
            losses["perceptual"] = F.mse_loss(found, wanted)
        if self.flow and batch.flows is not None:
            losses["flow"] = F.l1_loss(motion.flows.float(), batch.flows.transpose(0, 1))
        return losses

    def predict(self, batch: Batch) -> Tensor:
        """[B, T, 3, H, W] for targets within the middle window or one in each."""
        frames = self._normalised(batch.frames)
        motion, time = self.network.motion(frames), _time(batch)
        if batch.times.shape[1] == 1:
            made = [self.network.synthesise(frames, motion, time)]
        else:
            made = self.network.synthesise_all(frames, motion, time)
        return torch.stack([each.frame for each in made], dim=1) * self.std + self.mean

    def _normalised(self, frames: Tensor) -> Tensor:
        return (frames - self.mean) / self.std


def _time(batch: Batch) -> Tensor:
    """The place of the targets in their windows, [B, 1, 1, 1]: the middle window is that from 0 to 1."""
    return batch.times[:, batch.times.shape[1] // 2].view(-1, 1, 1, 1)


def _warping(frames: Tensor, truth: Tensor, motion: Motion, made: list[Synthesis]) -> Tensor:
    total = frames.new_zeros(())
    for pair, target, flow, each in zip(windows(frames), truth, motion.flows, made, strict=True):
        first, second = pair.chunk(2, dim=1)
        onward, back = flow.chunk(2, dim=1)
        total = total + F.l1_loss(backward_warp(second, onward), first)
        total = total + F.l1_loss(backward_warp(first, back), second)
        total = total + F.l1_loss(backward_warp(first, each.refined_t0), target)
        total = total + F.l1_loss(backward_warp(second, each.refined_t1), target)
    return total / len(made)


class SuperSloMoTraining:
    """`vfibench.trainable.Trainable` of one bottleneck."""

    method = "superslomo"
    bottleneck: Bottleneck = "conv"

    def objective(
        self, network: Mapping[str, object], losses: frozenset[str]
    ) -> tuple[SuperSloMoObjective, list[str]]:
        """Build the network of `width` (32 in the paper's) and its losses.

        With `he_initial`, signals keep their size from layer to layer at first, see `blocks.initial`.
        """
        options = check_network(self.method, network, {"width": 32, "he_initial": False})
        check_losses(self.method, losses, LOSSES)
        if losses == {"flow"}:  # stage 2 would learn nothing
            message = f"[losses]: expected reconstruction or warping too for {self.method}, found flow alone"
            raise VfibenchError(message, "flow is an addition to them")
        built = SuperSloMo(self.bottleneck, options["width"])
        if options["he_initial"]:
            cells = (".conv6.forward_net", ".conv6.reverse_net")  # gates keep PyTorch's own values
            layers = [each for name, each in built.named_modules() if not any(cell in name for cell in cells)]
            he_initial(layers, 0.1, (built.stage1_model.final_conv, built.stage2_model.final_conv), 0.1)
        features, missing = perceptual_network() if "perceptual" in losses else (None, "")
        return SuperSloMoObjective(built, features, "flow" in losses), [missing] if missing else []

    def weights(self, path: Path) -> dict[str, Tensor]:
        """Both stages' tensors in the released or an exported file."""
        return stage_weights(read_checkpoint(path), path)


class ConvLSTMTraining(SuperSloMoTraining):
    """SuperSloMo-R, ConvLSTM."""

    method = "convlstm"
    bottleneck = "convlstm"


class ConvGRUTraining(SuperSloMoTraining):
    """SuperSloMo-R, ConvGRU."""

    method = "convgru"
    bottleneck = "convgru"
