"""Frames of a video by number: in any order they are those of decoding it from the beginning."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import TICK, Look, noise, write_video

from vfibench.errors import VfibenchError
from vfibench.video.colour import coding_of, planes_of, to_rgb
from vfibench.video.footage import frames as reading
from vfibench.video.footage.frames import Frames
from vfibench.video.footage.looking import footage_of


def written(path: Path, pictures: list[np.ndarray], codec: str = "libx264", **options: str) -> Path:
    """Pictures [H, W, 3] as a video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p"))
            )
        container.mux(stream.encode(None))
    return path


def moving(count: int, seed: int = 0) -> list[np.ndarray]:
    """A texture that moves by three pixels per frame."""
    wide = np.random.default_rng(seed).integers(0, 256, (16, 3 * count + 16, 3)).astype(np.uint8)
    wide = wide.repeat(4, 0).repeat(4, 1)
    return [np.ascontiguousarray(wide[:, 3 * n : 3 * n + 64]) for n in range(count)]


def straight(path: Path) -> list[np.ndarray]:
    """Every frame decoded from the beginning, its colours by the formulas that have tests of their own."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    coding = coding_of(frames[0])
    return [np.clip(np.rint(to_rgb(planes_of(f), coding).numpy() * 255), 0, 255) for f in frames]


OPEN = {"x264-params": "open-gop=1:keyint=6:min-keyint=6:bframes=3:scenecut=0"}
CLOSED = {"x264-params": "keyint=6:min-keyint=6:bframes=2:scenecut=0"}


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("closed.mp4", "libx264", CLOSED),
        ("open.mp4", "libx264", OPEN),
        ("open.mkv", "libx264", OPEN),
        ("open.ts", "libx264", OPEN),
        ("a.avi", "mpeg4", {"g": "6", "bf": "2"}),
        ("a.mpg", "mpeg2video", {"g": "6", "bf": "2"}),
        ("a.webm", "libvpx-vp9", {"g": "6"}),
        ("one.mp4", "libx264", {"x264-params": "keyint=100"}),
    ],
)
def test_any_order_gives_the_frames_of_decoding_in_order(tmp_path, monkeypatch, name, codec, options):
    monkeypatch.setattr(reading, "REMEMBERED", 0)
    monkeypatch.setattr(reading, "AT_LEAST", 2)  # nearly nothing is kept, so that it has to be sought
    path = written(tmp_path / name, moving(25), codec, **options)
    expected = straight(path)
    assert len(expected) == 25
    footage = footage_of(path)
    asked = [*range(25), *reversed(range(25)), *random.Random(1).choices(range(25), k=40)]
    frames = Frames(footage)
    for number in asked:
        assert np.array_equal(frames.rgb(number), expected[number]), number


def test_jumps_do_not_decode_all_that_lies_before(tmp_path, monkeypatch):
    path = written(tmp_path / "a.mp4", moving(60), **CLOSED)
    frames = Frames(footage_of(path))
    decoded = []
    keep = Frames._keep
    monkeypatch.setattr(Frames, "_keep", lambda self, picture: (decoded.append(1), keep(self, picture))[1])
    frames.rgb(50)
    frames.rgb(51)
    assert len(decoded) <= 7


def test_many_threads_get_their_frames(tmp_path):
    path = written(tmp_path / "a.mp4", moving(40), **OPEN)
    expected, frames = straight(path), Frames(footage_of(path))
    asked = random.Random(2).choices(range(40), k=200)
    with ThreadPoolExecutor(6) as pool:
        for number, found in zip(asked, pool.map(frames.rgb, asked), strict=True):
            assert np.array_equal(found, expected[number])


def test_a_real_video_of_444_is_read_by_its_own_matrix(shared):
    path = shared("data", "videos", "cockatoo.mp4")
    frames = Frames(footage_of(path))
    with av.open(str(path)) as container:
        scaled = next(container.decode(video=0)).reformat(
            format="rgb24", src_colorspace="ITU709", dst_colorspace="ITU709", threads=1
        )
    difference = np.abs(frames.rgb(0).transpose(1, 2, 0).astype(int) - scaled.to_ndarray())
    assert difference.max() <= 2
    assert difference.mean() < 0.5


@pytest.mark.parametrize("change", ["other frames", "fewer frames"])
def test_a_file_that_changes_meanwhile_is_noticed(tmp_path, change):
    path = written(tmp_path / "a.mp4", moving(20), **CLOSED)
    frames = Frames(footage_of(path))
    frames.rgb(0)
    written(path, moving(20, seed=1) if change == "other frames" else moving(10), **CLOSED)
    with pytest.raises(VfibenchError, match=f"expected frame 19 of {path} as it was before, found another"):
        frames.rgb(19)
    assert footage_of(path).fingerprint != frames._footage.fingerprint


def test_the_fingerprint_is_of_what_is_decoded_not_of_the_file(tmp_path):
    look = Look()
    shown = [noise(look, seed) for seed in range(5)]
    one = footage_of(write_video(tmp_path / "a.mkv", shown, look))
    same = footage_of(write_video(tmp_path / "b.avi", shown, look, sound=1.0))
    shown[3] = noise(look, 99)
    other = footage_of(write_video(tmp_path / "c.mkv", shown, look))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    full = Look(full=True)
    louder = footage_of(write_video(tmp_path / "d.mkv", [noise(full, seed) for seed in range(5)], full))
    assert louder.fingerprint != one.fingerprint  # the same codes, and other colours


def test_uneven_stamps_are_told_from_those_that_a_container_rounds(tmp_path):
    look = Look()
    shown = [noise(look, seed) for seed in range(9)]
    rounded = footage_of(write_video(tmp_path / "a.mkv", shown, look, rate=Fraction(120)))
    assert not rounded.uneven(0, 8)
    stamps = [Fraction(n, 25) for n in range(9)]
    stamps[3] += Fraction(1, 100)
    late = footage_of(write_video(tmp_path / "b.mkv", shown, look, stamps))
    assert [late.uneven(first, first + 2) for first in range(7)] == [False, True, True, True] + [False] * 3
    assert late.frames[1].stamp - late.frames[0].stamp == Fraction(1, 25)
    assert Fraction(1, 1000) > TICK
