"""`clip:VIDEO` and `clips:DIR`: which windows are scored, what they are called, which pixels they have."""

from __future__ import annotations

import itertools
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import Look, filled, noise, write_video

from vfibench import evaluate
from vfibench.cli import main
from vfibench.contracts import Dataset, DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.clip import open_clip
from vfibench_datasets.clips import open_clips


def clip(path, **changes):
    return open_clip(DatasetOptions(argument=str(path), **changes))


def clips(path, **changes):
    return open_clips(DatasetOptions(argument=str(path), **changes))


def lossless(path: Path, pictures: list[np.ndarray], stamps: list[Fraction] | None = None) -> Path:
    """Pictures [3, H, W] uint8 as a lossless video."""
    height, width = pictures[0].shape[1:]
    frames = [
        av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.transpose(1, 2, 0)), "rgb24").reformat(
            format="bgr0"
        )
        for picture in pictures
    ]
    return write_video(path, frames, Look("bgr0", width, height), stamps)


def scene(seed: int, count: int) -> list[np.ndarray]:
    """A slowly brightening texture: every frame is another, and no frame is a cut."""
    base = np.random.default_rng(seed).integers(0, 200, (3, 24, 32))
    return [(base + 2 * n).astype(np.uint8) for n in range(count)]


def numbers(dataset: Dataset) -> list[int]:
    return [int(one) for one in dataset.ids]


def test_a_lossless_video_scores_what_its_frames_in_a_folder_score(shared, tmp_path):
    source = shared("data", "clips", "BasketballPass_416x240_50")
    files = [source / f"im{k}.png" for k in range(1, 12)]
    (tmp_path / "frames").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "frames")
    video = lossless(tmp_path / "ball.mkv", [read_image(file) for file in files])
    for factor in (2, 4):
        by = {
            word: evaluate("blend", f"clip:{word}", metrics=("psnr", "ssim"), factor=factor)
            for word in (video, tmp_path / "frames")
        }
        one, other = by.values()
        assert len(one) == (10 // factor) * (factor - 1)
        for column in ("psnr", "ssim"):
            assert one[column].tolist() == other[column].tolist()


@pytest.mark.parametrize(
    ("inputs", "factor", "index", "shown", "target"),
    [
        (2, 2, 1, [2, 4], [3]),
        (2, 4, 0, [0, 4], [1, 2, 3]),
        (4, 2, 1, [0, 2, 4, 6], [3]),
        (4, 2, 0, [0, 0, 2, 4], [1]),
    ],
)
def test_samples_are_windows_of_the_video(tmp_path, inputs, factor, index, shown, target):
    pictures = scene(0, 9)
    dataset = clip(lossless(tmp_path / "a.mkv", pictures), inputs=inputs, factor=factor)
    sample = dataset[index]
    assert np.array_equal(sample.frames, [pictures[k] for k in shown])
    assert np.array_equal(sample.targets, [pictures[k] for k in target])
    assert sample.id == f"{target[0]:06d}"
    assert sample.tags["clip"] == "a.mkv"
    assert ("edge" in sample.tags) == (len(set(shown)) < inputs)


def test_no_window_spans_a_cut_and_outer_inputs_do_not_either(tmp_path):
    pictures = scene(0, 7) + [255 - picture for picture in scene(1, 6)] + scene(2, 9)
    dataset = clip(lossless(tmp_path / "a.mkv", pictures), inputs=4)
    assert numbers(dataset) == [1, 3, 5, 8, 10, 14, 16, 18, 20]
    assert "22 frames, 2 cuts, 9 windows, none across a cut" in dataset.remarks[0]
    begins = [0, 7, 13, 22]
    for index, first in enumerate(numbers(dataset)):
        own = next(range(a, b) for a, b in itertools.pairwise(begins) if a <= first < b)
        for frame in dataset[index].frames:
            assert any(np.array_equal(frame, pictures[k]) for k in own)


def test_windows_with_a_repeat_are_left_out_and_counted(tmp_path):
    pictures = scene(0, 11)
    pictures[4], pictures[7] = pictures[3], pictures[6]
    dataset = clip(lossless(tmp_path / "a.mkv", pictures))
    assert numbers(dataset) == [1, 5, 9]
    assert dataset.remarks[0].endswith("3 windows, none across a cut; left out: 2 with a repeated frame")


def test_windows_of_uneven_time_are_left_out_and_counted(tmp_path):
    stamps = [Fraction(n, 25) for n in range(9)]
    stamps[5:] = [stamp + Fraction(1, 50) for stamp in stamps[5:]]  # 4 -> 5 takes longer
    dataset = clip(lossless(tmp_path / "a.mkv", scene(0, 9), stamps))
    assert numbers(dataset) == [1, 3, 7]
    assert dataset.remarks[0].endswith("; left out: 1 not evenly spaced in time")


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (scene(0, 2), "2 frames, 0 cuts, 0 windows"),
        ([scene(0, 1)[0]] * 6, "left out: 2 with a repeated frame"),
    ],
)
def test_nothing_to_score_is_one_line_that_says_why(tmp_path, pictures, words):
    path = lossless(tmp_path / "a.mkv", pictures)
    with pytest.raises(VfibenchError, match=f"expected windows to score in {path}, found none") as caught:
        clip(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["text", "sound", "damaged"])
