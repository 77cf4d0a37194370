"""The starters against what they must beat, on real frames: one markdown table.

    python benchmarks/starters.py --data-root ../shared/data --out runs/starters

At full size the rival is `blend`. Zooming Slow-Mo's starter sees frames reduced by 4, so its rival is the
blend of the same small frames, enlarged bicubically. Scores go to run folders below --out; what is there is
not computed again. Protocol vfibench; the backbone of LPIPS is looked for in DATA-ROOT/weights/lpips_squeeze.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.frames.resize import enlarged
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.statistics.summaries import summarise
from vfibench.store.cells import short_key
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult

METRICS = {"psnr": "PSNR, dB", "ssim": "SSIM", "lpips-squeeze": "LPIPS-squeeze (lower is better)"}
STARTERS = ("superslomo-starter", "convlstm-starter", "rife-starter")
ENLARGING = "zooming-slowmo-starter"
SEPTUPLETS = "vimeo_septuplet/sequences"


class SmallBlend:
    """Small frames blended and enlarged by 4, as the harness enlarges for methods at input size."""

    card: ClassVar[AdapterCard] = AdapterCard(
        name="bicubic-blend",
        target=f"{__name__}:SmallBlend",
        title="blend of the frames reduced by 4, enlarged bicubically",
        inputs=(2,),
        times="halves",
        scale=4,
    )

    def load(self, device: torch.device, weights: Path | None) -> None:
        """Nothing to build."""

    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """[B, 2, 3, H, W] to [B, T, 3, 4H, 4W]; times 0, 1/2 and 1."""
        first, second = frames.unbind(1)
        return torch.stack([enlarged(torch.lerp(first, second, time), 4) for time in times], dim=1)


@dataclass(frozen=True)
class Trial:
    """A dataset as one group of methods is run on it; the first method is the rival of the others.

    Attributes:
        methods: names.
        dataset: name; part of it will do.
        factor: frame-rate factor, None for the dataset's own.
        listed: folder below the data root whose septuplets are the list of samples, "" for the dataset's own.
        metrics: columns.
    """

    methods: tuple[str, ...]
    dataset: str
    factor: int | None = None
    listed: str = ""
    metrics: tuple[str, ...] = tuple(METRICS)


SMALL = (f"{__name__}:SmallBlend", ENLARGING)
TRIALS = (
    *(Trial(("blend", *STARTERS), dataset) for dataset in ("synthetic", "ucf101", "middlebury", "davis")),
    Trial(("blend", *STARTERS), "vimeo90k-septuplet", listed=SEPTUPLETS),  # four frames in
    Trial(SMALL, "synthetic", factor=2),
    *(Trial(SMALL, dataset) for dataset in ("ucf101", "middlebury", "davis")),
    Trial(("blend", ENLARGING), "vimeo90k-fast", listed=SEPTUPLETS),
)


def run(trial: Trial, root: Path, out: Path, device: str) -> list[CellResult]:
    """The cells of a trial, in the order of its methods; only what is missing is computed."""
    request = Request(
        methods=trial.methods,
        datasets=(trial.dataset,),
        metrics=trial.metrics,
        data_root=root,
        partial=trial.dataset != "synthetic" and not trial.listed,
        list_file=septuplets(root / trial.listed, out) if trial.listed else None,
        factor=trial.factor,
        device=device,
        backbones=root / "weights" / "lpips_squeeze",
    )
    jobs = Planner(request).jobs()
    store = ResultStore(out / short_key(sorted(job.cell.key for job in jobs)))
    if not Runner(store, torch.device(device)).run(jobs):
        raise SystemExit(f"some frames failed: see {store.folder}")
    found = {result.cell.key: result for result in store.results()}
    return [found[job.cell.key] for job in jobs]


def septuplets(folder: Path, out: Path) -> Path:
    """A list of all septuplets in a folder."""
    path = out / "septuplets.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(sorted(f"{one.parent.name}/{one.name}" for one in folder.glob("*/*"))) + "\n")
    return path


def lines(results: Sequence[CellResult]) -> Iterator[str]:
    """Rows of the table: the rival's figures, then each starter's with the difference to them."""
    rival = figures(results[0])
    for result in results:
        shown = [f"{value:.{digits(name)}f}" for name, value in figures(result).items()]
        if result is not results[0]:
            apart = [value - rival[name] for name, value in figures(result).items()]
            named = zip(shown, METRICS, apart, strict=True)
            shown = [f"{text} ({by:+.{digits(name)}f})" for text, name, by in named]
        cell, count = result.cell, result.counts.ok
        words = [f"{cell.dataset}, {count} frames", cell.label, str(cell.settings.inputs), *shown]
        yield f"| {' | '.join(words)} |"


def figures(result: CellResult) -> dict[str, float]:
    """Mean of each column; a frame whose PSNR is infinite is left out, as in every table."""
    means: dict[str, Any] = {name: summarise(result.rows, name).mean for name in METRICS}
    return means


def digits(name: str) -> int:
    return 2 if name == "psnr" else 4


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data-root", type=Path, required=True, help="folder of datasets and weights/")
    parser.add_argument("--out", type=Path, default=Path("runs/starters"), help="folder of run folders")
    parser.add_argument("--device", default="cpu")
    known = sorted({trial.dataset for trial in TRIALS})
    parser.add_argument("--dataset", action="append", choices=known, help="only these; repeat for several")
    options = parser.parse_args()
    print(f"| dataset | method | frames in | {' | '.join(METRICS.values())} |")
    print(f"|---|---|---|{'---|' * len(METRICS)}")
    for trial in TRIALS:
        if trial.dataset in (options.dataset or [trial.dataset]):
            for line in lines(run(trial, options.data_root, options.out, options.device)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
