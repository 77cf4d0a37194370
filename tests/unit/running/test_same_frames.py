"""What counts as the same frames and the same method: cells of folders, whichever way they are spelt."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import frame, make_clip

from vfibench.comparison import pair
from vfibench.contracts import DatasetOptions
from vfibench.datasets.opening import open_dataset
from vfibench.errors import VfibenchError
from vfibench.frames.files import write_image
from vfibench.leaderboards.grouping import boards
from vfibench.running.checks import check_predictions, predictions_hash
from vfibench.running.plan import Job, Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore
from vfibench.store.result import CellResult
from vfibench.strata.reopen import reopen


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five frames in a folder called film, which the working directory holds."""
    monkeypatch.chdir(tmp_path)
    return make_clip(tmp_path / "film", count=5)


def jobs(datasets: Sequence[object] = ("clip:film",), methods: Sequence[object] = ("blend",)) -> list[Job]:
    words = (tuple(map(str, words)) for words in (methods, datasets))
    asked, where = words
    return Planner(Request(methods=asked, datasets=where, metrics=("psnr",))).jobs()


def scored(out: Path, made: Sequence[Job]) -> list[CellResult]:
    store = ResultStore(out)
    Runner(store, torch.device("cpu")).run(made)
    return store.results()


def predicted(folder: Path, level: int = 7, samples: Sequence[str] = ("im2", "im4")) -> Path:
    for sample in samples:
        write_image(folder / f"{sample}.png", np.full((3, 40, 56), level, np.uint8))
    return folder


