"""How often the gate cries wolf, and the smallest loss of PSNR that it catches.

    python benchmarks/gate_power.py
    python benchmarks/gate_power.py --run RUN --first blend --second nearest    # real shape of differences

The model: frame i changes by s z_i - drop decibels, z_i independent, of mean 0 and standard deviation 1:
normal, or Student's t with 3 degrees of freedom (some frames change much more than most), or drawn with
replacement from the centred and scaled paired differences of two stored cells. s is how much a frame's score
moves though nothing got better or worse. The gate has its default tolerances for PSNR.

A false alarm is a REGRESSION at drop 0; power is the share of pairs found to be one. Since the interval of
differences moves with them, each pair has one drop from which on it is caught: the larger of
(tolerance + mean) and the interval's upper bound, unless a single frame passes its tolerance before. Some
pairs are held to the gate itself, just below and just above that drop.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vfibench.comparison.paired import Paired, pair
from vfibench.gate.judging import judge_pair
from vfibench.gate.outcomes import Verdict
from vfibench.gate.policy import DEFAULTS, Tolerance
from vfibench.statistics.arrays import FloatArray
from vfibench.statistics.bootstrap import intervals
from vfibench.store.folders import read_results

LIMITS = DEFAULTS["psnr"]
SPREADS = (0.001, 0.01, 0.03, 0.1, 0.3)
SAMPLES = (100, 379)
POWER = 0.95
HELD = 5  # pairs of each setting that the gate itself judges


def critical_drops(noise: FloatArray, limits: Tolerance) -> FloatArray:
    """From which drop on each pair is a REGRESSION.

    Args:
        noise: [F, K] changes of F frames in K pairs, without the drop.
        limits: of the gate.
    """
    upper = intervals(noise, np.arange(len(noise)))[1]
    by_mean = np.maximum(limits.mean + noise.mean(axis=0), upper)
    return np.minimum(by_mean, limits.sample + noise.min(axis=0))


def hold_to_the_gate(noise: FloatArray, drops: FloatArray, limits: Tolerance) -> None:
    """Stop where `judge_pair` disagrees with `critical_drops`."""
    frames = tuple((str(number), 0.5) for number in range(len(noise)))
    first = np.full(len(noise), 33.0)
    for changes, drop in zip(noise.T[:HELD], drops[:HELD], strict=True):
        for step, expected in ((-1e-6, False), (1e-6, True)):
            second = first + changes - (drop + step)
            made = Paired("psnr", "higher", frames, first, second, np.arange(len(noise)), False, 0)
            if (judge_pair(made, limits).verdict is Verdict.REGRESSION) is not expected:
                raise SystemExit(f"the gate disagrees about a drop of {drop + step:.6f} dB")


def real_shape(run: Path, first: str, second: str) -> tuple[str, FloatArray]:
    """Centred paired differences in PSNR of two stored cells, and what they were."""
    cells = {result.cell.label: result for result in read_results([run])}
    found = pair(cells[first], cells[second], "psnr").difference
    found = found[np.isfinite(found)]
    spread, furthest = found.std(), np.abs(found - found.mean()).max()
    words = f"{second} - {first}, {found.size} frames: s = {spread:.4f} dB, furthest {furthest:.4f} dB"
    return words, found - found.mean()


def shapes(options: argparse.Namespace) -> dict[str, FloatArray | None]:
    """Pools that z is drawn from; None is a formula."""
    made: dict[str, FloatArray | None] = {"normal": None, "t3": None}
    if options.run:
        words, made["real"] = real_shape(options.run, options.first, options.second)
        print(f"real: {words}")
    return made


def draw(
    generator: np.random.Generator, name: str, pool: FloatArray | None, size: tuple[int, int]
) -> FloatArray:
    """[F, K] numbers of mean 0 and standard deviation 1."""
    if pool is not None:
        return generator.choice(pool / pool.std(), size)
    return generator.normal(size=size) if name == "normal" else generator.standard_t(3, size) / np.sqrt(3.0)


def smallest_caught(drops: FloatArray) -> str:
    """The drop caught in 95% of pairs; nothing where so many are called regressions without one."""
    return "-" if (drops < 0).mean() > 1 - POWER else f"{np.quantile(drops, POWER, method='higher'):.4f} dB"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--run", type=Path, help="run folder with two cells on the same frames")
    parser.add_argument("--first", default="blend")
    parser.add_argument("--second", default="nearest")
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    alone = Tolerance(mean=LIMITS.mean, sample=np.inf)
    print(f"{options.pairs} pairs; tolerance {LIMITS.mean} dB of the mean, {LIMITS.sample} dB of a frame")
    headings = (
        "shape      n     s, dB",
        "false alarms",
        "by the mean alone",
        "caught, 95% power",
        "by the mean alone",
    )
    print("".join(f"{text:>22}" for text in headings))
    for name, pool in shapes(options).items():
        for samples in SAMPLES:
            for spread in SPREADS if pool is None else (*SPREADS, pool.std()):
                noise = spread * draw(generator, name, pool, (samples, options.pairs))
                both, mean = (critical_drops(noise, limits) for limits in (LIMITS, alone))
                hold_to_the_gate(noise, both, LIMITS)
                hold_to_the_gate(noise, mean, alone)
                alarms = [f"{100 * (drops < 0).mean():.1f} %" for drops in (both, mean)]
                caught = [smallest_caught(drops) for drops in (both, mean)]
                fields = (f"{name:7} {samples:4} {spread:8.4f}", *alarms, *caught)
                print("".join(f"{text:>22}" for text in fields))


if __name__ == "__main__":
    main()
