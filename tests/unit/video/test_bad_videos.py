"""Bad input to `vfibench interpolate`: one clear line each, exit status 2, and what was done is kept."""

from __future__ import annotations

import json
import sys
from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import frame as wave
from made_videos import Look, noise, read_video, write_video
from PIL import Image

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.video.reading.source import Clip
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.writing.video_file import VideoSink

LOOK = Look()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_video(tmp_path / "film.mkv", [noise(LOOK, n) for n in range(12)], LOOK)


@pytest.fixture
def interpolate(tmp_path, capsys, monkeypatch):
    """Run the command in a folder of its own: (exit status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: object) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["interpolate", "-m", "blend", "--device", "cpu", *map(str, words)])
        return (end.value.code or 0, *capsys.readouterr())

    return run


def told(answer: tuple[object, str, str]) -> str:
    """The line of an answer with exit status 2, and its hint."""
    status, out, error = answer
    line, *hint = error.rstrip().splitlines()
    assert (status, out) == (2, ""), answer
    assert line.startswith("error: ")
    assert len(hint) <= 1
    assert all(one.startswith("  hint: ") for one in hint)
    return "".join((line, *hint))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["film.mkv", "out.mkv"], "expected --factor, --fps or --slow, found none"),
        (["film.mkv", "out.mkv", "--factor", 1], "expected --factor 2 or more, found 1"),
        (["film.mkv", "out.mkv", "--fps", 0], "expected a positive number for --fps"),
        (["film.mkv", "out.mkv", "--fps", 24], "expected --fps of at least the source's 25, found 24"),
        (["film.mkv", "out.mkv", "--factor", 2, "--fps", 60], "expected --factor or --fps, found both"),
        (["film.mkv", "out.mkv", "--slow", 1], "expected --slow above 1, found 1"),
        (["film.mkv", "film.mkv", "--factor", 2], "found the input itself"),
        (["film.mkv", "./film.mkv", "--factor", 2, "--overwrite"], "found the input itself"),
        (["film.mkv", "taken.mkv", "--factor", 2], "or add --overwrite"),
        (["film.mkv", "no/out.mkv", "--factor", 2], "expected a folder for the output, found none at no"),
        (["film.mkv", "out.xyz", "--factor", 2], "expected an output with a suffix that FFmpeg knows"),
        (["film.mkv", "out.mkv", "--factor", 2, "--codec", "h266"], "expected --codec h264 | hevc"),
        (["film.mkv", "out.webm", "--factor", 2, "--codec", "h264"], "does not take"),
        (["film.mkv", "out.mkv", "--factor", 2, "-e", "tune"], "expected -e KEY=VALUE, found 'tune'"),
        (["film.mkv", "out.mkv", "--factor", 2, "-e", "tuna=film"], "it has no option tuna"),
        (["film.mkv", "out.mkv", "--factor", 2, "--codec", "ffv1", "--crf", 3], "expected no --crf"),
        (["film.mkv", "out.mkv", "--factor", 2, "--pixel-format", "yuv4"], "expected --pixel-format yuv420p"),
        (["film.mkv", "out.mkv", "--factor", 2, "--cuts", "many"], "expected --cuts auto | off | SCORE"),
        (["film.mkv", "out.mkv", "--factor", 2, "--cuts", "nan"], "expected --cuts auto | off | SCORE"),
        (["film.mkv", "out.mkv", "--factor", 2, "--cuts", "-1"], "expected --cuts auto | off | SCORE"),
        (["film.mkv", "out.mkv", "--factor", 2, "--start", "x"], "expected --start as SECONDS"),
        (["film.mkv", "out.mkv", "--factor", 2, "--start", "9"], "found none in the part"),
        (["film.mkv", "out.mkv", "--factor", 2, "--max-frames", 0], "expected --max-frames"),
        (["film.mkv", "out.mkv", "--factor", 2, "--in-fps", 25], "with a folder of pictures alone"),
        (["film.mkv", "out.mkv", "--factor", 4, "-m", "zooming-slowmo-starter"], "expected --factor 2"),
        (["film.mkv", "out.mkv", "--factor", 2, "-m", "frames:here"], "expected a method, found a folder"),
        (["pictures", "out.mkv", "--factor", 2], "expected --in-fps with a folder of pictures"),
        (["empty", "out.mkv", "--factor", 2, "--in-fps", 25], "expected a folder of pictures, found none"),
        (["nothing.mp4", "out.mkv", "--factor", 2], "found nothing at nothing.mp4"),
        (["text.mp4", "out.mkv", "--factor", 2], "expected a video, found text.mp4"),
        (["text.gif", "out.mkv", "--factor", 2], "expected an animation, found text.gif"),
        (["sound.mp4", "out.mkv", "--factor", 2], "found audio alone in sound.mp4"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_one_line_before_anything_is_written(
    film, tmp_path, interpolate, words, line
):
    (tmp_path / "taken.mkv").write_text("mine")
    (tmp_path / "text.mp4").write_text("no video" * 99)
    (tmp_path / "text.gif").write_text("no picture")
    for folder in ("empty", "pictures"):
        (tmp_path / folder).mkdir()
    Image.fromarray(wave(0)).save(tmp_path / "pictures" / "0.png")
    sounding = write_video(tmp_path / "both.mp4", [noise(LOOK, 0)] * 3, LOOK, codec="libx264", sound=0.2)
    with av.open(str(sounding)) as given, av.open(str(tmp_path / "sound.mp4"), "w") as made:
        stream = made.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(given.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    assert line in told(interpolate(*words))
    assert not list(tmp_path.glob("out.*"))
    assert (tmp_path / "taken.mkv").read_text() == "mine"


def test_midpoints_reach_powers_of_two_and_say_so(film, tmp_path, interpolate):
    (tmp_path / "middle.py").write_text(
        "from vfibench.contracts import AdapterCard\n"
        "class Middle:\n"
        "    card = AdapterCard('middle', 'middle:Middle')\n"
        "    def load(self, device, weights): pass\n"
        "    def predict(self, frames, times): return frames.mean(1, keepdim=True)\n"
    )
    line = told(interpolate(film, "out.mkv", "-m", "middle:Middle", "--factor", 3))
    assert "expected a power of two times the frames with middle" in line
    line = told(interpolate(film, "out.mkv", "-m", "middle:Middle", "--fps", 60))
    assert "found 2.4 times" in line
    assert (
        interpolate(film, "out.mkv", "-m", "middle:Middle", "--fps", 100, "--codec", "ffv1", "--cuts", "off")[
            0
        ]
        == 0
    )
    quarter = read_video(tmp_path / "out.mkv").planes[1][0].astype(float)
    first, second = (read_video(film).planes[n][0].astype(float) for n in (0, 1))
    assert np.abs(quarter - (0.75 * first + 0.25 * second)).max() <= 1.01


def test_without_pyav_the_line_says_how_to_install_it(film, interpolate, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    assert 'pip install "vfibench[video]"' in told(interpolate(film, "out.mkv", "--factor", 2))


def test_one_frame_alone_is_passed_on_and_told(tmp_path, interpolate):
    write_video(tmp_path / "one.mkv", [noise(LOOK, 0)], LOOK)
    status, out, _ = interpolate("one.mkv", "out.mkv", "--factor", 4)
    assert status == 0
    assert "one frame alone" in out
    assert len(read_video(tmp_path / "out.mkv").frames) == 1


def test_of_a_truncated_file_what_can_be_read_is_kept(film, tmp_path, interpolate):
    content = film.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(content[: len(content) * 2 // 3])
    status, _, _ = interpolate("cut.mkv", "out.mkv", "--factor", 2, "--codec", "ffv1")
    assert status == 0
    found = read_video(tmp_path / "out.mkv").planes
    kept = (len(found) + 1) // 2
    assert 5 <= kept < 12
    whole = read_video(film).planes
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(found[: 2 * kept - 2 : 2], whole, strict=False))


def test_a_damaged_packet_midway_is_told_and_the_rest_is_used(tmp_path, interpolate):
    film = write_video(tmp_path / "film.mp4", [noise(LOOK, n) for n in range(12)], LOOK, codec="libx264")
    content = bytearray(film.read_bytes())
    with av.open(str(film)) as container:
        packet = [one for one in container.demux(video=0) if one.size][6]
        place = bytes(content).index(bytes(packet)[:64])
    content[place + 8 : place + 50] = bytes(42)
    (tmp_path / "bad.mp4").write_bytes(content)
    status, out, _ = interpolate("bad.mp4", "out.mkv", "--factor", 2, "--codec", "ffv1")
    assert status == 0
    assert "damaged packets that could not be decoded: 1" in out
    assert "the file says 12 frames, and 11 could be read" in out
    assert len(read_video(tmp_path / "out.mkv").frames) == 21


def test_frames_of_another_size_end_it_and_what_was_done_is_kept(tmp_path, interpolate):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(6):
        width = 56 if number < 4 else 60
        Image.fromarray(wave(number, 40, width)).save(folder / f"{number}.png")
    line = told(interpolate(folder, "out.mkv", "--factor", 2, "--in-fps", 25))
    assert "expected frames of 56x40" in line
    assert "found frame 4 of 60x40" in line
    assert len(read_video(tmp_path / "out.mkv").frames) >= 3


def test_a_full_disk_leaves_what_was_written(film, tmp_path, interpolate, monkeypatch):
    usual = VideoSink.write

    def write(sink: VideoSink, item: object) -> None:
        if sink._end > 5 * 40:
            raise OSError(28, "No space left on device")
        usual(sink, item)

    monkeypatch.setattr(VideoSink, "write", write)
    line = told(interpolate(film, "out.mkv", "--factor", 2, "--codec", "ffv1"))
    assert "No space left on device" in line
    assert "are in out.mkv" in line
    assert len(read_video(tmp_path / "out.mkv").frames) >= 5
    assert json.loads((tmp_path / "out.mkv.json").read_text())["summary"]["finished"] is False


class Stamped(VideoSource):
    """A video whose decoder gives other stamps."""

    stamps: tuple[int | None, ...] = ()

    def _decoded(self):
        for stamp, frame in zip(self.stamps, super()._decoded(), strict=False):
            frame.pts = stamp
            yield frame


def test_stamps_that_go_back_are_told(film):
    source = Stamped(film, Clip())
    source.stamps = (5000, 5040, 20)
    with pytest.raises(VfibenchError, match=r"found 0\.020 s after 5\.040 s at frame 2"):
        list(source.items())


def test_frames_without_a_stamp_follow_at_the_usual_rate(film):
    source = Stamped(film, Clip())
    source.stamps = (0, None, None, 200)
    assert [item.stamp for item in source.items()] == [F(0), F(1, 25), F(2, 25), F(1, 5)]
    assert any("no time stamp" in note for note in source.notes.told)
