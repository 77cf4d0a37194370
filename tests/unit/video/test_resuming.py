"""`--resume`: an interrupted interpolation goes on, and nobody can tell it from one that was not."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import Look, packets, read_video, write_video

from vfibench.errors import VfibenchError
from vfibench.video.interpolating import work
from vfibench.video.interpolating.interpolation import interpolate
from vfibench.video.interpolating.wish import Wish

LOOK = Look("yuv420p", 64, 48, matrix=1)
COUNT = 60


class Stopped(Exception):
    """What interrupts."""


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(work, "FRAMES", 12)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A texture that moves, with a cut, a repeat, and sound."""
    draw = np.random.default_rng(0)
    scenes = [draw.integers(0, 256, (12, 40, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1) for _ in range(2)]
    shown = [scenes[n >= 33][10:58, 2 * n : 2 * n + 64] for n in range(COUNT)]
    shown[20] = shown[19]
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(one), "rgb24") for one in shown]
    frames = [one.reformat(format="yuv420p", dst_colorspace="ITU709", threads=1) for one in frames]
    return write_video(tmp_path / "film.mkv", frames, LOOK, sound=COUNT / 25 + 1)  # longer than the pictures


def stop_at(count: int, kind: type[BaseException] = Stopped):
    def tell(outcome, _count):
        if outcome.written >= count:
            raise kind

    return tell


def wish(film: Path, output: Path, **more: object) -> Wish:
    return Wish(film, output, "dis", **{"factor": 2, "resume": True, "device": "cpu"} | more)


def contents(path: Path) -> tuple[list[bytes], list[F]]:
    read = read_video(path)
    return [b"".join(plane.tobytes() for plane in planes) for planes in read.planes], read.stamps


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".mkv", {"codec": "ffv1"}),
        (".mp4", {}),
        (".mp4", {"codec": "hevc", "preset": "ultrafast"}),
        (".webm", {"crf": 40}),
        (".mov", {"codec": "prores"}),
        (".ts", {}),
        (".avi", {"codec": "ffv1"}),
        (".mp4", {"slow": F(3), "factor": None}),
        (".mkv", {"fps": F(40), "factor": None, "codec": "ffv1"}),
    ],
)
def test_a_resumed_video_is_the_unbroken_one(film, tmp_path, suffix, options):
    whole, broken = tmp_path / f"whole{suffix}", tmp_path / f"broken{suffix}"
    interpolate(wish(film, whole, **options))
    for stop in (40, 70):
        with pytest.raises(VfibenchError):
            interpolate(wish(film, broken, **options), stop_at(stop))
        assert read_video(broken).frames  # what there is can be played
    outcome = interpolate(wish(film, broken, **options))
    assert contents(broken) == contents(whole)
    assert read_video(broken).end == read_video(whole).end
    for kind in ("video", "audio"):
        assert packets(broken, kind) == packets(whole, kind)
    told = [json.loads((path.parent / f"{path.name}.json").read_text()) for path in (broken, whole)]
    assert told[0]["frames"] == told[1]["frames"]
    for name in ("read", "written", "made", "source", "held", "cuts", "repeats", "finished"):
        assert told[0]["summary"][name] == told[1]["summary"][name]
    assert outcome.finished
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_lossless_segments_are_what_one_encoder_gives(film, tmp_path, suffix):
    plain, parts = tmp_path / f"plain{suffix}", tmp_path / f"parts{suffix}"
    codec = {"codec": "ffv1"} if suffix == ".mkv" else {"codec": "h264", "crf": 0}
    interpolate(wish(film, plain, resume=False, **codec))
    interpolate(wish(film, parts, **codec))
    assert contents(parts) == contents(plain)
    assert packets(parts, "audio") == packets(plain, "audio")
    assert read_video(parts).end == read_video(plain).end


def test_finished_segments_are_not_made_again(film, tmp_path, monkeypatch):
    from vfibench.video.interpolating.making import Maker

    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "a.mkv"), stop_at(80))
    asked = []
    made = Maker.__call__
    monkeypatch.setattr(Maker, "__call__", lambda self, *given: (asked.append(1), made(self, *given))[1])
    interpolate(wish(film, tmp_path / "a.mkv"))
    assert 20 <= len(asked) <= 30  # of 57 that there are


