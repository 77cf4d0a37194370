"""`vfibench interpolate` from end to end, on made videos whose every value is known and on real ones."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from made_clips import frame as wave
from made_videos import Look, filled, noise, packets, raw, read_video, write_video
from PIL import Image

from vfibench.video.flow import Drain
from vfibench.video.interpolating.interpolation import interpolate
from vfibench.video.interpolating.outcome import Outcome
from vfibench.video.interpolating.wish import Wish
from vfibench.video.reading.source import Clip

LOOK = Look()
FORMATS = [
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv444p10le",
    "gray",
    "gbrp10le",
    "gray10le",
    "yuva420p",
]


def journal(output: Path) -> dict:
    return json.loads(output.with_name(output.name + ".json").read_text())


def run(source: Path, output: Path, **asked) -> Outcome:
    return interpolate(Wish(source, output, **{"method": "blend", "device": "cpu", "cuts": "off", **asked}))


@pytest.mark.parametrize("size", [(48, 32), (47, 33)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_source_frames_go_through_untouched(tmp_path, pixel_format, full, size):
    look = Look(pixel_format, *size, matrix=1, full=full)
    frames = [noise(look, seed) for seed in range(4)]
    expected = [raw(frame) for frame in frames]
    source = write_video(tmp_path / "in.mkv", frames, look)
    outcome = run(source, tmp_path / "out.mkv", codec="ffv1", factor=3)
    found = read_video(tmp_path / "out.mkv")
    assert (outcome.read, outcome.written, outcome.source, outcome.made) == (4, 10, 4, 6)
    assert len(found.planes) == 10
    assert found.frames[0].format.name == pixel_format
    if pixel_format.startswith("yuv"):
        assert {(f.colorspace, f.color_range) for f in found.frames} == {(1, 2 if full else 1)}
    for theirs, ours in zip(expected, found.planes[::3], strict=True):
        for one, other in zip(theirs, ours, strict=True):
            assert np.array_equal(one, other)
    for made, first, second, share in zip(
        found.planes[1::3], expected, expected[1:], (1 / 3,) * 3, strict=False
    ):
        for plane, a, b in zip(made, first, second, strict=True):
            mixed = a + share * (b.astype(float) - a)
            assert np.abs(plane - mixed).max() <= 1.01


@pytest.mark.parametrize("method", ["blend", "nearest"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv444p", "gbrp10le"])
def test_a_still_scene_does_not_flicker(tmp_path, pixel_format, method):
    """All planes stay within a level of their neighbours, though chroma went to RGB and back."""
    look = Look(pixel_format, 64, 48)
    still = raw(noise(look, 3))
    frames = []
    for number in range(3):
        planes = [plane.copy() for plane in still]
        planes[0][0, 0] = 100 + number  # no exact repeat, which would be held
        frames.append(filled(look, planes))
    source = write_video(tmp_path / "in.mkv", frames, look)
    outcome = run(source, tmp_path / "out.mkv", codec="ffv1", factor=4, method=method)
    assert outcome.made == 6
    found = read_video(tmp_path / "out.mkv").planes
    for one, following in pairwise(found):
        for a, b in zip(one, following, strict=True):
            assert np.abs(a.astype(int) - b).max() <= 1


def test_variable_rates_keep_their_stamps_and_the_whole_its_duration(tmp_path):
    look = Look()
    stamps = [F(0), F(1, 10), F(1, 4), F(11, 20), F(3, 5)]
    source = write_video(
        tmp_path / "in.mp4", [noise(look, n) for n in range(5)], look, stamps, codec="libx264"
    )
    before = read_video(source)
    assert before.stamps == stamps
    run(source, tmp_path / "out.mp4", factor=4)
    after = read_video(tmp_path / "out.mp4")
    assert len(after.stamps) == 17
    assert after.stamps[::4] == stamps
    assert after.stamps[5] == F(1, 10) + F(3, 80)
    last = before.frames[-1]
    assert after.end == stamps[-1] + last.duration * last.time_base


@pytest.mark.parametrize(("asked", "count"), [({"factor": 2}, 161), ({"fps": F(60000, 1001)}, 195)])
def test_real_videos_keep_their_duration(shared, tmp_path, asked, count):
    source = shared("data", "videos", "car-turn.mp4")
    outcome = run(source, tmp_path / "out.mp4", **asked)
    before, after = read_video(source), read_video(tmp_path / "out.mp4")
    assert outcome.written == len(after.stamps) == count
    assert abs(after.end - before.end) <= F(1, 12800)
    assert max(after.stamps) <= before.end


def test_sound_titles_and_shape_go_with_the_pictures(tmp_path):
    look = Look(aspect=F(4, 3), rotation=90)
    frames = [noise(look, n) for n in range(25)]
    source = write_video(tmp_path / "in.mp4", frames, look, codec="libx264", sound=1.0)
    run(source, tmp_path / "out.mp4", factor=2)
    before, after = packets(source, "audio"), packets(tmp_path / "out.mp4", "audio")
    assert len(before) > 40
    assert [content for _, content in after] == [content for _, content in before]
    assert after[5][0] - after[0][0] == before[5][0] - before[0][0]
    with av.open(str(tmp_path / "out.mp4")) as made:
        assert made.metadata["title"] == "made"
        assert made.streams.video[0].sample_aspect_ratio == F(4, 3)
        assert abs(next(made.decode(video=0)).rotation) == 90
    start = read_video(tmp_path / "out.mp4").stamps[0]
    assert abs((after[0][0] - start) - (before[0][0] - read_video(source).stamps[0])) < F(1, 50)


def test_slow_motion_leaves_sound_out_and_says_so(tmp_path):
    look = Look()
    source = write_video(
        tmp_path / "in.mp4", [noise(look, n) for n in range(9)], look, codec="libx264", sound=0.3
    )
    outcome = run(source, tmp_path / "out.mp4", slow=F(4))
    assert packets(tmp_path / "out.mp4", "audio") == []
    assert any("sound" in note for note in outcome.notes)
    found = read_video(tmp_path / "out.mp4")
    assert found.stamps == [F(n, 25) for n in range(33)]


def test_across_a_cut_the_nearest_frame_is_held(tmp_path):
    look = Look("gray")
    frames = [noise(look, n) for n in range(4)]
    source = write_video(tmp_path / "in.mkv", frames, look)
    (tmp_path / "cuts.txt").write_text("2\n")
    outcome = run(source, tmp_path / "out.mkv", codec="ffv1", factor=4, cuts=str(tmp_path / "cuts.txt"))
    assert (outcome.cuts, outcome.held, outcome.written) == (1, {"cut": 3}, 13)
    entries = journal(tmp_path / "out.mkv")["frames"]
    assert [entry.get("source") for entry in entries[4:9]] == [1, 1, 1, 2, 2]
    found = read_video(tmp_path / "out.mkv").planes
    assert np.array_equal(found[5][0], raw(frames[1])[0])
    assert np.array_equal(found[7][0], raw(frames[2])[0])


def test_a_method_of_four_frames_gets_its_neighbours(tmp_path):
    look = Look("gray", 64, 64)
    source = write_video(tmp_path / "in.mkv", [noise(look, n) for n in range(5)], look)
    run(source, tmp_path / "out.mkv", codec="ffv1", factor=2, method="convlstm-starter")
    made = [entry for entry in journal(tmp_path / "out.mkv")["frames"] if "made" in entry]
    assert [entry["from"] for entry in made] == [[0, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 4]]
    assert [entry["time"] for entry in made] == ["1/2"] * 4


def test_exact_repeats_are_held_and_counted(tmp_path):
    look = Look()
    frames = [noise(look, n // 2) for n in range(6)]
    source = write_video(tmp_path / "in.mkv", frames, look)
    outcome = run(source, tmp_path / "out.mkv", codec="ffv1", factor=2)
    assert outcome.repeats == {"exact": 3}
    assert outcome.held == {"repeat": 3}
    assert outcome.made == 2


def test_folders_go_in_and_out_with_their_files_untouched(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for number in range(1, 4):
        Image.fromarray(wave(number)).save(source / f"im{number}.png", compress_level=9)
    outcome = run(source, tmp_path / "out", factor=2, in_fps=F(25))
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"{n:08d}.png" for n in range(5)]
    assert files[2].read_bytes() == (source / "im2.png").read_bytes()
    made = np.asarray(Image.open(files[1])).astype(float)
    assert np.abs(made - (wave(1).astype(float) + wave(2)) / 2).max() <= 1
    assert outcome.duration == F(3, 25)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_animations_are_videos_with_their_own_durations(tmp_path, suffix):
    images = [Image.fromarray(wave(3 * n)) for n in range(4)]
    source = tmp_path / f"in{suffix.replace('.png', '.apng')}"
    images[0].save(
        source,
        suffix[1:],
        save_all=True,
        append_images=images[1:],
        duration=[100, 200, 100, 50],
        lossless=True,
    )
    outcome = run(source, tmp_path / "out.mkv", codec="ffv1", factor=2)
    assert (outcome.read, outcome.written, outcome.duration) == (4, 7, F(450, 1000))
    found = read_video(tmp_path / "out.mkv")
    assert found.stamps[::2] == [F(0), F(1, 10), F(3, 10), F(2, 5)]


def test_a_part_of_a_video(tmp_path):
    look = Look("gray")
    frames = [noise(look, n) for n in range(50)]
    source = write_video(tmp_path / "in.mkv", frames, look)
    run(source, tmp_path / "out.mkv", codec="ffv1", factor=2, clip=Clip(F(1), F(2), 6))
    assert read_video(tmp_path / "out.mkv").stamps[:3] == [F(0), F(1, 50), F(1, 25)]
    found = read_video(tmp_path / "out.mkv").planes
    assert len(found) == 11
    assert np.array_equal(found[0][0], raw(frames[25])[0])
    assert np.array_equal(found[-1][0], raw(frames[30])[0])


def test_every_output_frame_is_in_the_journal(tmp_path, shared):
    outcome = run(shared("data", "videos", "bikes.mp4"), tmp_path / "out.mp4", fps=F(60), cuts="auto")
    told = journal(tmp_path / "out.mp4")
    kinds = [("made" in entry, entry.get("held", "")) for entry in told["frames"]]
    assert len(kinds) == outcome.written == 600
    assert sum(made for made, _ in kinds) == outcome.made == told["summary"]["made"]
    assert sum(why == "cut" for _, why in kinds) == outcome.held["cut"] > 0
    assert sum(not made and not why for made, why in kinds) == outcome.source == 50
    assert outcome.cuts == 5
    times = [F(entry["at"]) for entry in told["frames"]]
    assert times == [F(n, 60) for n in range(600)]


def test_ctrl_c_leaves_what_was_done(tmp_path):
    look = Look("gray")
    source = write_video(tmp_path / "in.mkv", [noise(look, n) for n in range(40)], look)

    def press(outcome: Outcome, _count: int | None) -> None:
        if outcome.read >= 20:
            raise KeyboardInterrupt

    wish = Wish(source, tmp_path / "out.mkv", "blend", factor=2, codec="ffv1", device="cpu")
    with pytest.raises(KeyboardInterrupt):
        interpolate(wish, press)
    found = read_video(tmp_path / "out.mkv")
    told = journal(tmp_path / "out.mkv")
    assert len(found.planes) == len(told["frames"]) >= 20
    assert told["summary"]["finished"] is False


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_the_full_range_of_jpeg_stays_full(tmp_path, codec):
    """Its pixel format has a name of its own, which FFV1 does not know."""
    look = Look("yuvj420p", full=True, matrix=5)
    source = write_video(tmp_path / "in.mkv", [noise(look, n) for n in range(3)], look, codec=codec)
    run(source, tmp_path / "out.mkv", codec="ffv1", factor=2)
    before, after = read_video(source), read_video(tmp_path / "out.mkv")
    assert before.frames[0].format.name == "yuvj420p"
    assert {frame.color_range for frame in after.frames} == {2}
    for theirs, ours in zip(before.planes, after.planes[::2], strict=True):
        for one, other in zip(theirs, ours, strict=True):
            assert np.array_equal(one, other)


def test_rgb_pictures_survive_an_encoder_that_packs_them(tmp_path):
    images = [Image.fromarray(wave(3 * n)) for n in range(3)]
    images[0].save(tmp_path / "in.webp", save_all=True, append_images=images[1:], lossless=True)
    run(tmp_path / "in.webp", tmp_path / "out.mkv", codec="ffv1", factor=2)
    found = read_video(tmp_path / "out.mkv").frames
    for number in range(3):
        assert np.array_equal(found[2 * number].to_ndarray(format="rgb24"), wave(3 * number))


@pytest.mark.parametrize(
    ("codec", "suffix"), [("", ".mp4"), ("", ".webm"), ("hevc", ".mkv"), ("av1", ".mp4")]
)
def test_everyday_videos_of_rgb_pictures_are_what_players_show(tmp_path, codec, suffix):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(wave(number, 72, 96)).save(folder / f"{number}.png")
    run(folder, tmp_path / f"out{suffix}", codec=codec, factor=2, in_fps=F(25))
    found = read_video(tmp_path / f"out{suffix}")
    assert {frame.format.name for frame in found.frames} == {"yuv420p"}
    assert len(found.frames) == 5
    grey = found.frames[0].to_ndarray(format="gray").mean()
    assert abs(grey - wave(0, 72, 96).mean()) < 6


def test_chapters_are_kept(tmp_path):
    source = write_video(tmp_path / "plain.mkv", [noise(LOOK, n) for n in range(50)], LOOK)
    with av.open(str(source)) as given, av.open(str(tmp_path / "in.mkv"), "w") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        second = {"id": 1, "start": 1000, "end": 2000, "time_base": F(1, 1000), "metadata": {"title": "two"}}
        made.set_chapters(
            [{**second, "id": 0, "start": 0, "end": 1000, "metadata": {"title": "one"}}, second]
        )
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    run(tmp_path / "in.mkv", tmp_path / "out.mkv", codec="ffv1", factor=2)
    with av.open(str(tmp_path / "out.mkv")) as found:
        kept = [(one["metadata"]["title"], one["start"] * F(one["time_base"])) for one in found.chapters()]
    assert kept == [("one", 0), ("two", 1)]


def test_ctrl_c_at_the_command_line_leaves_a_file_that_plays(tmp_path):
    source = write_video(tmp_path / "in.mkv", [noise(LOOK, n) for n in range(3000)], LOOK)
    command = [sys.executable, "-m", "vfibench", "interpolate", str(source), str(tmp_path / "out.mkv")]
    words = ["-m", "blend", "--factor", "8", "--codec", "ffv1", "--cuts", "off", "--device", "cpu"]
    with subprocess.Popen([*command, *words], stderr=subprocess.PIPE, text=True) as process:
        path = tmp_path / "out.mkv.json"
        while process.poll() is None and (not path.exists() or path.stat().st_size < 20_000):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    told = journal(tmp_path / "out.mkv")
    assert told["summary"]["finished"] is False
    found = read_video(tmp_path / "out.mkv")
    assert 100 < len(found.frames) == len(told["frames"]) < 23993


@pytest.mark.slow
def test_after_ten_minutes_of_film_flash_and_beep_are_still_together(tmp_path):
    """23.976 frames per second, every 240th white, and a tone: flashes and sound stay at their times."""
    rate, look = F(24000, 1001), Look("gray", 32, 16)
    dark, white = (filled(look, [np.full((16, 32), level, np.uint8)]) for level in (20, 230))
    frames = [white if n % 240 == 0 else dark for n in range(14_386)]
    stamps = [n / rate for n in range(len(frames))]
    look = Look("yuv420p", 32, 16)
    frames = [frame.reformat(format="yuv420p") for frame in frames]
    source = write_video(tmp_path / "in.mp4", frames, look, stamps, codec="libx264", sound=600.0)
    run(source, tmp_path / "out.mp4", fps=F(60000, 1001), preset="ultrafast")
    before, after = packets(source, "audio"), packets(tmp_path / "out.mp4", "audio")
    found = read_video(tmp_path / "out.mp4")
    bright = [s for s, planes in zip(found.stamps, found.planes, strict=True) if planes[0].mean() > 180]
    for stamp in stamps[::240]:
        assert min(abs(stamp - one) for one in bright) <= 1 / rate
    assert len(before) == len(after) > 28_000
    offset = (after[-1][0] - found.stamps[0]) - (before[-1][0] - read_video(source).stamps[0])
    assert abs(offset) < 1 / rate
    assert found.end == pytest.approx(len(stamps) / rate, abs=float(1 / rate))


@pytest.mark.parametrize("pixel_format", ["yuv422p", "yuv444p", "yuv420p10le"])
def test_a_still_scene_does_not_flicker_where_all_frames_are_converted(tmp_path, pixel_format):
    still = raw(noise(LOOK, 3))
    frames = []
    for number in range(3):
        planes = [plane.copy() for plane in still]
        planes[0][0, 0] = 100 + number
        frames.append(filled(LOOK, planes))
    source = write_video(tmp_path / "in.mkv", frames, LOOK)
    run(source, tmp_path / "out.mkv", codec="ffv1", factor=4, pixel_format=pixel_format)
    found = read_video(tmp_path / "out.mkv")
    assert found.frames[0].format.name == pixel_format
    for one, following in pairwise(found.planes):
        for a, b in zip(one, following, strict=True):
            assert np.abs(a.astype(int) - b).max() <= 1 * 4 ** (pixel_format.endswith("10le"))


@pytest.mark.parametrize(("suffix", "codec"), [(".ts", "libx264"), (".mkv", "libx264"), (".mp4", "libx264")])
@pytest.mark.parametrize("start", [F(7, 25), F(1), F(49, 25)])
def test_a_part_begins_with_its_first_frame_in_every_container(tmp_path, suffix, codec, start):
    frames = [noise(LOOK, n) for n in range(60)]
    source = write_video(tmp_path / f"in{suffix}", frames, LOOK, codec=codec)
    outcome = run(source, tmp_path / "out.mkv", factor=2, codec="ffv1", clip=Clip(start, start + F(1, 5)))
    assert outcome.read == 5
    whole = read_video(source).planes
    found = read_video(tmp_path / "out.mkv").planes
    for number in range(5):
        assert np.array_equal(found[2 * number][0], whole[int(start * 25) + number][0])


@pytest.mark.parametrize("suffix", [".avi", ".mpg"])
def test_containers_that_reorder_stamps_lose_no_frame(tmp_path, suffix):
    codec = "libx264" if suffix == ".avi" else "mpeg2video"
    source = tmp_path / f"in{suffix}"
    with av.open(str(source), "w") as made:
        stream = made.add_stream(codec, rate=25, options={"bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for number in range(30):
            frame = noise(LOOK, number)
            frame.pts, frame.time_base = number, F(1, 25)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    outcome = run(source, tmp_path / "out.mkv", factor=2, codec="ffv1")
    assert (outcome.read, outcome.written) == (30, 59)
    whole, found = read_video(source).planes, read_video(tmp_path / "out.mkv").planes
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(whole, found[::2], strict=True))


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_the_whole_of_every_mp4_keeps_its_duration(tmp_path, suffix):
    source = write_video(tmp_path / "in.mkv", [noise(LOOK, n) for n in range(20)], LOOK)
    run(source, tmp_path / f"out{suffix}", factor=4, codec="h264")
    assert read_video(tmp_path / f"out{suffix}").end == F(20, 25)


def test_grey_is_full_where_nothing_is_said(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    ramp = np.tile(np.linspace(0, 255, 64).round().astype(np.uint8), (32, 1))
    for number in range(2):
        Image.fromarray(np.roll(ramp, number, 1)).save(folder / f"{number}.png")
    run(folder, tmp_path / "out.mkv", factor=2, codec="ffv1", in_fps=F(25))
    frame = read_video(tmp_path / "out.mkv").frames[0]
    assert np.array_equal(frame.to_ndarray(format="gray"), ramp)
    run(tmp_path / "out.mkv", tmp_path / "back", factor=2)
    first = np.asarray(Image.open(tmp_path / "back" / "00000000.png"))
    assert np.array_equal(first[..., 0], ramp)


def test_an_interrupted_end_waits_for_the_encoder():
    """Ctrl-C while the last frames are encoded: the file is closed by then, and by nobody else."""
    used = []
    drain = Drain(lambda item: (time.sleep(0.2), used.append(item)), behind=8)
    for number in range(8):
        drain.put(number)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            drain.close()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not drain._thread.is_alive()
    assert used == list(range(len(used)))
    assert 2 <= len(used) < 8


def test_threads_made_afterwards_have_all_cores_again(tmp_path):
    source = write_video(tmp_path / "in.mkv", [noise(LOOK, n) for n in range(3)], LOOK)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run(source, tmp_path / "out.mkv", codec="ffv1", factor=2)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(torch.get_num_threads).result() == 2
    finally:
        torch.set_num_threads(before)
