"""RIFE's losses equal those of the original training under the same made-up weights."""

from __future__ import annotations

import pytest
import torch
from golden.made_weights import made_network
from golden.parity import read_figures

from vfibench.trainable import Batch
from vfibench_adapters.rife.training import RIFEObjective

NAMES = {"student": "lap_student", "teacher": "lap_teacher", "distillation": "loss_distill"}


@pytest.mark.parametrize("name", ["rife", "rife_m"])
@torch.inference_mode()
def test_the_losses_of_the_stored_frames_are_the_originals(name, shared):
    figures = read_figures(name, shared)
    frames = torch.from_numpy(figures.arrays["frames_u8"]).permute(0, 3, 1, 2).float() / 255
    frames = frames.flip(1)  # stored as the network sees them; a batch is RGB
    objective = RIFEObjective(name, made_network(name), taught=True, distilled=True)
    found = objective(Batch(frames[None, [0, 2]], frames[None, 1:2], torch.tensor([[0.5]]), None))
    for ours, theirs in NAMES.items():
        expected = figures.info["training_check"][theirs]
        print(f"parity {name} {ours} {abs(float(found[ours]) - expected):.1e}")
        assert float(found[ours]) == pytest.approx(expected, rel=2e-6)
