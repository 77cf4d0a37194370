"""The main job from end to end, in process: what is stored, resumed, split and refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import odd_methods
import pytest
import torch
from made_clips import frame, make_clip
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import vfibench
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image, write_image
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.store.rows import Counts
from vfibench.store.shards import Shard

CPU = torch.device("cpu")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip", count=15)


def request(clip: Path, **changes: Any) -> Request:
    base = Request(methods=("odd_methods:Blend",), datasets=(f"clip:{clip}",), metrics=(), batch_size=2)
    return replace(base, **changes)


def run(out: Path, asked: Request, **options: Any) -> list[CellResult]:
    store = ResultStore(out)
    Runner(store, CPU, **options).run(Planner(asked).jobs())
    return store.results()


def score_files(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (out / "scores").iterdir()}


def test_scores_equal_scikit_image_on_every_frame(clip: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(clip))
    assert result.complete
    assert len(result.rows) == 7
    for index, row in enumerate(result.rows):
        first, target, second = (frame(2 * index + k).astype(np.float32) / 255 for k in (1, 2, 3))
        made = np.round((first + second) / 2 * 255).astype(np.uint8)
        true = np.round(target * 255).astype(np.uint8)
        assert row.scores["psnr"] == pytest.approx(
            peak_signal_noise_ratio(true, made, data_range=255), abs=1e-2
        )
        ssim = structural_similarity(
            true,
            made,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
        assert row.scores["ssim"] == pytest.approx(ssim, abs=1e-4)


def test_run_json_holds_what_it_takes_to_reproduce(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    content = json.loads((tmp_path / "run" / "run.json").read_text())
    assert content["status"] == "complete"
    (cell,) = content["cells"]
    assert cell["counts"] == {"planned": 7, "ok": 7, "error": 0, "skipped": 0}
    assert {"torch", "numpy", "pillow", "python", "vfibench"} <= set(cell["provenance"]["versions"])
    assert cell["provenance"]["device"]["type"] == "cpu"
    assert cell["settings"]["list_sha256"]
    assert cell["settings"]["metrics"]["psnr"] >= 1
    assert cell["columns"]["ssim"]["title"]


def test_the_same_request_does_nothing_twice(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    before = score_files(tmp_path / "run")
    run(tmp_path / "run", request(clip))
    assert score_files(tmp_path / "run") == before


def test_always_opens_a_new_attempt(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    run(tmp_path / "run", request(clip), policy="always")
    assert len(score_files(tmp_path / "run")) == 2
    (result,) = ResultStore(tmp_path / "run").results()
    assert result.cell.attempt == 2


def test_always_with_shards_makes_one_new_attempt(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    for index in range(2):
        (result,) = run(tmp_path / "run", request(clip), policy="always", shard=Shard(index, 2))
    assert result.cell.attempt == 2
    assert result.complete


def test_a_new_attempt_that_was_cut_is_gone_on_with(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    run(tmp_path / "run", request(clip), policy="always")
    newest = max((tmp_path / "run" / "scores").iterdir(), key=lambda path: "+2" in path.name)
    newest.write_text("".join(newest.read_text().splitlines(keepends=True)[:3]))
    (result,) = run(tmp_path / "run", request(clip))
    assert result.cell.attempt == 2
    assert result.complete


def test_never_only_reads(clip: Path, tmp_path: Path) -> None:
    runner = Runner(ResultStore(tmp_path / "run"), CPU, policy="never")
    assert not runner.run(Planner(request(clip)).jobs())
    assert not (tmp_path / "run").exists()
    run(tmp_path / "run", request(clip))
    before = (tmp_path / "run" / "run.json").read_bytes()
    assert runner.run(Planner(request(clip)).jobs())
    assert (tmp_path / "run" / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "changes", [{"batch_size": 3}, {"precision": "bf16"}, {"metrics": ("ie",)}, {"definitions": ("rife",)}]
)
def test_a_changed_setting_starts_a_new_cell(clip: Path, changes: dict[str, Any]) -> None:
    (before,) = (job.cell.key for job in Planner(request(clip)).jobs())
    (after,) = (job.cell.key for job in Planner(request(clip, **changes)).jobs())
    assert before != after


def test_what_is_the_default_anyway_stays_the_same_cell(clip: Path) -> None:
    keys = {job.cell.key for factor in (None, 2) for job in Planner(request(clip, factor=factor)).jobs()}
    assert len(keys) == 1


def test_another_weight_file_starts_a_new_cell(clip: Path, tmp_path: Path) -> None:
    keys = set()
    for content in (b"one", b"two"):
        (tmp_path / "odd.pt").write_bytes(content)
        asked = request(clip, methods=("odd_methods:Learned",), weights=(str(tmp_path / "odd.pt"),))
        keys |= {job.cell.key for job in Planner(asked).jobs()}
    assert len(keys) == 2


def test_a_changed_frame_starts_a_new_cell(clip: Path) -> None:
    (before,) = (job.cell.key for job in Planner(request(clip)).jobs())
    Image.fromarray(frame(99)).save(clip / "im15.png")
    (after,) = (job.cell.key for job in Planner(request(clip)).jobs())
    assert before != after


def test_changed_predictions_start_a_new_cell(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for sample in vfibench.load_dataset(f"clip:{clip}").ids:
        write_image(made / f"{sample}.png", read_image(clip / "im1.png"))
    asked = request(clip, methods=(f"frames:{made}",))
    (before,) = (job.cell.key for job in Planner(asked).jobs())
    write_image(next(made.iterdir()), read_image(clip / "im2.png"))
    (after,) = (job.cell.key for job in Planner(asked).jobs())
    assert before != after


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_shards_gives_the_same_scores(clip: Path, tmp_path: Path, count: int) -> None:
    (whole,) = run(tmp_path / "whole", request(clip))
    store = ResultStore(tmp_path / "parts")
    for index in range(count):
        assert Runner(store, CPU, Shard(index, count)).run(Planner(request(clip)).jobs())
    (parts,) = store.results()
    assert parts.rows == whole.rows
    assert parts.complete
    sizes = [len(path.read_text().splitlines()) for path in (tmp_path / "parts" / "scores").iterdir()]
    assert sum(sizes) == 7


def test_a_run_goes_on_from_one_that_was_split_otherwise(clip: Path, tmp_path: Path) -> None:
    store, jobs = ResultStore(tmp_path / "run"), Planner(request(clip)).jobs()
    assert Runner(store, CPU, Shard(0, 2)).run(jobs)
    assert Runner(store, CPU).run(jobs)  # the rest of the whole
    assert Runner(store, CPU, Shard(2, 3)).run(jobs)  # nothing is left
    (result,) = store.results()
    assert result.complete
    assert len(result.rows) == 7


def test_a_refused_run_leaves_the_others_status_alone(clip: Path, tmp_path: Path) -> None:
    run(tmp_path / "run", request(clip))
    store = ResultStore(tmp_path / "run")
    jobs = Planner(request(clip)).jobs()
    with contextlib.closing(store.open_cell(jobs[0].cell, Shard())):
        before = (tmp_path / "run" / "run.json").read_bytes()
        with pytest.raises(VfibenchError, match="another run is writing"):
            Runner(store, CPU).run(jobs)
        assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_a_method_that_exits_fails_its_samples_and_not_the_run(clip: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(clip, methods=("odd_methods:Leaves",)))
    assert result.counts.error == 7
    assert result.rows[0].message.startswith("SystemExit")


def test_a_prediction_has_all_of_torchs_threads(clip: Path, tmp_path: Path) -> None:
    odd_methods.CountsThreads.seen.clear()
    before = torch.get_num_threads()
    run(tmp_path / "run", request(clip, methods=("odd_methods:CountsThreads",)), workers=3)
    assert set(odd_methods.CountsThreads.seen) == {before}
    assert torch.get_num_threads() == before


def test_a_full_disk_is_one_clear_error_and_keeps_what_fits(clip: Path, tmp_path: Path) -> None:
    store, jobs = ResultStore(tmp_path / "run"), Planner(request(clip)).jobs()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
    try:
        with pytest.raises(VfibenchError, match="cannot write"):
            Runner(store, CPU).run(jobs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Runner(store, CPU).run(jobs)
    assert store.results()[0].complete


def test_nan_fails_that_sample_only(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9, dark=(3,))
    (result,) = run(tmp_path / "run", request(clip, methods=("odd_methods:NanOnDark",), batch_size=4))
    statuses = {row.sample: row.status for row in result.rows}
    assert list(statuses.values()).count("error") == 1
    (bad,) = (row for row in result.rows if row.status == "error")
    assert bad.message == "NaN or infinity in the prediction"
    assert not result.complete
    assert result.counts == Counts(4, 3, 1, 0)


@pytest.mark.parametrize("method", ["WrongShape", "TwoFrames"])
def test_a_broken_contract_fails_samples_with_a_clear_status(clip: Path, tmp_path: Path, method: str) -> None:
    (result,) = run(tmp_path / "run", request(clip, methods=(f"odd_methods:{method}",)))
    assert {row.status for row in result.rows} == {"error"}
    assert all("expected [B, T, 3, H, W]" in row.message for row in result.rows)


def test_out_of_memory_halves_the_batch_then_fails_that_sample_only(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9, dark=(3,))
    odd_methods.Hungry.sizes.clear()
    (result,) = run(tmp_path / "run", request(clip, methods=("odd_methods:Hungry",), batch_size=4))
    assert odd_methods.Hungry.sizes == [4, 2, 1, 1, 2, 1, 1]
    (bad,) = (row for row in result.rows if row.status == "error")
    assert bad.message.startswith("out of memory")
    assert result.counts.ok == 3


@pytest.mark.parametrize("batch_size", [4, 8])
def test_what_failed_for_want_of_memory_gives_it_back_before_half_of_it_is_tried(
    clip: Path, tmp_path: Path, batch_size: int
) -> None:
    asked = request(clip, methods=("odd_methods:Limited",), batch_size=batch_size)
    (result,) = run(tmp_path / "run", asked, workers=2)
    assert result.counts == Counts(7, 7, 0, 0)


def test_a_failed_sample_is_tried_again(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9, dark=(3,))
    asked = request(clip, methods=("odd_methods:Hungry",))
    run(tmp_path / "run", asked)
    odd_methods.Hungry.sizes.clear()
    run(tmp_path / "run", asked)
    assert odd_methods.Hungry.sizes == [2, 1, 1]  # the batch of the failed sample, and no other
    (path,) = (tmp_path / "run" / "scores").iterdir()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert sum(row["status"] == "ok" for row in rows) == 3
    assert sum(row["status"] == "error" for row in rows) == 2


def test_a_midpoint_method_reaches_8x_by_recursion(clip: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(clip, factor=8))
    assert result.complete
    assert [row.t for row in result.rows] == [k / 8 for k in range(1, 8)]
    assert result.cell.settings.recursion


def test_saved_images_score_the_same_when_read_back(clip: Path, tmp_path: Path) -> None:
    (first,) = run(tmp_path / "run", request(clip), save_images=True)
    folder = tmp_path / "run" / "images" / first.cell.name
    (second,) = run(tmp_path / "again", request(clip, methods=(f"frames:{folder}",)))
    assert [row.scores for row in second.rows] == [row.scores for row in first.rows]


def test_exact_frames_are_null_and_counted(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=5, dark=(1, 2, 3, 4, 5))
    (result,) = run(tmp_path / "run", request(clip))
    assert all(row.exact == ("psnr",) and row.scores["psnr"] is None for row in result.rows)
    assert all(row.scores["ssim"] == 1.0 for row in result.rows)


def test_a_truncated_image_stops_the_run_and_keeps_what_was_scored(clip: Path, tmp_path: Path) -> None:
    path = clip / "im12.png"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(VfibenchError, match=r"im12\.png"):
        run(tmp_path / "run", request(clip))
    content = json.loads((tmp_path / "run" / "run.json").read_text())
    assert content["status"] == "failed"
    assert content["cells"][0]["counts"]["ok"] >= 2


def test_missing_predictions_are_named_before_the_start(clip: Path, tmp_path: Path) -> None:
    dataset = vfibench.load_dataset(f"clip:{clip}")
    for sample in dataset.ids[:-2]:
        write_image(tmp_path / "made" / f"{sample}.png", read_image(clip / "im1.png"))
    with pytest.raises(VfibenchError, match=r"expected a prediction at .*2 of 7 samples lack one"):
        Planner(request(clip, methods=(f"frames:{tmp_path / 'made'}",))).jobs()


def test_evaluate_returns_a_row_a_sample_and_time(clip: Path) -> None:
    frame_ = vfibench.evaluate("odd_methods:Blend", f"clip:{clip}")
    assert list(frame_.columns[:4]) == ["sample", "t", "status", "message"]
    assert len(frame_) == 7
    assert frame_["psnr"].between(5, 60).all()
    assert frame_["ssim"].between(0, 1).all()


def test_timings_tell_the_networks_own_time(clip: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(clip, methods=("odd_methods:Slow",)))
    assert len(result.timings) == 4
    # Seven samples by two: the last call is of a new size, and warms up again.
    warm = {line.batch for line in result.timings if line.warmup}
    assert len(warm) == 2
    assert 3 in warm
    assert all(0.02 <= line.predict_s < 2 for line in result.timings)
    assert all(line.peak_mb > 10 for line in result.timings)
