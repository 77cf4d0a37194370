"""Every method: scores of the same triplets on the CPU and on the device, in each precision; and again."""

from __future__ import annotations

import torch

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts
from benchmarks.gpu.clocks import MODES, mode
from benchmarks.gpu.material import given, methods, opened, triplets, weights_of
from vfibench.contracts import AdapterCard
from vfibench.frames.padding import crop
from vfibench.metrics.scorer import Scorer

COLUMNS = ["psnr", "ssim", "ssim3d", "ie"]


def ask() -> None:
    """One method after the other, the most important ones first."""
    for name in asking.few(methods(), on_cpu=2):
        asking.ask(str(name), lambda name=str(name): compared(name), 40 if CPU else 30)


def compared(name: str) -> Facts:
    """What each precision changes in scores and pixels, and whether a prediction can be had again."""
    inputs, targets = triplets(2 if CPU else 3 if name == "dain" else 20)
    adapter, card = opened(name, "cpu")
    with torch.inference_mode():
        theirs = predicted(adapter, card, inputs)
        expected = Scorer(COLUMNS, torch.device("cpu"))(theirs, targets)
    adapter, card = opened(name, DEVICE)
    scorer = Scorer(COLUMNS, torch.device(DEVICE))
    inputs, on_device = inputs.to(DEVICE), targets.to(DEVICE)
    found = {}
    for precision in MODES:
        with mode(precision):
            ours = predicted(adapter, card, inputs)
        scores = {column: values.cpu() for column, values in scorer(ours, on_device).items()}
        off = {column: scores[column] - expected[column] for column in COLUMNS}
        error = (ours.cpu().double() - theirs.double()).square().mean()
        found[precision] = {
            "psnr_mean": float(off["psnr"].mean()),
            **{f"{column}_worst": float(off[column].abs().max()) for column in COLUMNS},
            "agreement_db": float(-10 * error.clamp(min=1e-20).log10()),
            "finite": bool(ours.isfinite().all()),
        }
    return {
        "weights": "own" if name.endswith("-starter") else "made up" if weights_of(name) else "random",
        "psnr_cpu": float(expected["psnr"].mean()),
        "samples": len(inputs),
        "modes": found,
        **repeated(adapter, card, inputs[:2]),
    }


def predicted(adapter: object, card: AdapterCard, inputs: torch.Tensor, batch: int = 4) -> torch.Tensor:
    """[K, 3, H, W] raw predictions at the midpoint, cropped as the harness does."""
    height, width = (side // card.scale for side in inputs.shape[-2:])
    parts = []
    for start in range(0, len(inputs), batch):
        raw = adapter.predict(given(card, inputs[start : start + batch]), (0.5,)).float()
        parts.append(crop(raw, height, width, card.padding, card.scale)[:, 0])
    return torch.cat(parts)


def repeated(adapter: object, card: AdapterCard, inputs: torch.Tensor) -> dict[str, object]:
    """Whether two samples are the same to the bit again, in another batch, and where torch is asked to."""
    with mode("fp32"):
        again = [predicted(adapter, card, inputs) for _ in range(3)]
        alone = predicted(adapter, card, inputs, batch=1)
    return {
        "again_differs_by": max(float((again[0] - other).abs().max()) for other in again[1:]),
        "batch_of_1_differs_by": float((again[0] - alone).abs().max()),
        "deterministic_algorithms": deterministic(adapter, card, inputs),
    }


def deterministic(adapter: object, card: AdapterCard, inputs: torch.Tensor) -> str:
    """What torch.use_deterministic_algorithms(True) makes of a prediction."""
    torch.use_deterministic_algorithms(True)
    try:
        with mode("fp32"):
            one, other = (predicted(adapter, card, inputs) for _ in range(2))
        return "equal" if torch.equal(one, other) else f"differ by {float((one - other).abs().max()):.2g}"
    except RuntimeError as error:
        return f"refused: {error}"[:160]
    finally:
        torch.use_deterministic_algorithms(False)
