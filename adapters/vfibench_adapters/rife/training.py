"""How RIFE and RIFE_m are trained: a student that flows, and a teacher that has seen the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from vfibench.errors import VfibenchError
from vfibench.trainable import Batch
from vfibench_adapters.blocks.initial import he_initial
from vfibench_adapters.loading import tensors_in
from vfibench_adapters.rife.cards import RIFE, RIFE_M
from vfibench_adapters.rife.losses import distillation, laplacian_l1
from vfibench_adapters.rife.network import CONTEXT, WIDTHS, FlowBlock, IFNet
from vfibench_adapters.training import check_losses, check_network, check_sizes

LOSSES = ("student", "teacher", "distillation")
DEFAULTS = {
    "width0": WIDTHS[0],
    "width1": WIDTHS[1],
    "width2": WIDTHS[2],
    "context": CONTEXT,
    "he_initial": False,
}


class RIFEObjective(nn.Module):
    """The losses at one time between two frames.

    The network sees BGR, as the released ones do and as the adapter gives it.

    Args:
        name: of the method, for messages.
        network: what is trained.
        taught: whether it has a teacher, which then learns too.
        distilled: whether the student learns from the teacher's flow.
    """

    def __init__(self, name: str, network: IFNet, taught: bool, distilled: bool) -> None:
        super().__init__()
        self.name, self.network, self.taught, self.distilled = name, network, taught, distilled
        self._unseen = True

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The losses.

        student: Laplacian pyramid L1 of the frame the network gives. teacher: the same of the teacher's
        merged frame. distillation: see `vfibench_adapters.rife.losses.distillation`.

        Args:
            batch: of two frames and one target, at 1/2 for a network that is not told the time.

        Raises:
            VfibenchError: other numbers of frames or targets, or in the first batch other times.
        """
        self._check(batch)
        truth, time = batch.targets[:, 0].flip(1), batch.times[:, :1, None, None]
        context = self.network.context(batch.frames.flip(2))
        levels = self.network.estimates(context, time)
        losses = {"student": laplacian_l1(self.network.refined(context, levels[-1]), truth)}
        if self.taught:
            teacher = self.network.teacher(context, time, levels[-1], truth)
            losses["teacher"] = laplacian_l1(teacher.merged, truth)
            if self.distilled:
                losses["distillation"] = distillation(levels, teacher, truth)
        return losses

    def predict(self, batch: Batch) -> Tensor:
        """[B, T, 3, H, W]; every sample may have times of its own."""
        context = self.network.context(batch.frames.flip(2))
        times = batch.times[..., None, None, None].unbind(1)
        return torch.stack([self.network.synthesise(context, time).flip(1) for time in times], dim=1)

    def _check(self, batch: Batch) -> None:
        found = batch.frames.shape[1], batch.targets.shape[1]
        if found != (2, 1):
            raise VfibenchError(
                f"{self.name}: expected 2 frames and 1 target a sample, found {found[0]} and {found[1]}",
                'set inputs = 2 and targets = "middle" in [data]',
            )
        check_sizes(self.name, batch)
        if self._unseen and not self.network.timed:  # once: on CUDA a look at the times waits for them
            others = [time for time in batch.times.flatten().tolist() if time != 0.5]
            if others:
                message = f"{self.name}: expected targets at 0.5, found {others[0]:g}"
                raise VfibenchError(message, 'set time = "midpoint" in [data], or train rife-m')
        self._unseen = False


class RIFETraining:
    """`vfibench.trainable.Trainable` of RIFE's midpoint model."""

    card, timed = RIFE, False

    def objective(
        self, network: Mapping[str, object], losses: frozenset[str]
    ) -> tuple[RIFEObjective, list[str]]:
        """Build the network of `width0`, `width1`, `width2` (of its blocks) and `context`, and its losses.

        Without the losses "teacher" and "distillation" there is no teacher.

        Raises:
            VfibenchError: as the protocol says, or distillation from a teacher that learns nothing.
        """
        options = check_network(self.card.name, network, DEFAULTS)
        for width in ("width0", "width1", "width2"):
            if options[width] < 2:  # a block begins with half of it
                raise VfibenchError(f"[network] {width}: expected 2 or more, found {options[width]}")
        check_losses(self.card.name, losses, LOSSES)
        for needed in LOSSES[: len(losses)]:  # a later loss rests on those before it
            if needed not in losses:
                found = ", ".join(sorted(losses))
                raise VfibenchError(f"[losses]: expected {needed} too for {self.card.name}, found {found}")
        widths = options["width0"], options["width1"], options["width2"]
        taught, distilled = "teacher" in losses, "distillation" in losses
        built = IFNet(self.timed, widths, options["context"], taught)
        if options["he_initial"]:
            blocks = [each for each in built.children() if isinstance(each, FlowBlock)]
            he_initial(built.modules(), 0.25, [*(block.lastconv for block in blocks), built.unet.conv], 0.01)
        return RIFEObjective(self.card.name, built, taught, distilled), []

    def weights(self, path: Path) -> dict[str, Tensor]:
        """The network's tensors in a released or an exported file; the latter has no teacher."""
        return tensors_in(path)


class RIFEMTraining(RIFETraining):
    """RIFE_m, which is told the time."""

    card, timed = RIFE_M, True
