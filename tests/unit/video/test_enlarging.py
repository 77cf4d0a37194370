"""Space-time super-resolution of videos: windows and their seams, cuts, tiles, and what comes out when."""

from __future__ import annotations

import json
from fractions import Fraction as F
from itertools import pairwise

import av
import numpy as np
import pytest
import torch
from made_videos import Look, read_video, write_video

from vfibench.contracts import AdapterCard
from vfibench.errors import VfibenchError
from vfibench.methods.resolving import Method
from vfibench.video.cuts import Change
from vfibench.video.interpolating import enlarging
from vfibench.video.interpolating.enlarging import OVERLAP, Enlarger, around, spans
from vfibench.video.interpolating.interpolation import interpolate
from vfibench.video.interpolating.making import method_of
from vfibench.video.interpolating.scenes import stretches
from vfibench.video.interpolating.wish import Wish
from vfibench.video.reading.source import Picture
from vfibench.video.shots import Shot


class Enlarged:
    """Times four by repeating pixels, linear in between."""

    card = AdapterCard("enlarged", f"{__name__}:Enlarged", inputs=(4, 2), times="halves", scale=4)
    windows: list[int] = []  # noqa: RUF012 the number of frames of each call

    def load(self, device, weights):
        type(self).windows = []

    def predict(self, frames, times):
        type(self).windows.append(frames.shape[1])
        first = 1 - frames.shape[1] / 2
        made = []
        for time in times:
            place = time - first
            left = int(place)
            right = min(left + 1, frames.shape[1] - 1)
            share = place - left
            made.append((1 - share) * frames[:, left] + share * frames[:, right])
        return torch.stack(made, 1).repeat_interleave(4, 3).repeat_interleave(4, 4)


METHOD = f"{__name__}:Enlarged"


def shot(number: int) -> Shot:
    return Shot(Picture(number, None, F(number), F(1)), [], Change(1, 0, False, False, None))


def windows(count: int, inputs: int, begins: frozenset[int]) -> list[tuple[list[int], int, bool, bool]]:
    found = stretches(iter(map(shot, range(count))), inputs, lambda one, _: one.picture.number in begins)
    return [([s.picture.number for s in w.shots], w.new, w.first, w.last) for w in found]


@pytest.mark.parametrize(
    ("count", "begins", "expected"),
    [
        (1, (), [([0], 1, True, True)]),
        (3, (), [([0, 1, 2], 3, True, True)]),
        (4, (), [([0, 1, 2, 3], 4, True, True)]),
        (5, (), [([0, 1, 2, 3], 4, True, False), ([1, 2, 3, 4], 1, False, True)]),
        (7, (), [([0, 1, 2, 3], 4, True, False), ([3, 4, 5, 6], 3, False, True)]),
        (6, (4,), [([0, 1, 2, 3], 4, True, True), ([4, 5], 2, True, True)]),
        (4, (1, 3), [([0], 1, True, True), ([1, 2], 2, True, True), ([3], 1, True, True)]),
    ],
)
def test_windows_share_a_frame_and_end_with_the_scene(count, begins, expected):
    assert windows(count, 4, frozenset(begins)) == expected


