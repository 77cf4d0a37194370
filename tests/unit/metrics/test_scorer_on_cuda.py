"""The same scores on an accelerator, whatever the user's speed settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from vfibench.metrics.catalog import RULES
from vfibench.metrics.scorer import Scorer

NAMES = [name for name, rule in RULES.items() if not getattr(rule, "masked", False)]


@pytest.fixture
def cuda() -> Iterator[torch.device]:
    """A CUDA device with TF32 allowed everywhere."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    yield torch.device("cuda")
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


@pytest.mark.gpu
@pytest.mark.parametrize(("height", "width"), [(256, 256), (388, 584), (720, 1280)])
def test_scores_on_cuda_are_those_on_the_cpu(cuda: torch.device, height: int, width: int):
    source = torch.Generator().manual_seed(0)
    target = (
        torch.randint(0, 256, (3, height, width, 3), generator=source).to(torch.uint8).permute(0, 3, 1, 2)
    )
    predicted = target / 255 + 0.1 * torch.randn(target.shape, generator=source)
    expected = Scorer(NAMES, torch.device("cpu"))(predicted, target)
    with torch.autocast("cuda", dtype=torch.float16):
        found = Scorer(NAMES, cuda)(predicted.to(cuda), target.to(cuda))
    for name in NAMES:
        assert found[name].device.type == "cuda"
        torch.testing.assert_close(found[name].cpu(), expected[name], rtol=0, atol=1e-5, msg=name)