def test_what_is_no_video_or_a_damaged_one_is_told(tmp_path, kind):
    path = tmp_path / "a.mkv"
    if kind == "damaged":
        data = lossless(path, scene(0, 9)).read_bytes()
        path.write_bytes(data[: len(data) // 2])
        dataset = clip(path)
        assert len(dataset) < 4
        assert any("damaged" in remark for remark in dataset.remarks[1:]) or "4 frames" in dataset.remarks[0]
        return
    if kind == "text":
        path.write_text("no video")
    else:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=48000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate = 48000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    with pytest.raises(VfibenchError, match=f"expected a video.* {path}"):
        clip(path)


def test_without_pyav_the_line_says_how_to_install_it(tmp_path, monkeypatch):
    path = lossless(tmp_path / "a.mkv", scene(0, 3))
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(VfibenchError, match=r'pip install "vfibench\[video\]"'):
        clip(path)


def test_one_video_is_one_dataset_however_it_is_spelt(tmp_path, monkeypatch):
    path = lossless(tmp_path / "my film.mkv", scene(0, 5))
    monkeypatch.chdir(tmp_path)
    opened = [clip(word) for word in ("my film.mkv", "./my film.mkv", path)]
    assert {one.label for one in opened} == {"clip:my film.mkv"}
    assert len({(one.selection.sha256, one.fingerprint) for one in opened}) == 1
    assert clip(f"{path}=take 2").label == "clip:take 2"
    assert {item.tags["clip"] for item in clip(f"{path}=take 2").items} == {"take 2"}


def test_run_json_says_how_frames_became_rgb(tmp_path):
    look = Look("yuv420p10le", 32, 24, matrix=9)
    frames = [noise(look, seed) for seed in range(3)]
    path = write_video(tmp_path / "a.mkv", frames, look)
    with pytest.raises(VfibenchError):  # noise is all cuts
        clip(path)
    flat = [
        filled(look, [plane // 8 + 400 + 4 * n for plane in planes])
        for n, planes in enumerate([_planes(look)] * 3)
    ]
    dataset = clip(write_video(path, flat, look))
    assert dataset.decoding.startswith("a.mkv: yuv420p10le, BT.2020, limited range, by its own matrix")
    assert f"PyAV {av.__version__}, libavcodec" in dataset.decoding
    assert dataset[0].targets.dtype == np.uint8


def _planes(look: Look) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    size = (look.height, look.width)
    shapes = [size, (size[0] // 2, size[1] // 2), (size[0] // 2, size[1] // 2)]
    return [draw.integers(0, 1024, shape).astype(np.uint16) for shape in shapes]


@pytest.fixture
def run_command(capsys, monkeypatch):
    """What a command prints on standard output."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        assert not end.value.code
        return capsys.readouterr().out

    return run


@pytest.fixture
def films(tmp_path, picture):
    """Two videos of other sizes, a folder of frames, and what is no clip."""
    folder = tmp_path / "films"
    folder.mkdir()
    lossless(folder / "b.mkv", scene(0, 7))
    lossless(folder / "a.avi", [one[:, :16] for one in scene(1, 5)])
    for k in range(1, 6):
        picture(folder / "c" / f"im{k}.png", seed=k)
    for k in range(2):
        picture(folder / "short" / f"{k}.png", seed=k)
    (folder / "notes.txt").write_text("no clip")
    (folder / "empty").mkdir()
    (folder / ".hidden.mkv").write_text("no clip")
    return folder


def test_a_folder_of_clips_names_samples_by_clip(films):
    dataset = clips(films)
    assert isinstance(dataset, Dataset)
    assert dataset.label == "clips:films"
    assert dataset.ids == (
        "a.avi/000001", "a.avi/000003", "b.mkv/000001", "b.mkv/000003", "b.mkv/000005", "c/im2", "c/im4",
    )  # fmt: skip
    assert [item.tags["clip"] for item in dataset.items] == ["a.avi"] * 2 + ["b.mkv"] * 3 + ["c"] * 2
    assert [dataset[index].targets.shape[2:] for index in (0, 2, 5)] == [(16, 32), (24, 32), (6, 8)]
    assert "short: 2 frames, too few, left out" in dataset.remarks
    assert "no clips, left out: empty, notes.txt" in dataset.remarks
    assert all(np.array_equal(dataset[index].frames, dataset[index].frames) for index in range(7))


def test_other_contents_of_any_clip_have_another_fingerprint(films, picture):
    before = clips(films).fingerprint
    assert clips(films).fingerprint == before
    lossless(films / "b.mkv", scene(5, 7))
    changed = clips(films).fingerprint
    assert changed != before
    picture(films / "c" / "im3.png", seed=77)
    assert clips(films).fingerprint not in (before, changed)


def test_an_own_list_picks_of_clips(films, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("c/im2\nb.mkv/000003\n")
    assert clips(films, list_file=own).ids == ("c/im2", "b.mkv/000003")
    own.write_text("b.mkv/000002\n")
    with pytest.raises(VfibenchError, match=r"unknown sequence 'b\.mkv/000002'"):
        clips(films, list_file=own)


@pytest.mark.parametrize(
    ("inside", "words"),
    [(None, "found no folder"), ([], r"found none \(it is empty\)"), (["x/"], "nothing of x is one")],
)
def test_no_clips_end_in_one_line(tmp_path, inside, words):
    folder = tmp_path / "films"
    for name in [] if inside is None else ["", *inside]:
        (folder / name).mkdir()
    with pytest.raises(VfibenchError, match=words) as caught:
        clips(folder)
    assert "\n" not in str(caught.value)


def test_a_damaged_video_among_clips_is_not_left_out_in_silence(films):
    (films / "d.mp4").write_text("no video")
    with pytest.raises(VfibenchError, match=r"expected a video, found .*/d\.mp4"):
        clips(films)


def test_a_folder_of_videos_as_one_clip_leads_to_clips(tmp_path):
    lossless(tmp_path / "b.mkv", scene(0, 7))
    with pytest.raises(VfibenchError, match="for a folder of videos: clips:DIR"):
        clip(tmp_path)


def test_one_clip_has_no_interval_and_the_table_says_why(tmp_path, run_command):
    path = lossless(tmp_path / "a.mkv", scene(0, 31))
    told = run_command(
        "run", "-m", "blend", "-d", f"clip:{path}", "--metric", "ie", "--out", tmp_path / "out"
    )
    why = "frames of one clip are not independent: an interval takes 6 clips or more, found 1"
    assert f"no 95% interval: {why}" in told


def test_six_clips_have_an_interval(tmp_path, run_command):
    folder = tmp_path / "films"
    folder.mkdir()
    for k in range(6):
        lossless(folder / f"{k}.mkv", scene(k, 5))
    words = ("--metric", "ie", "--out", tmp_path / "out")
    told = run_command("run", "-m", "blend", "-d", f"clips:{folder}", *words)
    assert "no 95% interval" not in told
    assert "95% interval" in told
    assert str(tmp_path) not in told.replace(str(tmp_path / "out"), "")


def test_the_dataset_kit_passes_both(tmp_path, films):
    from vfibench.testing.datasets.kit import check_dataset

    for word in (f"clip:{films / 'b.mkv'}", f"clips:{films}"):
        report = check_dataset(word)
        assert report.ok, report


def test_outer_inputs_beside_a_gap_are_uneven_too(tmp_path):
    stamps = [Fraction(n, 25) for n in range(15)]
    stamps[8:] = [stamp + 2 for stamp in stamps[8:]]
    path = lossless(tmp_path / "a.mkv", scene(0, 15), stamps)
    assert numbers(clip(path)) == [1, 3, 5, 9, 11, 13]
    assert numbers(clip(path, inputs=4)) == [1, 3, 11, 13]


def test_a_newline_in_a_name_is_a_name(tmp_path):
    path = lossless(tmp_path / "a.mkv", scene(0, 5)).rename(tmp_path / "a#\nb.mkv")
    assert len(clip(path)) == 2
    assert clip(path)[1].targets.shape == (1, 3, 24, 32)


def test_few_clips_are_open_at_a_time(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for k in range(9):
        lossless(folder / f"{k}.mkv", scene(k, 5))
    dataset = clips(folder)
    first = [dataset[index].targets.copy() for index in range(18)]
    kept = [frames for frames in dataset._frames.values() if frames._source is not None or frames._kept]
    assert len(kept) <= 4
    assert all(np.array_equal(dataset[index].targets, first[index]) for index in range(18))
