"""Space-time super-resolution from end to end: scores, marks, resume, shards, stored pictures, timing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import odd_methods
import pytest
import torch
from made_clips import frame, make_clip
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from stored import made_settings

import vfibench
from vfibench.cli import main
from vfibench.cli.speed import describe
from vfibench.contracts import AdapterCard, Padding, Sample
from vfibench.errors import VfibenchError
from vfibench.frames.resize import enlarged, reduced
from vfibench.leaderboards.grouping import boards
from vfibench.methods.resolving import Method
from vfibench.reporting import write_site
from vfibench.running.plan import Planner, Request
from vfibench.running.predictors import AdapterPredictor, SampleBatch, to_float
from vfibench.running.recursion import by_pairs
from vfibench.running.runner import Runner
from vfibench.speed.timing import CallSize, measure_speed, target_times
from vfibench.store.cells import Cell
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.store.rows import Counts
from vfibench.store.shards import Shard

CPU = torch.device("cpu")
ALL = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
FOURFOLD = "odd_methods:Fourfold"
Y_FIRST = "psnr@zooming-slowmo-y"


@pytest.fixture
def vid4(tmp_path: Path) -> Path:
    """A data root with two short clips; 13 frames are two windows, 9 are one and a rest."""
    for clip, count in (("one", 13), ("two", 9)):
        folder = tmp_path / "vid4" / "GT" / clip
        folder.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(frame(number, 48, 64)).save(folder / f"{number:03d}.png")
    (tmp_path / "own.txt").write_text("one\ntwo\n")
    return tmp_path


def request(root: Path, *methods: str, **changes: Any) -> Request:
    base = Request(methods, ("vid4",), metrics=(), data_root=root, list_file=root / "own.txt", batch_size=2)
    return replace(base, **changes)


def run(out: Path, asked: Request, **options: Any) -> list[CellResult]:
    store = ResultStore(out)
    Runner(store, CPU, **options).run(Planner(asked).jobs())
    return store.results()


def small(number: int) -> np.ndarray:
    """Frame `number` of a made clip, a quarter as large: [12, 16, 3] whole levels."""
    made = reduced(torch.from_numpy(frame(number, 48, 64)), 4, (0, 1))
    return np.asarray(made)


def luma(pixels: np.ndarray) -> np.ndarray:
    """BT.601 Y on 16..235 of [H, W, 3] levels, unrounded."""
    return 16 + pixels.astype(float) @ np.array([65.481, 128.553, 24.966]) / 255


def test_scores_equal_scikit_image_on_rgb_and_on_y(vid4: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(vid4, FOURFOLD))
    assert result.complete
    rows = {(row.sample, row.t): row.scores for row in result.rows}
    assert len(rows) == 7 + 6 + 7
    for (sample, time), scores in rows.items():
        place = int(sample[-3:]) + 2 * time + 2  # of the frame in its clip
        ends = small(int(place // 2 * 2)), small(int(-(-place // 2) * 2))
        levels = np.mean(ends, axis=0, dtype=np.float32).repeat(4, axis=0).repeat(4, axis=1)
        made, true = np.round(levels).astype(np.uint8), frame(int(place), 48, 64)
        assert scores["psnr"] == pytest.approx(peak_signal_noise_ratio(true, made, data_range=255), abs=0.02)
        on_y = peak_signal_noise_ratio(luma(true), luma(made), data_range=255)
        assert scores[Y_FIRST] == pytest.approx(on_y, abs=0.02)


def test_every_frame_of_the_windows_is_scored_once(vid4: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(vid4, FOURFOLD))
    places = [(row.sample[:3], int(row.sample[-3:]) + 2 * row.t + 2) for row in result.rows]
    assert places == [("one", k) for k in range(13)] + [("two", k) for k in range(7)]
    assert result.counts.planned == 20


def test_runs_are_resumed_and_split_where_samples_have_different_times(vid4: Path, tmp_path: Path) -> None:
    (whole,) = run(tmp_path / "whole", request(vid4, FOURFOLD))
    for index in range(2):
        (split,) = run(tmp_path / "split", request(vid4, FOURFOLD), shard=Shard(index, 2))
    assert split.complete
    assert split.rows == whole.rows
    (scores,) = (tmp_path / "whole" / "scores").iterdir()
    lines = scores.read_text().splitlines(keepends=True)
    scores.write_text("".join(lines[:9]))
    (resumed,) = run(tmp_path / "whole", request(vid4, FOURFOLD))
    assert resumed.rows == whole.rows
    (again,) = run(tmp_path / "whole", request(vid4, FOURFOLD))
    assert again.timings == resumed.timings  # nothing was predicted once more


def test_a_method_at_input_size_is_enlarged_and_marked(vid4: Path, tmp_path: Path) -> None:
    (result,) = run(tmp_path / "run", request(vid4, "odd_methods:Blend"))
    assert result.cell.label == "odd-blend (enlarged by 4, bicubic)"
    assert (result.cell.settings.inputs, result.cell.settings.recursion) == (4, False)
    scores = {row.t: row.scores["psnr"] for row in result.rows if row.sample == "one/000"}
    for time, number in ((-1.0, 0), (0.5, 3)):
        ends = [torch.from_numpy(small(n)).permute(2, 0, 1) for n in (number // 2 * 2, -(-number // 2) * 2)]
        levels = enlarged((ends[0] + ends[1]) / 2, 4).clamp(0, 255).round().permute(1, 2, 0)
        true = frame(number, 48, 64)
        expected = peak_signal_noise_ratio(true, np.asarray(levels).astype(np.uint8), data_range=255)
        assert scores[time] == pytest.approx(expected, abs=0.02)


def test_a_method_that_enlarges_is_given_reduced_inputs_elsewhere_and_marked(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=5)
    asked = Request((FOURFOLD,), (f"clip:{clip}",), metrics=())
    (result,) = run(tmp_path / "run", asked)
    assert result.cell.label == "odd-fourfold (inputs reduced by 4)"
    assert set(result.columns) == {"psnr", "ssim"}
    assert result.complete


def test_inputs_are_padded_reduced_to_whole_levels_and_cropped_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 43, 70), dtype=np.uint8)
    one = Sample("a", pixels, pixels[:1], (0.5,))
    adapter, padding = odd_methods.Fourfold(), Padding(4)
    predictor = AdapterPredictor(adapter, adapter.card, padding, CPU, "fp32", reduce=4)
    made = predictor(SampleBatch([one], torch.from_numpy(pixels)[None], (0.5,), [None])).frames
    padded = np.pad(pixels, ((0, 0), (0, 0), (0, 5), (0, 10)), mode="edge")  # to multiples of 16
    first, second = to_float(reduced(torch.from_numpy(padded), 4))
    expected = (first + second) / 2
    expected = expected.repeat_interleave(4, -1).repeat_interleave(4, -2)[:, :43, :70]
    assert torch.allclose(made[0, 0], expected, rtol=0, atol=1e-7)
    assert made.shape == (1, 1, 3, 43, 70)


def test_pairs_reach_every_half_and_frames_stand_for_themselves() -> None:
    frames = torch.tensor([0.0, 1.0, 10.0, 100.0]).view(1, 4, 1, 1, 1).expand(2, -1, 3, 2, 2)
    calls = []

    def between(pair: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        calls.append(times)
        return torch.stack([(1 - t) * pair[:, 0] + t * pair[:, 1] for t in times], dim=1)

    found = by_pairs(between, frames, ALL)
    assert found[0, :, 0, 0, 0].tolist() == [0, 0.5, 1, 5.5, 10, 55, 100]
    assert calls == [(0.5,)] * 3
    assert by_pairs(between, frames, (0.25, 0.5, 1.75))[1, :, 0, 0, 0].tolist() == [3.25, 5.5, 77.5]


def test_tables_and_pages_carry_the_marks_and_the_number_of_output_frames(
    vid4: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    arguments = ["run", "-m", "blend", "-m", FOURFOLD, "-d", "vid4", "--data-root", str(vid4)]
    arguments += ["--list", str(vid4 / "own.txt"), "--metric", "ie", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
    shown = capsys.readouterr()
    assert "blend (enlarged by 4, bicubic) on vid4: 3 samples (own list), 4 input frames, 7 out" in shown.err
    assert "vid4, protocol vfibench: 4 input frames, 7 output frames, not ranked" in shown.out
    assert "blend (enlarged by 4, bicubic)" in shown.out
    assert "BT.601 Y" in shown.out
    write_site([tmp_path / "run"], tmp_path / "site")
    for page in (tmp_path / "site").glob("*.html"):
        of_the_other = page.name.startswith("method.odd")
        assert ("blend (enlarged by 4, bicubic)" in page.read_text()) != of_the_other, page.name
    (group,) = boards(ResultStore(tmp_path / "run").results())[0].groups  # both read four frames
    assert group.heading == "4 input frames, 7 output frames, not ranked"


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({"precision": "fp32"}, "m"),
        ({"precision": "bf16", "variant": "half", "reduced": 4}, "m (half, bf16, inputs reduced by 4)"),
        ({"precision": "fp32", "enlarged": 4}, "m (enlarged by 4, bicubic)"),
    ],
)
def test_a_label_says_all_that_sets_a_cell_apart(settings: dict[str, Any], label: str) -> None:
    assert Cell("m", "d", "p", made_settings(**settings)).label == label


def test_the_papers_protocol_ranks_by_y_and_shows_rgb_beside_it(vid4: Path) -> None:
    (ours,) = Planner(request(vid4, FOURFOLD)).jobs()
    (theirs,) = Planner(request(vid4, FOURFOLD, protocol="zooming-slowmo")).jobs()
    assert ours.columns == ("psnr", "ssim", Y_FIRST, "ssim@zooming-slowmo-y")
    assert theirs.columns == (Y_FIRST, "ssim@zooming-slowmo-y", "psnr", "ssim")
    assert theirs.padding == Padding(4, "constant")


def test_stored_pictures_score_as_the_run_that_made_them(vid4: Path, tmp_path: Path) -> None:
    (made,) = run(tmp_path / "run", request(vid4, FOURFOLD), save_images=True)
    images = tmp_path / "run" / "images" / made.cell.name
    assert (images / "one/006/t-0.500000.png").is_file()
    assert not (images / "one/006/t-1.000000.png").exists()
    (read,) = run(tmp_path / "again", request(vid4, f"frames:{images}"))
    assert [row.scores for row in read.rows] == [row.scores for row in made.rows]
    assert (read.cell.settings.inputs, read.cell.label) == (4, f"frames:{images.name}")


def test_stored_pictures_of_the_input_size_are_refused(vid4: Path, tmp_path: Path) -> None:
    (made,) = run(tmp_path / "run", request(vid4, FOURFOLD), save_images=True)
    images = tmp_path / "run" / "images" / made.cell.name
    Image.new("RGB", (16, 12)).save(images / "two/000/t0.000000.png")
    (read,) = run(tmp_path / "again", request(vid4, f"frames:{images}"))
    (message,) = {row.message for row in read.rows if row.status == "error"}
    assert message == "expected a prediction of 64x48 for two/000, found 16x12"


def test_other_times_are_refused_in_one_line(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=9)
    with pytest.raises(VfibenchError, match="odd-fourfold predicts multiples of 1/2 only"):
        Planner(Request((FOURFOLD,), (f"clip:{clip}",), (), factor=4)).jobs()


def test_evaluate_scores_the_track_from_python(vid4: Path) -> None:
    table = vfibench.evaluate("blend", "vid4", data_root=vid4, list_file=vid4 / "own.txt")
    assert table.attrs["method"] == "blend (enlarged by 4, bicubic)"
    assert list(table.t[:7]) == list(ALL)
    assert {"psnr", Y_FIRST} <= set(table.columns)


def test_real_septuplets_run_end_to_end(shared: Callable[..., Path], tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("00001/0001\n00001/0005\n")
    asked = Request(
        ("blend", "nearest", FOURFOLD), ("vimeo90k-fast",), (), data_root=shared("data"), list_file=own
    )
    means = {}
    for result in run(tmp_path / "run", asked):
        assert result.counts == Counts(14, 14, 0, 0)
        means[result.cell.method] = np.mean([row.scores[Y_FIRST] for row in result.rows])
    assert means["blend"] > means["nearest"] > 20  # bicubic own frames, and a better guess between
    assert means["blend"] > means["odd-fourfold"]  # repeated pixels


def test_speed_says_the_size_that_comes_out() -> None:
    method = Method("odd-fourfold", replace(odd_methods.Fourfold.card))
    found = measure_speed(method, CallSize(32, 16, times=7), runs=1, warmup=0)
    assert (found.width, found.height, found.output_width, found.output_height) == (32, 16, 128, 64)
    assert describe(found)[0].endswith("4 frames 32x16 -> 7 frames 128x64, batch 1")
    assert json.loads(json.dumps(found.to_json()))["output_height"] == 64


@pytest.mark.parametrize(
    ("times", "inputs", "count", "expected"),
    [
        ("halves", 4, 1, (0.5,)),
        ("halves", 4, 7, ALL),
        ("halves", 2, 3, (0.0, 0.5, 1.0)),
        ("any", 2, 3, (0.25, 0.5, 0.75)),
        ("midpoint", 2, 1, (0.5,)),
    ],
)
def test_speed_asks_for_times_the_method_gives(
    times: Any, inputs: int, count: int, expected: tuple[float, ...]
) -> None:
    assert target_times(AdapterCard("m", "x:X", times=times), inputs, count) == expected


@pytest.mark.parametrize(("times", "message"), [("halves", "gives 1 or 7 frames"), ("midpoint", "midpoint")])
def test_speed_refuses_other_numbers_of_frames(times: Any, message: str) -> None:
    with pytest.raises(VfibenchError, match=message):
        target_times(AdapterCard("m", "x:X", times=times), 4, 3)