def test_one_clip_in_every_spelling_is_one_cell(film: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(film)
    moved = shutil.copytree(film, tmp_path / "checkout" / "film")
    spelt = ["clip:film", "clip:./film/", f"clip:{film}", "clip:link", f"clip:{moved}"]
    (job,) = jobs(spelt)
    assert job.cell.dataset == "clip:film"
    assert {one.cell.name for word in spelt for one in jobs([word])} == {job.cell.name}
    assert {one.cell.asked for one in jobs(["clip:./film/"])} == {"clip:./film/"}


def test_a_clip_scored_under_one_spelling_is_known_under_another(film: Path, tmp_path: Path) -> None:
    (first,) = scored(tmp_path / "out", jobs(["clip:film"]))
    (again,) = scored(tmp_path / "out", jobs([f"clip:{film}"]))
    assert again.rows == first.rows
    assert len(again.entry.sessions) == 1  # nothing was scored again


def test_other_frames_under_the_same_name_stand_in_a_table_of_their_own(film: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "b" / "film", count=5, dark=(2,))
    first, second = scored(tmp_path / "out", jobs([f"clip:{film}", f"clip:{other}"]))
    assert first.cell.dataset == second.cell.dataset == "clip:film"
    assert first.cell.key != second.cell.key
    (board,) = boards([first, second])
    assert [len(group.entries) for group in board.groups] == [1, 1]
    headings = {group.heading for group in board.groups}
    assert headings == {
        f"2 input frames, not ranked, frames {one.cell.settings.files[:10]}" for one in (first, second)
    }
    with pytest.raises(VfibenchError, match="frames on disk"):
        pair(first, second, "psnr")
    named = jobs([f"clip:{film}", f"clip:{other}=dark"])
    assert [job.cell.dataset for job in named] == ["clip:film", "clip:dark"]


def test_strata_open_a_clip_by_the_word_it_was_asked_for(film: Path, tmp_path: Path) -> None:
    moved = make_clip(tmp_path / "deep" / "take", count=5)
    results = scored(tmp_path / "out", jobs([f"clip:{moved}"]))
    assert results[0].cell.dataset == "clip:take"
    assert list(reopen(results, None, None).ids) == ["im2", "im4"]


def test_frames_of_one_clip_give_no_interval_and_no_p(film: Path, tmp_path: Path) -> None:
    make_clip(film, count=33)
    first, second = scored(tmp_path / "out", jobs(methods=["blend", "nearest"]))
    found = pair(first, second, "psnr")
    assert (found.n, found.counted_units, found.of_clips) == (16, 1, True)
    assert (found.interval, found.wilcoxon, found.significant) == (None, None, False)


def test_a_folder_of_predictions_has_its_name_or_the_one_it_is_given(film: Path, tmp_path: Path) -> None:
    one, other = predicted(tmp_path / "a" / "pred"), predicted(tmp_path / "b" / "pred", level=9)
    for words in ([one, other], [f"{one}=x", f"{other}=x"]):
        with pytest.raises(
            VfibenchError, match="expected methods of different names, found frames:"
        ) as caught:
            jobs(methods=[f"frames:{word}" for word in words])
        assert "name one of them: -m frames:" in caught.value.hint
    labels = [job.cell.label for job in jobs(methods=[f"frames:{one}", f"frames:{other}=second"])]
    assert labels == ["frames:pred", "frames:second"]
    assert [job.cell.label for job in jobs(methods=[f"frames:{one}", "frames:a/pred/"])] == ["frames:pred"]


def test_predictions_moved_elsewhere_are_the_same_cell(film: Path, tmp_path: Path) -> None:
    before = predicted(tmp_path / "a" / "pred")
    (job,) = jobs(methods=[f"frames:{before}"])
    (named,) = jobs(methods=[f"frames:{before}=mine"])
    after = before.rename(tmp_path / "pred")
    assert jobs(methods=[f"frames:{after}"])[0].cell.key == job.cell.key
    other = after.rename(tmp_path / "other")
    assert jobs(methods=[f"frames:{other}=mine"])[0].cell.key == named.cell.key
    write_image(other / "im4.png", np.zeros((3, 40, 56), np.uint8))
    assert jobs(methods=[f"frames:{other}=mine"])[0].cell.key != named.cell.key


@pytest.mark.parametrize(
    ("first", "second"),
    [("im4.png", "im4/t0.500000.png"), ("im4.png", "im4.npy"), ("im4/t0.500000.png", "im4/t0.500000.TIF")],
)
def test_a_frame_predicted_twice_is_an_error_that_names_both(
    film: Path, tmp_path: Path, first: str, second: str
) -> None:
    folder = predicted(tmp_path / "pred", samples=["im2"])
    for name in (first, second):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    with pytest.raises(VfibenchError, match=r"expected one prediction of im4 at 0\.5, found ") as caught:
        jobs(methods=[f"frames:{folder}"])
    assert str(folder / first) in caught.value.message
    assert str(folder / second) in caught.value.message


def test_raw_predictions_are_scored_as_they_are(film: Path, tmp_path: Path) -> None:
    """0.4 levels off: exact where a definition rounds, 20 log10(255 / 0.4) dB where it does not."""
    folder = tmp_path / "pred"
    folder.mkdir()
    for number in (2, 4):
        truth = frame(number).transpose(2, 0, 1).astype(np.float64)
        assert truth.min() > 0
        assert truth.max() < 255
        np.save(folder / f"im{number}.npy", ((truth + 0.4) / 255).astype(np.float32))
    asked = Request((f"frames:{folder}",), ("clip:film",), ("psnr", "psnr@exact-float"))
    (result,) = scored(tmp_path / "out", Planner(asked).jobs())
    for row in result.rows:
        assert row.exact == ("psnr",)
        assert row.scores["psnr@exact-float"] == pytest.approx(20 * np.log10(255 / 0.4), abs=1e-3)


def test_a_nan_in_a_raw_prediction_is_a_failed_frame(film: Path, tmp_path: Path) -> None:
    folder = predicted(tmp_path / "pred", samples=["im2"])
    raw = np.zeros((3, 40, 56), np.float32)
    raw[1, 2, 3] = np.nan
    np.save(folder / "im4.npy", raw)
    (result,) = scored(tmp_path / "out", jobs(methods=[f"frames:{folder}"]))
    assert [row.status for row in result.rows] == ["ok", "error"]
    assert result.rows[1].message == "NaN or infinity in the prediction"


def test_a_prediction_in_16_bits_scores_as_in_8(film: Path, tmp_path: Path) -> None:
    import cv2

    folder, fine = predicted(tmp_path / "pred"), tmp_path / "fine"
    fine.mkdir()
    for name in ("im2.png", "im4.png"):
        cv2.imwrite(str(fine / name), cv2.imread(str(folder / name)).astype(np.uint16) * 257)
    made = scored(tmp_path / "out", jobs(methods=[f"frames:{folder}", f"frames:{fine}"]))
    assert [row.scores for row in made[0].rows] == [row.scores for row in made[1].rows]


def test_only_what_a_run_reads_is_hashed_and_checked(film: Path, tmp_path: Path) -> None:
    folder = predicted(tmp_path / "pred")
    dataset = open_dataset("clip:film", DatasetOptions())
    check_predictions(folder, dataset)
    before = predictions_hash(folder, dataset)
    predicted(folder, samples=["im3"])
    (folder / "im2.txt").touch()
    assert predictions_hash(folder, dataset) == before
