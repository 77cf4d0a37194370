"""The whole loop, decoding to stored scores: triplets/s against plain loops, in one run.

    python benchmarks/loop.py --data-root ../shared/data

Method `blend` on UCF101 (DVF), PSNR, SSIM and volume SSIM together. Arms, interleaved, same threads:

    vfibench   the runner, writing a run folder
    (a)        Pillow + scikit-image, one triplet after another: PSNR and Gaussian SSIM (no volume SSIM)
    (b)        PSNR and the volume SSIM by a dense 11x11x11 convolution, as RIFE's and EMA-VFI's scripts do
    (c)        decoding alone, Pillow, on the same number of threads

Each arm's scores must equal ours within 2e-4. Figures are medians over the rounds and ratios within one run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from vfibench.system.threads import settle_threads

settle_threads()
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vfibench.running.plan import Job, Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore

Scores = dict[str, dict[str, float]]
NAMES = ("frame_00.png", "frame_01_gt.png", "frame_02.png")


def ours(job: Job, threads: int, folder: Path) -> Scores:
    store = ResultStore(folder)
    Runner(store, torch.device("cpu"), workers=threads).run([job])
    return {row.sample: row.scores for row in store.results()[0].rows}


def decode(folder: Path) -> list[np.ndarray]:
    return [np.array(Image.open(folder / name).convert("RGB")) for name in NAMES]


def blend(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    mean = (first.astype(np.float32) / 255 + second.astype(np.float32) / 255) / 2
    return np.round(mean * 255).astype(np.uint8)


def plain_skimage(folders: list[Path]) -> Scores:
    scores = {}
    for folder in folders:
        first, target, second = decode(folder)
        made = blend(first, second)
        ssim = structural_similarity(
            target, made, channel_axis=-1, data_range=255, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False,
        )  # fmt: skip
        scores[folder.name] = {"psnr": peak_signal_noise_ratio(target, made, data_range=255), "ssim": ssim}
    return scores


def dense_kernel() -> torch.Tensor:
    line = torch.exp(-((torch.arange(11) - 5.0) ** 2) / (2 * 1.5**2))
    line = line / line.sum()
    return torch.einsum("i,j,k->ijk", line, line, line)[None, None]


def plain_dense(folders: list[Path]) -> Scores:
    kernel, scores = dense_kernel(), {}

    def mean(volume: torch.Tensor) -> torch.Tensor:
        return F.conv3d(F.pad(volume, (5,) * 6, mode="replicate"), kernel)

    for folder in folders:
        first, target, second = decode(folder)
        made = blend(first, second)
        x, y = (torch.from_numpy(image).permute(2, 0, 1)[None, None].float() for image in (made, target))
        mx, my = mean(x), mean(y)
        vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        ssim = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
        psnr = peak_signal_noise_ratio(target, made, data_range=255)
        scores[folder.name] = {"psnr": psnr, "ssim3d": float(ssim.mean())}
    return scores


def decode_alone(folders: list[Path], threads: int) -> Scores:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(decode, folders))
    return {}


def timed(arm: Callable[[], Scores]) -> tuple[float, Scores]:
    start = time.perf_counter()
    scores = arm()
    return time.perf_counter() - start, scores


def worst(found: Scores, reference: Scores) -> float:
    pairs = [abs(value - reference[name][key]) for name, row in found.items() for key, value in row.items()]
    return max(pairs, default=0.0)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data-root", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--batch-size", type=int, default=4)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    request = Request(
        methods=("blend",),
        datasets=("ucf101",),
        metrics=("ssim3d",),
        data_root=given.data_root,
        partial=True,
        batch_size=given.batch_size,
    )
    (job,) = Planner(request).jobs()
    folders = [given.data_root / "ucf101_interp_ours" / name for name in job.dataset.ids]
    with tempfile.TemporaryDirectory() as scratch:
        fresh = (Path(scratch) / str(number) for number in range(10_000))
        arms: dict[str, Callable[[], Scores]] = {
            "vfibench": lambda: ours(job, given.threads, next(fresh)),
            "(a) Pillow + scikit-image": lambda: plain_skimage(folders),
            "(b) dense 11x11x11 SSIM": lambda: plain_dense(folders),
            "(c) decoding alone": lambda: decode_alone(folders, given.threads),
        }
        ours(job, given.threads, next(fresh))
        spent: dict[str, list[float]] = {name: [] for name in arms}
        for _ in range(given.rounds):
            reference: Scores = {}
            for name, arm in arms.items():
                seconds, scores = timed(arm)
                spent[name].append(seconds)
                reference = reference or scores
                difference = worst(scores, reference)
                assert difference < 2e-4, f"{name}: scores differ by {difference}"
    print(
        f"{len(folders)} triplets, {given.rounds} rounds, {given.threads} threads, torch {torch.__version__}"
    )
    base = spent["vfibench"]
    for name, seconds in spent.items():
        rate = len(folders) / statistics.median(seconds)
        ratio = statistics.median(other / own for own, other in zip(base, seconds, strict=True))
        print(f"{name:28s} {rate:8.1f} triplets/s   vfibench is {ratio:6.2f} x this")


if __name__ == "__main__":
    main()