@pytest.mark.parametrize("inputs", [2, 4])
@pytest.mark.parametrize("count", range(1, 23))
def test_every_interval_is_in_one_window_of_its_scene(count, inputs):
    for begins in (frozenset(), frozenset({1}), frozenset({count // 2, count - 1}) - {0}):
        if max(begins, default=0) >= count:
            continue
        found = windows(count, inputs, begins)
        known: list[int] = []
        for shots, new, first, _ in found:
            assert shots == list(range(shots[0], shots[-1] + 1))
            assert not begins & set(shots[1:])
            assert first == (shots[0] in begins | {0} and new == len(shots))
            assert len(shots) == inputs or (first and len(shots) < inputs)
            assert first or shots[-1 - new] == known[-1]
            known += shots[-new:]
        assert known == list(range(count))
        assert sum(last for *_, last in found) == len(begins) + 1


def film(path, levels: list[int], look: Look = Look("yuv444p", 24, 16, matrix=1)):
    """Grey frames of these levels."""
    frames = []
    for level in levels:
        frame = av.VideoFrame.from_ndarray(np.full((look.height, look.width, 3), level, np.uint8), "rgb24")
        frames.append(frame.reformat(format=look.pixel_format, dst_colorspace="ITU709", threads=1))
    return write_video(path, frames, look)


def levels_of(path) -> list[int]:
    return [int(frame.to_ndarray(format="rgb24", threads=1)[40, 60, 0]) for frame in read_video(path).frames]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 11])
def test_n_frames_become_2n_minus_1_of_four_times_the_size(tmp_path, count):
    source = film(tmp_path / "a.mkv", [20 + 10 * n for n in range(count)])
    outcome = interpolate(Wish(source, tmp_path / "b.mkv", METHOD, factor=2, codec="ffv1"))
    read = read_video(tmp_path / "b.mkv")
    assert (read.frames[0].width, read.frames[0].height) == (96, 64)
    assert levels_of(tmp_path / "b.mkv") == pytest.approx([20 + 5 * n for n in range(2 * count - 1)], abs=1)
    stamps = [n / 50 for n in range(2 * count - 1)]
    assert [float(stamp) for stamp in read.stamps] == pytest.approx(stamps, abs=1e-3)
    assert float(read.end) == pytest.approx(count / 25, abs=2e-3)
    assert (outcome.written, outcome.made, outcome.source) == (2 * count - 1, 2 * count - 1, 0)


def test_nothing_is_made_across_a_cut(tmp_path):
    levels = [20, 30, 40, 50, 60, 200, 190, 180]
    source = film(tmp_path / "a.mkv", levels)
    outcome = interpolate(Wish(source, tmp_path / "b.mkv", METHOD, factor=2, codec="ffv1"))
    expected = [20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 200, 195, 190, 185, 180]
    assert levels_of(tmp_path / "b.mkv") == pytest.approx(expected, abs=1)
    assert outcome.cuts == 1
    assert dict(outcome.held) == {"cut": 1}
    journal = json.loads((tmp_path / "b.mkv.json").read_text())
    assert len(journal["frames"]) == 15
    assert journal["frames"][9] == {"at": "9/50", "source": 4, "held": "cut"}
    assert journal["frames"][1] == {"at": "1/50", "made": [0, 1], "time": "1/2", "from": [0, 1, 2, 3]}
    assert journal["frames"][11]["from"] == [5, 6, 7]


def test_slow_motion_takes_twice_as_long(tmp_path):
    source = film(tmp_path / "a.mkv", [20, 40, 60, 80])
    interpolate(Wish(source, tmp_path / "b.mkv", METHOD, slow=F(2), codec="ffv1"))
    read = read_video(tmp_path / "b.mkv")
    assert [float(stamp) for stamp in read.stamps] == pytest.approx([n / 25 for n in range(7)], abs=1e-3)


def test_n_out_3_gives_windows_of_two(tmp_path):
    source = film(tmp_path / "a.mkv", [20, 40, 60, 80])
    interpolate(Wish(source, tmp_path / "b.mkv", METHOD, factor=2, codec="ffv1", n_out=3))
    assert Enlarged.windows == [2, 2, 2]
    assert levels_of(tmp_path / "b.mkv") == pytest.approx([20, 30, 40, 50, 60, 70, 80], abs=1)


def test_colours_that_are_not_told_are_told_of_the_larger_picture(tmp_path):
    look = Look("yuv420p", 256, 152)  # 601 by its size, 608 lines when enlarged would be read as 709
    planes = av.VideoFrame.from_ndarray(np.full((152, 256, 3), (30, 160, 60), np.uint8), "rgb24")
    frame = planes.reformat(format="yuv420p", dst_colorspace="ITU601", threads=1)
    source = write_video(tmp_path / "a.mkv", [frame, frame], look)
    interpolate(Wish(source, tmp_path / "b.mkv", METHOD, factor=2, codec="ffv1"))
    made = read_video(tmp_path / "b.mkv").frames[0]
    assert made.height == 608
    assert int(made.colorspace) in (5, 6)


def test_opacity_is_enlarged_too(tmp_path):
    look = Look("yuva444p", 24, 16)
    source = film(tmp_path / "a.mkv", [20, 40], look)
    interpolate(Wish(source, tmp_path / "b.mkv", METHOD, factor=2, codec="ffv1"))
    read = read_video(tmp_path / "b.mkv")
    assert read.frames[0].format.name == "yuva444p"
    assert read.planes[1][3].shape == (64, 96)
    assert (read.planes[1][3] == 255).all()


def test_a_folder_gets_large_pictures(tmp_path):
    source = film(tmp_path / "a.mkv", [20, 40])
    interpolate(Wish(source, tmp_path / "out", METHOD, factor=2))
    from PIL import Image

    assert [Image.open(file).size for file in sorted((tmp_path / "out").glob("*.png"))] == [(96, 64)] * 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"factor": 4}, "expected --factor 2 or --slow 2 with .*, which makes 2N-1 of N frames"),
        ({"factor": None, "fps": F(60)}, "expected --factor 2 or --slow 2"),
        ({"n_out": 4}, "expected --n-out 3 or 7 with .*, found 4; .*2N-1 come out"),
        ({"n_out": 9}, "expected --n-out 3 or 7 with .*, found 9"),
        ({"tile": 64}, "expected --tile above 64, found 64"),
        (
            {"method": "blend", "tile": 128},
            "expected --tile with a method of space-time super-resolution, found blend",
        ),
        ({"method": "blend", "n_out": 3}, "expected --n-out with a method of space-time super-resolution"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, changes, reason):
    source = film(tmp_path / "a.mkv", [20, 40])
    wished = {"method": METHOD, "factor": 2} | changes
    with pytest.raises(VfibenchError, match=reason) as caught:
        interpolate(Wish(source, tmp_path / "b.mkv", **wished))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "b.mkv").exists()


