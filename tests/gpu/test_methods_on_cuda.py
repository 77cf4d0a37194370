"""Every learned method on CUDA gives what it gives on the CPU, and shared operators do too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from vfibench.frames.resize import reduced
from vfibench.methods.resolving import resolve
from vfibench.registry import METHODS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

LEARNED = [card.name for card in METHODS.cards() if card.learned]
BF16_LOSS = 30.0  # dB that autocast must keep of random, untrained networks: it works, no more is said


@pytest.fixture(autouse=True)
def plain_float32() -> Iterator[None]:
    """Convolutions in float32 proper."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


def frames_for(name: str) -> torch.Tensor:
    card = METHODS.card(name)
    side = max(64, card.padding.multiple)
    smooth = torch.rand(1, card.inputs[0] * 3, 9, 9, generator=torch.Generator().manual_seed(0))
    picture = torch.nn.functional.interpolate(smooth, (side, side), mode="bicubic").clamp(0, 1)
    return picture.unflatten(1, (card.inputs[0], 3))


def predicted(name: str, device: str, precision: torch.dtype | None = None) -> torch.Tensor:
    adapter = resolve(name, "random", scoring=False).open(torch.device(device))
    with torch.inference_mode(), torch.autocast(device, precision, precision is not None):
        return adapter.predict(frames_for(name).to(device), (0.5,)).float().cpu()


@pytest.mark.parametrize("name", LEARNED)
def test_a_network_gives_on_cuda_what_it_gives_on_the_cpu(name):
    ours, theirs = predicted(name, "cuda"), predicted(name, "cpu")
    beyond = (ours - theirs).abs() > 2e-3 * max(1.0, float(theirs.abs().max()))
    jumps = 0.1 if name == "dain" else 0.0  # adaptive warping jumps where a flow leads to a whole pixel
    assert beyond.float().mean() <= jumps


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", LEARNED)
def test_a_network_runs_under_autocast(name, precision):
    found = predicted(name, "cuda", precision)
    assert found.isfinite().all()
    error = (found - predicted(name, "cuda")).square().mean()
    assert -10 * error.clamp(min=1e-12).log10() > BF16_LOSS


def test_reducing_is_the_same_to_the_bit():
    frames = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    assert torch.equal(reduced(frames, 4), reduced(frames.cuda(), 4).cpu())


def test_splatting_is_repeatable_where_that_is_asked_for():
    adapter = resolve("softsplat", "random", scoring=False).open(torch.device("cuda"))
    given = frames_for("softsplat").cuda()
    torch.use_deterministic_algorithms(True)
    try:
        with torch.inference_mode():
            found = [adapter.predict(given, (0.5,)) for _ in range(3)]
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(torch.equal(found[0], other) for other in found[1:])
