"""What goes along with pictures: stretched sound, HDR, attachments; and repeats that are retimed."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import Look, read_video, write_video

from vfibench.errors import VfibenchError
from vfibench.video.interpolating.interpolation import interpolate
from vfibench.video.interpolating.wish import Wish
from vfibench.video.writing.hdr import light_of, mastering_of
from vfibench.video.writing.stretching import tempos

LOOK = Look("yuv444p", 48, 32, matrix=1)


def grey(level: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((32, 48, 3), level, np.uint8), "rgb24").reformat(
        format="yuv444p", dst_colorspace="ITU709", threads=1
    )


def levels_of(path: Path) -> list[int]:
    return [int(frame.to_ndarray(format="rgb24", threads=1)[16, 24, 0]) for frame in read_video(path).frames]


def retime(tmp_path: Path, levels: list[int], **more: object):
    source = write_video(tmp_path / "a.mkv", [grey(level) for level in levels], LOOK)
    wished = {"factor": 2, "codec": "ffv1", "repeats": "retime", "overwrite": True} | more
    outcome = interpolate(Wish(source, tmp_path / "b.mkv", "blend", **wished))
    return levels_of(tmp_path / "b.mkv"), outcome


def test_animation_on_twos_moves_evenly(tmp_path):
    levels = [40 + 8 * (n // 2) for n in range(13)]
    found, outcome = retime(tmp_path, levels)
    assert found == pytest.approx([40 + 2 * n for n in range(25)], abs=1)
    assert outcome.read == 13
    assert outcome.written == 25
    assert outcome.source == 7
    assert dict(outcome.repeats) == {"exact": 6}
    assert [round(float(stamp) * 50) for stamp in read_video(tmp_path / "b.mkv").stamps] == list(range(25))
    kept, _ = retime(tmp_path, levels, repeats="keep")
    assert kept[:5] == pytest.approx([40, 40, 40, 44, 48], abs=1)


def test_threes_and_fours_are_retimed_and_stills_are_not(tmp_path):
    threes = [40, 40, 40, 52, 52, 52, 64]
    assert retime(tmp_path, threes)[0] == pytest.approx([40 + 2 * n for n in range(13)], abs=1)
    for length in (5, 6, 9, 12):
        found, _ = retime(tmp_path, [*[40] * length, 60])
        assert found == pytest.approx([40] * (2 * length - 1) + [50, 60], abs=1)


def test_before_a_cut_the_last_drawing_stays_until_it(tmp_path):
    found, outcome = retime(tmp_path, [40, 44, 44, 44, 220, 224], factor=4)
    assert outcome.cuts == 1
    assert [level > 150 for level in found].index(True) in (14, 15)  # as with --repeats keep
    kept, _ = retime(tmp_path, [40, 44, 44, 44, 220, 224], factor=4, repeats="keep")
    assert [level > 150 for level in found] == [level > 150 for level in kept]


def test_a_long_still_is_not_held_back():
    from vfibench.video.cuts import Change
    from vfibench.video.reading.source import Picture
    from vfibench.video.shots import Shot, retimed

    taken = []

    def film():
        for number in range(1000):
            taken.append(number)
            yield Shot(Picture(number, None, F(number), F(1)), [], Change(0, 0, True, True, None)), False

    going = retimed(film())
    for _ in range(100):
        next(going)
    assert len(taken) < 110


def test_repeats_at_the_end_are_held_and_times_stay(tmp_path):
    found, _ = retime(tmp_path, [40, 40, 48, 48, 48])
    assert found == pytest.approx([40, 42, 44, 46, 48, 48, 48, 48, 48], abs=1)
    stamps = read_video(tmp_path / "b.mkv").stamps
    assert [float(stamp) for stamp in stamps] == pytest.approx([n / 50 for n in range(9)], abs=1e-3)


def test_nothing_is_made_across_a_cut_between_drawings(tmp_path):
    found, outcome = retime(tmp_path, [40, 40, 44, 44, 220, 220, 216, 216])
    assert outcome.cuts == 1
    assert set(found) <= set(range(38, 48)) | set(range(214, 223))


def test_a_rate_of_ones_own_works_with_retiming(tmp_path):
    found, _ = retime(tmp_path, [40 + 8 * (n // 2) for n in range(9)], factor=None, fps=F(50))
    assert found[:17] == pytest.approx([40 + 2 * n for n in range(17)], abs=1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"repeats": "drop"}, r"expected --repeats keep \| retime, found 'drop'"),
        ({"audio": "slow"}, r"expected --audio drop \| stretch, found 'slow'"),
        ({"repeats": "retime", "method": "sepconv"}, "sepconv"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, changes, reason):
    source = write_video(tmp_path / "a.mkv", [grey(40), grey(60)], LOOK)
    wished = {"method": "blend", "factor": 2} | changes
    with pytest.raises(VfibenchError, match=reason):
        interpolate(Wish(source, tmp_path / "b.mkv", **wished))


def beeping(path: Path, codec: str = "aac", container_rate: int = 48_000) -> Path:
    """Three seconds of pictures, and a beep of 600 Hz from second 1 to 1.5."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        sound = container.add_stream(codec, rate=container_rate, layout="stereo")
        times = np.arange(3 * container_rate) / container_rate
        wave = (np.sin(2 * np.pi * 600 * times) * ((times >= 1) & (times < 1.5))).astype(np.float32)
        for number in range(75):
            frame = grey(100 + number).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, F(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for first in range(0, len(wave), 1024):
            part = np.stack([wave[first : first + 1024]] * 2)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = container_rate, first, F(1, container_rate)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def heard(path: Path) -> tuple[np.ndarray, int, float]:
    """The sound of a file as one wave, its rate, and when it begins."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    parts = []
    resampler = av.AudioResampler("flt", "mono")
    for frame in frames:
        parts += [one.to_ndarray().reshape(-1) for one in resampler.resample(frame)]
    wave = np.concatenate(parts).astype(np.float64)
    return wave, frames[0].sample_rate, float(frames[0].pts * frames[0].time_base)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
@pytest.mark.parametrize("resume", [False, True])
def test_stretched_sound_stays_with_the_pictures_at_its_own_pitch(tmp_path, suffix, resume):
    source = beeping(tmp_path / "a.mp4")
    more = {"slow": F(3), "audio": "stretch", "resume": resume}
    interpolate(Wish(source, tmp_path / f"b{suffix}", "nearest", **more))
    wave, rate, begin = heard(tmp_path / f"b{suffix}")
    times, energy = np.arange(len(wave)) / rate + begin, wave**2
    assert (energy * times).sum() / energy.sum() == pytest.approx(3.75, abs=0.02)
    loud = np.flatnonzero(np.abs(wave) > 0.3 * np.abs(wave).max())
    assert times[loud[0]] == pytest.approx(3.0, abs=0.08)  # two frames of the output
    assert times[loud[-1]] == pytest.approx(4.5, abs=0.08)
    middle = wave[loud[0] + rate // 10 : loud[0] + rate // 10 + rate]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * rate / len(middle) == pytest.approx(600, abs=6)
    assert len(wave) / rate == pytest.approx(9, abs=0.12)


def test_sound_is_left_out_and_said_where_nobody_asks(tmp_path):
    source = beeping(tmp_path / "a.mp4")
    outcome = interpolate(Wish(source, tmp_path / "b.mp4", "nearest", slow=F(2)))
    assert "sound left out: time is stretched, --audio stretch keeps sound" in outcome.notes
    with av.open(str(tmp_path / "b.mp4")) as container:
        assert not container.streams.audio


def test_filters_in_a_row_slow_down_by_any_factor():
    for slow in (F(11, 10), F(2), F(3), F(8), F(100)):
        assert np.prod([float(tempo) for tempo in tempos(slow)]) == pytest.approx(1 / float(slow))
        assert min(tempos(slow)) >= F(1, 2)


def hdr(path: Path) -> Path:
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    params = f"log-level=error:hdr10=1:master-display={display}:max-cll=1000,400"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=25, options={"x265-params": params})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = 9, 9, 16
        for number in range(4):
            frame = av.VideoFrame(128, 96, "yuv420p10le")
            for plane in frame.planes:
                plane.update(np.full(plane.buffer_size // 2, 400 + 10 * number, np.uint16).tobytes())
            frame.pts, frame.time_base = number, F(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("codec", ["hevc", "h264", "av1"])
def test_hdr_side_data_survives(tmp_path, codec):
    source = hdr(tmp_path / "a.mkv")
    outcome = interpolate(Wish(source, tmp_path / "b.mkv", "blend", factor=2, codec=codec))
    before, after = (read_video(path).frames[0] for path in (source, tmp_path / "b.mkv"))
    expected, found = mastering_of(before), mastering_of(after)
    assert expected is not None
    for name in ("red", "green", "blue", "white"):
        assert [float(v) for v in getattr(found, name)] == pytest.approx(
            [float(v) for v in getattr(expected, name)], abs=2e-5
        )
    assert float(found.brightest) == pytest.approx(1000)
    assert float(found.darkest) == pytest.approx(0.005, abs=1e-4)
    assert light_of(after) == light_of(before) == (1000, 400)
    assert int(after.color_trc) == 16
    assert not [note for note in outcome.notes if "HDR" in note]


def test_an_encoder_without_hdr_is_told(tmp_path):
    outcome = interpolate(Wish(hdr(tmp_path / "a.mkv"), tmp_path / "b.mkv", "blend", factor=2, codec="ffv1"))
    assert "ffv1 does not write HDR's mastering display and light level: left out" in outcome.notes


def test_what_the_user_says_of_hdr_counts(tmp_path):
    options = {"x265-params": "log-level=error:max-cll=500,100"}
    wish = Wish(hdr(tmp_path / "a.mkv"), tmp_path / "b.mkv", "blend", factor=2, codec="hevc", options=options)
    interpolate(wish)
    after = read_video(tmp_path / "b.mkv").frames[0]
    assert light_of(after) == (500, 100)
    assert mastering_of(after) is not None


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_attachments_go_along_where_they_can(tmp_path, suffix):
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv444p"
        container.add_attachment("letters.ttf", "font/ttf", b"letters" * 20)
        for number in range(3):
            frame = grey(50 + number)
            frame.pts, frame.time_base = number, F(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    outcome = interpolate(Wish(source, tmp_path / f"b{suffix}", "blend", factor=2))
    with av.open(str(tmp_path / f"b{suffix}")) as container:
        files = [
            (one.metadata["filename"], one.data) for one in container.streams if one.type == "attachment"
        ]
    if suffix == ".mkv":
        assert files == [("letters.ttf", b"letters" * 20)]
    else:
        assert files == []
        assert "attachments (1) do not go into this container: left out" in outcome.notes


def test_the_journal_tells_the_largest_memory(tmp_path):
    retime(tmp_path, [40, 50])
    summary = json.loads((tmp_path / "b.mkv.json").read_text())["summary"]
    assert 50 < summary["memory_mb"] < 100_000


def gapped(path: Path) -> Path:
    """Two seconds of pictures, beeps at 0.5 and 1.5, and nothing stored of the sound from 0.8 to 1.3."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        sound = container.add_stream("flac", rate=48_000, layout="stereo")
        sound.codec_context.time_base = F(1, 48_000)
        for number in range(50):
            frame = grey(100 + number).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, F(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for first in range(0, 96_000, 4608):
            times = (first + np.arange(4608)) / 48_000
            if 0.8 < times[0] < 1.3:
                continue
            loud = ((times >= 0.5) & (times < 0.6)) | ((times >= 1.5) & (times < 1.6))
            wave = (np.sin(2 * np.pi * 600 * times) * loud * 20_000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(np.stack([wave, wave], 1).reshape(1, -1), "s16", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, first, F(1, 48_000)
            for packet in sound.encode(frame):
                container.mux(packet)
        container.mux(sound.encode(None))
    return path


def test_gaps_in_sound_are_silence_and_nothing_comes_early(tmp_path):
    interpolate(Wish(gapped(tmp_path / "a.mkv"), tmp_path / "b.mkv", "nearest", slow=F(2), audio="stretch"))
    wave, rate, begin = heard(tmp_path / "b.mkv")
    times = np.arange(len(wave)) / rate + begin
    for expected in (1.1, 3.1):
        near = np.abs(times - expected) < 0.5
        energy = wave[near] ** 2
        assert (energy * times[near]).sum() / energy.sum() == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("resume", [False, True])
def test_damaged_sound_is_left_out_and_counted(tmp_path, monkeypatch, resume):
    from vfibench.video.writing.stretching import Stretched

    take, seen = Stretched.take, []

    class Damaged:
        def decode(self):
            raise av.error.InvalidDataError(1, "damaged")

    def taking(self, packet):
        seen.append(1)
        take(self, Damaged() if len(seen) in (5, 9) else packet)

    monkeypatch.setattr(Stretched, "take", taking)
    wish = Wish(
        beeping(tmp_path / "a.mp4"), tmp_path / "b.mkv", "nearest", slow=F(2), audio="stretch", resume=resume
    )
    outcome = interpolate(wish)
    assert outcome.finished
    assert "damaged packets of sound: 2; there is silence in their place" in outcome.notes
    wave, rate, begin = heard(tmp_path / "b.mkv")
    energy = wave**2
    middle = (energy * (np.arange(len(wave)) / rate + begin)).sum() / energy.sum()
    assert middle == pytest.approx(2.5, abs=0.02)


@pytest.mark.parametrize(
    ("suffix", "codec", "rate"), [(".mp4", "pcm_s16le", 48_000), (".mp4", "flac", 192_000)]
)
def test_usual_sound_can_be_stretched_whatever_it_comes_in(tmp_path, suffix, codec, rate):
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout="stereo")
        for number in range(10):
            frame = grey(100 + number).reformat(format="yuv420p")
            frame.pts, frame.time_base = number, F(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for first in range(0, rate // 4, 4096):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8192), np.int16), "s16", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, first, F(1, rate)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    interpolate(Wish(source, tmp_path / f"b{suffix}", "nearest", slow=F(2), audio="stretch"))
    with av.open(str(tmp_path / f"b{suffix}")) as container:
        assert len(container.streams.audio) == 1


def with_extras(path: Path) -> Path:
    """Pictures twice, sound in German, and chapters."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("ffv1", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv444p"
        sound = container.add_stream("flac", rate=48_000, layout="stereo")
        sound.metadata["language"] = "deu"
        base = F(1, 1000)
        container.set_chapters(
            [
                {"id": n, "start": 500 * n, "end": 500 * n + 500, "time_base": base, "metadata": {}}
                for n in (0, 1)
            ]
        )
        for number in range(25):
            for stream in streams:
                frame = grey(50 + number)
                frame.pts, frame.time_base = number, F(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 48_000), np.int16), "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, F(1, 48_000)
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def test_what_is_left_out_is_named_and_languages_are_kept(tmp_path):
    from vfibench.video.reading.source import Clip

    source = with_extras(tmp_path / "a.mkv")
    whole = interpolate(Wish(source, tmp_path / "b.mkv", "blend", factor=2))
    assert "other streams are left out: video (1)" in whole.notes
    with av.open(str(tmp_path / "b.mkv")) as container:
        assert container.streams.audio[0].language == "deu"
        assert len(container.chapters()) == 2
    for name, more in (("part", {"clip": Clip(start=F(1, 2))}), ("slow", {"slow": F(2), "factor": None})):
        outcome = interpolate(Wish(source, tmp_path / f"{name}.mkv", "blend", **{"factor": 2} | more))
        assert "chapters (2) left out: time is another" in outcome.notes
        with av.open(str(tmp_path / f"{name}.mkv")) as container:
            assert not container.chapters()