def test_after_a_kill_without_a_word_it_goes_on(film, tmp_path):
    """Nothing is closed: a torn segment, no output, no journal that ends."""
    whole = tmp_path / "whole.mp4"
    interpolate(wish(film, whole))
    broken = tmp_path / "broken.mp4"
    with pytest.raises(VfibenchError):
        interpolate(wish(film, broken), stop_at(60))
    parts = tmp_path / "broken.mp4.parts"
    broken.unlink()
    torn = parts / "000099.part"
    torn.write_bytes(b"half a packet")
    journal = tmp_path / "broken.mp4.json"
    journal.write_text(journal.read_text()[:200])
    interpolate(wish(film, broken))
    assert contents(broken) == contents(whole)


def test_ctrl_c_leaves_what_can_be_resumed(film, tmp_path):
    whole, broken = tmp_path / "whole.mkv", tmp_path / "broken.mkv"
    interpolate(wish(film, whole, codec="ffv1"))
    with pytest.raises(KeyboardInterrupt):
        interpolate(wish(film, broken, codec="ffv1"), stop_at(50, KeyboardInterrupt))
    assert len(read_video(broken).frames) >= 48
    interpolate(wish(film, broken, codec="ffv1"))
    assert contents(broken) == contents(whole)


def test_a_folder_goes_on_with_the_picture_that_may_be_torn(film, tmp_path):
    interpolate(wish(film, tmp_path / "whole"))
    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "broken"), stop_at(50))
    files = sorted((tmp_path / "broken").glob("*.png"))
    files[-1].write_bytes(files[-1].read_bytes()[:100])
    times = {file.name: file.stat().st_mtime_ns for file in files}
    interpolate(wish(film, tmp_path / "broken"))
    for file in sorted((tmp_path / "whole").glob("*.png")):
        assert (tmp_path / "broken" / file.name).read_bytes() == file.read_bytes(), file.name
    same = sum((tmp_path / "broken" / name).stat().st_mtime_ns == time for name, time in times.items())
    assert same >= len(files) - 3
    assert not list(tmp_path.glob("*.parts"))


def test_super_resolution_goes_on_too(tmp_path):
    draw = np.random.default_rng(0)
    wide = draw.integers(0, 256, (8, 30, 3)).astype(np.uint8).repeat(4, 0).repeat(4, 1)
    shown = [np.ascontiguousarray(wide[:, n : n + 32]) for n in range(30)]
    shown[14:] = [255 - one for one in shown[14:]]
    frames = [av.VideoFrame.from_ndarray(one, "rgb24").reformat(format="bgr0") for one in shown]
    source = write_video(tmp_path / "a.mkv", frames, Look("bgr0", 32, 32))
    more = {"codec": "ffv1", "factor": 2, "resume": True}
    method = "test_enlarging:Enlarged"
    import sys

    sys.path.insert(0, str(Path(__file__).parent))
    try:
        interpolate(Wish(source, tmp_path / "whole.mkv", method, **more))
        for stop in (14, 28, 36, 52):
            with pytest.raises(VfibenchError):
                interpolate(Wish(source, tmp_path / "broken.mkv", method, **more), stop_at(stop))
        interpolate(Wish(source, tmp_path / "broken.mkv", method, **more))
    finally:
        sys.path.pop(0)
    assert contents(tmp_path / "broken.mkv") == contents(tmp_path / "whole.mkv")
    assert len(read_video(tmp_path / "whole.mkv").frames) == 59


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"factor": 4}, "factor"),
        ({"crf": 30}, "crf"),
        ({"cuts": "off"}, "cuts"),
        ({"method": "blend"}, "method"),
    ],
)
def test_other_settings_are_no_resuming(film, tmp_path, changes, word):
    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "a.mp4"), stop_at(40))
    other = {"factor": 2, "resume": True, "device": "cpu", "method": "dis"} | changes
    with pytest.raises(VfibenchError, match=f"expected what .* was begun with, {word} ") as caught:
        interpolate(Wish(film, tmp_path / "a.mp4", **other))
    assert "\n" not in str(caught.value)


def test_another_source_is_no_resuming(film, tmp_path):
    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "a.mp4"), stop_at(40))
    film.write_bytes(film.read_bytes() + b"\0")
    with pytest.raises(VfibenchError, match="contents of the source"):
        interpolate(wish(film, tmp_path / "a.mp4"))


def test_a_finished_output_is_not_begun_again(film, tmp_path):
    interpolate(wish(film, tmp_path / "a.mp4"))
    before = (tmp_path / "a.mp4").read_bytes()
    with pytest.raises(VfibenchError, match="expected an output that is not there yet"):
        interpolate(wish(film, tmp_path / "a.mp4"))
    assert (tmp_path / "a.mp4").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train"], "run it with --resume to go on where it stopped"),
        (["run", "-m", "blend"], "run the same command again to go on where it stopped"),
        (["interpolate", "a", "b", "--resume"], "run the same command again to go on where it stopped"),
        (["interpolate", "a", "b"], "begun with --resume it could go on from there"),
        (["compare-video", "a", "b"], "what was done is in the output"),
    ],
)
def test_after_ctrl_c_nobody_is_told_to_do_what_fails(words, told):
    from vfibench.cli import _how_to_go_on

    assert _how_to_go_on(words).endswith(told)