@pytest.mark.parametrize("length", [17, 100, 130, 131, 200, 333, 1080])
def test_tiles_cover_every_pixel_once_with_what_is_around(length):
    tile = 2 * OVERLAP + 40
    parts = spans(length, tile, 4)
    assert [pixel for first, last in parts for pixel in range(first, last)] == list(range(length))
    for first, last in parts:
        begin, end = around(first, last, length)
        assert end - begin <= tile
        assert begin % 4 == 0
        assert begin == 0 or first - begin == OVERLAP
        assert end == length or end - last == OVERLAP


@pytest.fixture(scope="module")
def starter() -> Method:
    return method_of("zooming-slowmo-starter", None)


def texture(height: int, width: int, frames: int, seed: int = 0) -> list[torch.Tensor]:
    """A smooth texture that moves by a pixel and a half per frame."""
    draw = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, height // 4 + 2, width // 4 + 20, generator=draw)
    wide = torch.nn.functional.interpolate(coarse, scale_factor=8, mode="bicubic").clamp(0, 1)[0]
    shown = [wide[:, : 2 * height, 3 * n : 3 * n + 2 * width] for n in range(frames)]
    return [torch.nn.functional.avg_pool2d(one, 2) for one in shown]


def test_tiles_agree_with_the_whole(starter, monkeypatch):
    frames = texture(56, 88, 2)
    whole = torch.stack(Enlarger(starter, "cpu", "fp32", 3)(frames))
    monkeypatch.setattr(enlarging, "OVERLAP", 24)
    tiled = torch.stack(Enlarger(starter, "cpu", "fp32", 3, tile=72)(frames))
    assert tiled.shape == whole.shape == (3, 3, 224, 352)
    assert not torch.equal(tiled, whole)  # it was made in tiles
    assert float((tiled - whole).abs().max()) < 1e-3


def test_no_seam_is_seen_where_windows_meet(tmp_path, starter):
    frames = texture(32, 48, 10)
    pictures = [one.mul(255).round().byte().permute(1, 2, 0).contiguous().numpy() for one in frames]
    source = write_video(
        tmp_path / "a.mkv",
        [av.VideoFrame.from_ndarray(one, "rgb24").reformat(format="bgr0") for one in pictures],
        Look("bgr0", 48, 32),
    )
    interpolate(Wish(source, tmp_path / "b.mkv", starter.label, factor=2, codec="ffv1", device="cpu"))
    made = [frame.to_ndarray(format="rgb24").astype(float) for frame in read_video(tmp_path / "b.mkv").frames]
    assert len(made) == 19
    # Motion is even, so each step is like the next; a seam is at the outputs 6 and 12, of inputs 3 and 6.
    steps = np.array([np.abs(b - a)[8:-8, 8:-8].mean() for a, b in pairwise(made)])
    seams = {5, 6, 11, 12}
    others = [step for place, step in enumerate(steps) if place not in seams]
    for place in seams:
        assert min(others) * 0.9 <= steps[place] <= max(others) * 1.1
