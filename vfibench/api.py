"""The harness from Python, with the same words as the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfibench.contracts import Adapter, Dataset, DatasetOptions
from vfibench.system.paths import given_path

if TYPE_CHECKING:
    import pandas as pd

    from vfibench.store.rows import ScoreRow
    from vfibench.video.interpolating.outcome import Outcome


def load_method(name: str, weights: Path | str | None = None, device: str = "cpu") -> Adapter:
    """A loaded adapter.

    Args:
        name: catalogue name or "pkg.mod:Class".
        weights: checkpoint file; needed by learned methods ("random" for timing only).
        device: "cpu", "cuda" or "cuda:N".

    Raises:
        VfibenchError: unknown name, missing or wrong weights, no such device.

    Example:
        >>> import torch
        >>> blend = load_method("blend")
        >>> blend.predict(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1).expand(1, 2, 3, 8, 8), (0.5,)).unique()
        tensor([0.5000])
    """
    from vfibench.methods.resolving import resolve
    from vfibench.system.devices import chosen_device

    place = chosen_device(device)
    given = None if weights is None else str(weights)
    return resolve(name, given, scoring=False).open(place)


def load_dataset(
    name: str,
    root: Path | str | None = None,
    partial: bool = False,
    inputs: int = 2,
    factor: int | None = None,
    list_file: Path | str | None = None,
) -> Dataset:
    """An opened dataset; see `DatasetOptions`.

    Raises:
        VfibenchError: unknown name, missing root or files.

    Example:
        >>> synthetic = load_dataset("synthetic", factor=2)
        >>> len(synthetic), synthetic.times, synthetic[0].frames.shape
        (24, (0.5,), (2, 3, 256, 448))
    """
    from vfibench.datasets.opening import open_dataset

    options = DatasetOptions(
        root=given_path(root) if root is not None else None,
        inputs=inputs,
        partial=partial,
        list_file=given_path(list_file) if list_file is not None else None,
        factor=factor,
    )
    return open_dataset(name, options)


def evaluate(
    method: str,
    dataset: str,
    metrics: Sequence[str] = ("psnr", "ssim"),
    protocol: str = "vfibench",
    *,
    weights: Path | str | None = None,
    data_root: Path | str | None = None,
    partial: bool = False,
    list_file: Path | str | None = None,
    factor: int | None = None,
    device: str = "cpu",
    batch_size: int = 4,
) -> pd.DataFrame:
    """Score one method on one dataset in memory.

    Args:
        method, dataset, metrics, protocol: the words of `vfibench run`; dataset may be "clip:my.mp4".
        weights: checkpoint file.
        data_root, partial, list_file, factor: see `vfibench.contracts.DatasetOptions`.
        device: "cpu", "cuda" or "cuda:N".
        batch_size: samples per call.

    Returns:
        One row per (sample, time): columns sample, t, status, message, clip where the dataset has clips, then
        one column per metric. An infinite PSNR is inf here; a metric that could not be computed is NaN, and
        the message says why. `attrs["method"]` is the method's name as tables
        show it, which says where inputs were reduced or predictions enlarged.

    Raises:
        VfibenchError: as `vfibench run`.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("ids.txt").write_text("00-cat-drift")
        >>> scores = evaluate("blend", "synthetic", metrics=("psnr",), list_file="ids.txt")
        >>> scores.columns.tolist(), len(scores)
        (['sample', 't', 'status', 'message', 'psnr', 'ssim'], 7)
    """
    import pandas as pd

    from vfibench.running.plan import Planner, Request
    from vfibench.running.runner import Runner
    from vfibench.store.memory import MemoryStore
    from vfibench.system.devices import chosen_device, usual_workers

    request = Request(
        methods=(method,),
        datasets=(dataset,),
        metrics=metrics,
        protocol=protocol,
        weights=(str(weights),) if weights is not None else (),
        data_root=given_path(data_root) if data_root is not None else None,
        partial=partial,
        list_file=given_path(list_file) if list_file is not None else None,
        factor=factor,
        device=device,
        batch_size=batch_size,
    )
    store = MemoryStore()
    jobs = Planner(request).jobs()
    place = chosen_device(device)
    Runner(store, place, workers=usual_workers(place) if place.type == "cuda" else 2).run(jobs)
    table = pd.DataFrame([_flat(row) for row in store.rows])
    table.attrs["method"] = jobs[0].cell.label
    return table


def _flat(row: ScoreRow) -> dict[str, object]:
    """A row of the table."""
    found: dict[str, object] = {
        "sample": row.sample,
        "t": row.t,
        "status": row.status,
        "message": "; ".join([row.message] if row.message else row.failed.values()),
    }
    if "clip" in row.tags:
        found["clip"] = row.tags["clip"]
    empty = {name: math.inf if name in row.exact else math.nan for name in row.scores}
    return found | {name: empty[name] if value is None else value for name, value in row.scores.items()}


def interpolate_video(
    source: Path | str,
    output: Path | str,
    method: str,
    *,
    factor: int | None = None,
    fps: Fraction | int | str | None = None,
    slow: Fraction | int | str | None = None,
    weights: Path | str | None = None,
    device: str = "cpu",
    **options: Any,
) -> Outcome:
    """Make a video smoother or slower, as `vfibench interpolate` does.

    Args:
        source: a video file, an animation, or a folder of pictures (with `in_fps`).
        output: a video file, whose suffix names the container, or a folder for PNG files.
        method: catalogue name or "pkg.mod:Class".
        factor: so many times the frames in the same time.
        fps: frames per second, such as 60, "59.94" or Fraction(60000, 1001).
        slow: so many times slower at the same rate.
        weights: checkpoint file.
        device: "cpu", "cuda" or "cuda:N".
        options: the other fields of `vfibench.video.interpolating.wish.Wish`.

    Returns:
        What became of the frames; `OUTPUT.json` tells of each.

    Raises:
        VfibenchError: as the command; what was done by then is in the output.

    Example:
        >>> from PIL import Image
        >>> for level in (0, 100):
        ...     Image.new("RGB", (32, 32), (level,) * 3).save(f"{level}.png")
        >>> made = interpolate_video(".", "smooth.mp4", "blend", factor=4, in_fps=Fraction(25))
        >>> made.written, str(made.duration)
        (5, '2/25')
    """
    from vfibench.video.library import need_av

    need_av()
    from vfibench.video.interpolating.interpolation import interpolate
    from vfibench.video.interpolating.times import parse_rate
    from vfibench.video.interpolating.wish import Wish

    return interpolate(
        Wish(
            given_path(source),
            given_path(output),
            method,
            factor,
            None if fps is None else parse_rate(str(fps), "fps"),
            None if slow is None else parse_rate(str(slow), "slow"),
            None if weights is None else given_path(weights),
            device,
            **options,
        )
    )
