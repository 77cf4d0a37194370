"""Pictures too small for one metric: that one stays empty, the others stand; found before the run."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import frame, make_clip
from made_plugins import Mse, Textures
from plugged import plugged

import vfibench
from vfibench.cli import main
from vfibench.contracts import DatasetOptions, Sample
from vfibench.errors import SampleError, VfibenchError
from vfibench.metrics.catalog import RULES
from vfibench.metrics.scorer import Scorer
from vfibench.registry import METRICS
from vfibench.running.plan import Planner, Request
from vfibench.running.sizes import too_small_for
from vfibench.store.folder import ResultStore

CPU = torch.device("cpu")


def expected_psnr(first: np.ndarray, target: np.ndarray, last: np.ndarray) -> float:
    """PSNR of the mean of two frames, rounded to whole levels with ties to even, in plain numpy."""
    middle = np.round((first.astype(np.float32) / 255 + last.astype(np.float32) / 255) / 2 * 255)
    error = np.mean((middle.astype(np.float64) - target.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize(("side", "empty"), [(8, {"ssim", "ssim3d"}), (6, {"ssim", "ssim3d"}), (16, set())])
def test_the_other_columns_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], side: int, empty: set[str]
) -> None:
    clip = make_clip(tmp_path / "clip", count=5, height=side, width=side + 3)
    words = ["run", "-m", "odd_methods:Blend", "-d", f"clip:{clip}", "--device", "cpu", "--metric", "ie"]
    words = words if "ssim3d" not in empty else [*words, "--definition", "rife"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(tmp_path / "run")])
    assert end.value.code == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "stays empty" in line]
    (result,) = ResultStore(tmp_path / "run").results()
    missing = {"ssim", "ssim@rife"} if empty else set()
    assert set(result.entry.unavailable) == missing
    assert told == [
        f"note: {name} stays empty: pictures of {side + 3}x{side} are too small; it needs 11 pixels a side"
        for name in ("ssim", "ssim@rife")
        if name in missing
    ]
    assert result.complete
    for index, row in enumerate(result.rows):
        shown = [frame(2 * index + place, side, side + 3) for place in (1, 2, 3)]
        assert row.scores["psnr"] == pytest.approx(expected_psnr(*shown), abs=1e-6)
        assert not row.failed


def test_one_that_was_asked_for_by_name_is_an_error_before_the_run(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=3, height=9, width=30)
    said = "the metric ssim3d cannot be computed on clip:.*: pictures of 30x9 are too small; it needs 11"
    with pytest.raises(VfibenchError, match=said):
        Planner(Request(("blend",), (f"clip:{clip}",), metrics=("ssim3d",))).jobs()


class Mixed(Textures):
    """The second sample is smaller than the others."""

    card = replace(Textures.card, name="made-mixed", target="test_sizes:Mixed", times=(0.5,))
    times = (0.5,)

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        if index != 1:
            return sample
        return replace(sample, frames=sample.frames[..., :9, :], targets=sample.targets[..., :9, :])


def test_frames_too_small_among_larger_ones_are_told_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import made_plugins

    monkeypatch.setattr(made_plugins, "Mixed", Mixed, raising=False)
    monkeypatch.setattr(Mixed, "card", replace(Mixed.card, target="made_plugins:Mixed"))
    with plugged(Mixed):
        words = ["run", "-m", "blend", "-d", "made-mixed", "--device", "cpu", "--metric", "ie"]
        for _ in range(2):  # when all is stored, it is told again
            with pytest.raises(SystemExit) as end:
                main([*words, "--out", str(tmp_path / "run")])
            assert end.value.code == 1
            said = "warning: ssim could not be computed for 1 frame of blend on made-mixed"
            assert said in capsys.readouterr().err
    (result,) = ResultStore(tmp_path / "run").results()
    small = result.rows[1]
    assert small.status == "ok"
    assert small.scores["ssim"] is None
    assert small.failed == {"ssim": "pictures of 40x9 are too small; it needs 11 pixels a side"}
    sample = Mixed(DatasetOptions())[1]
    assert small.scores["psnr"] == pytest.approx(
        expected_psnr(sample.frames[0], sample.targets[0], sample.frames[1]), abs=1e-6
    )
    assert all(row.scores["ssim"] is not None for row in result.rows if row.index != 1)


def test_a_metric_of_a_plugin_may_say_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    with plugged(Textures):
        dataset = vfibench.load_dataset("made-textures")
        for smallest, found in ((24, {}), (25, {"made-mse": "pictures of 40x24 are too small; it needs 25"})):
            monkeypatch.setattr(Mse, "card", replace(Mse.card, smallest=smallest))
            with plugged(Mse, Textures):
                told = too_small_for(("psnr", "made-mse"), dataset)
            assert {name: reason.removesuffix(" pixels a side") for name, reason in told.items()} == found
        monkeypatch.setattr(Mse, "card", replace(Mse.card, smallest=0))
        with (
            plugged(Mse, Textures),
            pytest.raises(VfibenchError, match="expected smallest as a whole number"),
        ):
            Planner(Request(("blend",), ("made-textures",), metrics=("made-mse",))).jobs()


@pytest.mark.parametrize("name", RULES)
def test_cards_tell_the_smallest_picture_that_can_be_scored(name: str) -> None:
    """That size is scored, one pixel less is not; other metrics take any."""
    if "mask" in METRICS.card(name).title:
        pytest.skip("needs a mask")
    smallest = METRICS.card(name).smallest
    for side in {smallest, max(smallest - 1, 1)}:
        target = torch.arange(3 * side * (side + 1), dtype=torch.uint8).view(1, 3, side, side + 1)
        score = Scorer([name], CPU)
        if side == smallest:
            assert bool(torch.isfinite(score((target / 255 + 0.1).clamp(0, 1), target)[name]).all())
        else:
            with pytest.raises((SampleError, RuntimeError)):
                score(target / 255, target)
            failed: dict[str, dict[int, str]] = {}
            assert bool(score(target / 255, target, failed=failed)[name].isnan().all())
            assert list(failed) == [name]


@pytest.mark.parametrize(("name", "network"), [("lpips", "alexnet"), ("lpips-squeeze", "squeezenet1_1")])
def test_the_cards_of_lpips_tell_the_smallest_picture_of_their_networks(name: str, network: str) -> None:
    features = getattr(importlib.import_module("torchvision.models"), network)(weights=None).features.eval()
    smallest = METRICS.card(name).smallest
    with torch.inference_mode():
        assert features[:12](torch.zeros(1, 3, smallest, smallest + 20)).numel() > 0
        with pytest.raises(RuntimeError):
            features(torch.zeros(1, 3, smallest - 1, smallest + 20))