def test_a_segment_that_was_cut_is_made_again(film, tmp_path):
    whole, broken = tmp_path / "whole.mkv", tmp_path / "broken.mkv"
    interpolate(wish(film, whole, codec="ffv1"))
    with pytest.raises(VfibenchError):
        interpolate(wish(film, broken, codec="ffv1"), stop_at(80))
    segment = sorted((tmp_path / "broken.mkv.parts").glob("*.packets"))[2]
    segment.write_bytes(segment.read_bytes()[: segment.stat().st_size // 2])
    interpolate(wish(film, broken, codec="ffv1"))
    assert contents(broken) == contents(whole)


def test_pictures_of_another_run_are_not_taken(film, tmp_path):
    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "out"), stop_at(50))
    interpolate(Wish(film, tmp_path / "out", "blend", factor=2, overwrite=True))
    other = {file.name: file.read_bytes() for file in (tmp_path / "out").glob("*.png")}
    with pytest.raises(VfibenchError, match="expected an output that is not there yet"):
        interpolate(wish(film, tmp_path / "out"))
    interpolate(wish(film, tmp_path / "out", overwrite=True))
    made = {file.name: file.read_bytes() for file in (tmp_path / "out").glob("*.png")}
    assert made["00000001.png"] != other["00000001.png"]


def test_another_list_of_cuts_is_no_resuming(film, tmp_path):
    (tmp_path / "cuts.txt").write_text("33\n")
    with pytest.raises(VfibenchError):
        interpolate(wish(film, tmp_path / "a.mp4", cuts=str(tmp_path / "cuts.txt")), stop_at(40))
    (tmp_path / "cuts.txt").write_text("33\n40\n")
    with pytest.raises(VfibenchError, match="contents of the cuts"):
        interpolate(wish(film, tmp_path / "a.mp4", cuts=str(tmp_path / "cuts.txt")))


def test_another_picture_in_the_source_folder_is_no_resuming(film, tmp_path):
    interpolate(Wish(film, tmp_path / "in", "blend", factor=2))
    with pytest.raises(VfibenchError):
        interpolate(wish(tmp_path / "in", tmp_path / "a.mp4", in_fps=F(25)), stop_at(60))
    picture = tmp_path / "in" / "00000003.png"
    picture.write_bytes((tmp_path / "in" / "00000009.png").read_bytes())
    with pytest.raises(VfibenchError, match="contents of the source"):
        interpolate(wish(tmp_path / "in", tmp_path / "a.mp4", in_fps=F(25)))


@pytest.mark.parametrize("suffix", [".webp", ".apng", ".gif"])
def test_animations_cannot_be_resumed_and_say_so(film, tmp_path, suffix):
    with pytest.raises(VfibenchError, match="expected a video or a folder with --resume"):
        interpolate(wish(film, tmp_path / f"a{suffix}"))


def test_after_a_refused_option_the_right_command_works(film, tmp_path):
    with pytest.raises(VfibenchError, match="nonsense"):
        interpolate(wish(film, tmp_path / "a.mp4", options={"nonsense": "1"}))
    assert interpolate(wish(film, tmp_path / "a.mp4")).finished


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".mkv", "h264"), (".mp4", "hevc")])
def test_variable_rates_can_be_put_together(film, tmp_path, suffix, codec):
    read = read_video(film)
    stamps = [F(0)]
    for number in range(1, COUNT):
        stamps.append(stamps[-1] + (F(1, 8) if number % 12 < 4 else F(1, 60)))
    source = write_video(tmp_path / "vfr.mkv", read.frames, LOOK, stamps)
    whole, broken = tmp_path / f"whole{suffix}", tmp_path / f"broken{suffix}"
    more = {"codec": codec, "preset": "ultrafast" if codec == "hevc" else "medium"}
    interpolate(wish(source, whole, **more))
    with pytest.raises(VfibenchError):
        interpolate(wish(source, broken, **more), stop_at(60))
    interpolate(wish(source, broken, **more))
    assert contents(broken) == contents(whole)
    assert len(read_video(whole).frames) == 2 * COUNT - 1
