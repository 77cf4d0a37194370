"""How long scoring takes: ours against scikit-image, a dense 3-D convolution and pytorch_msssim.

    python benchmarks/scoring.py --data-root ../shared/data

Every arm scores the same in-memory pairs (UCF101, the mean of two frames) in the same run, in turn, on the
same number of threads; times are medians over the rounds, ratios are to ours. Each arm's scores must equal
ours within 2e-4. Decoding is not part of it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn import functional

from vfibench.frames.files import read_image
from vfibench.metrics.scorer import Scorer
from vfibench.metrics.windows import taps

TOLERANCE = 2e-4
Scores = dict[str, list[float]]
Arm = Callable[[torch.Tensor, torch.Tensor], Scores]


def ours(predicted: torch.Tensor, target: torch.Tensor) -> Scores:
    scores = Scorer(["psnr", "ssim", "ssim3d"], predicted.device)(predicted, target)
    return {name: values.tolist() for name, values in scores.items()}


def scikit_image(predicted: torch.Tensor, target: torch.Tensor) -> Scores:
    """PSNR and Gaussian SSIM, as our definition says, one picture at a time."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    rounded = (predicted * 255).clamp(0, 255).round().to(torch.uint8)
    pairs = [(x.numpy(), y.numpy()) for x, y in zip(rounded, target, strict=True)]
    return {
        "psnr": [peak_signal_noise_ratio(y, x, data_range=255) for x, y in pairs],
        "ssim": [structural_similarity(y, x, channel_axis=0, data_range=255, **options) for x, y in pairs],
    }


def dense_volume(predicted: torch.Tensor, target: torch.Tensor) -> Scores:
    """The volume SSIM by an 11x11x11 convolution in float32 on the unit scale, as its authors' scripts do."""
    axis = torch.tensor(taps("volume"))
    window = (axis[:, None, None] * axis[:, None] * axis)[None, None]
    rounded = (predicted * 255).clamp(0, 255).round() / 255
    return {"ssim3d": [volume_ssim(x, y, window) for x, y in zip(rounded, target / 255, strict=True)]}


def volume_ssim(x: torch.Tensor, y: torch.Tensor, window: torch.Tensor) -> float:
    def mean(volume: torch.Tensor) -> torch.Tensor:
        return functional.conv3d(functional.pad(volume[None, None], (5,) * 6, mode="replicate"), window)

    mean_x, mean_y = mean(x), mean(y)
    covariance = mean(x * y) - mean_x * mean_y
    variances = mean(x * x) - mean_x**2 + mean(y * y) - mean_y**2
    above = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    below = (mean_x**2 + mean_y**2 + 0.01**2) * (variances + 0.03**2)
    return float((above / below).mean())


def msssim_package(predicted: torch.Tensor, target: torch.Tensor) -> Scores:
    """pytorch_msssim's SSIM, one picture at a time."""
    from pytorch_msssim import ssim

    rounded = (predicted * 255).clamp(0, 255).round().contiguous()
    pairs = zip(rounded, target.float().contiguous(), strict=True)
    return {"ssim": [float(ssim(x[None], y[None], data_range=255)) for x, y in pairs]}


def load_pairs(root: Path, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Means of two frames and their targets, [B, 3, 256, 256], in the memory layout the runner gives."""
    folders = sorted(path for path in (root / "ucf101_interp_ours").iterdir() if path.is_dir())[:count]
    first, target, second = (
        torch.stack([torch.from_numpy(read_image(folder / name)) for folder in folders])
        for name in ("frame_00.png", "frame_01_gt.png", "frame_02.png")
    )
    return (first.float() + second.float()) / 2 / 255, target


def arms() -> dict[str, Arm]:
    found = {"ours (psnr, ssim, ssim3d)": ours, "scikit-image (psnr, ssim)": scikit_image}
    found |= {"dense conv3d (ssim3d)": dense_volume}
    try:
        import pytorch_msssim  # noqa: F401
    except ImportError:
        return found
    return found | {"pytorch_msssim (ssim)": msssim_package}


def check(name: str, scores: Scores, reference: Scores) -> None:
    """Every arm computes what we compute, or the comparison means nothing."""
    for metric, values in scores.items():
        off = max(abs(a - b) for a, b in zip(values, reference[metric], strict=True))
        if off > TOLERANCE:
            raise SystemExit(f"{name}: {metric} differs by {off:.2e}, more than {TOLERANCE}")


def measure(predicted: torch.Tensor, target: torch.Tensor, rounds: int) -> dict[str, float]:
    """Median seconds a pair of every arm, arms taking turns; the first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in arms()}
    reference = ours(predicted, target)
    for turn in range(rounds + 1):
        for name, arm in arms().items():
            start = time.perf_counter()
            scores = arm(predicted, target)
            elapsed = time.perf_counter() - start
            check(name, scores, reference)
            if turn:
                times[name].append(elapsed / len(target))
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True, help="folder with ucf101_interp_ours")
    parser.add_argument("--pairs", type=int, default=12, help="pairs to score in a round")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds")
    parser.add_argument("--threads", type=int, default=1, help="torch's threads, for every arm")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    medians = measure(*load_pairs(options.data_root, options.pairs), options.rounds)
    base = next(iter(medians.values()))
    print(f"{options.pairs} pairs of 256x256, {options.rounds} rounds, {options.threads} thread(s)")
    for name, seconds in medians.items():
        rate, ratio = 1 / seconds, seconds / base
        print(f"{name:28} {seconds * 1e3:8.2f} ms a pair {rate:8.1f} pairs/s {ratio:6.1f} x ours")


if __name__ == "__main__":
    main()
