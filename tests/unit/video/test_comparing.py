"""Videos beside one another: what stands where at which time, and the scores against a reference."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import Look, read_video, write_video
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.video.comparing.comparison import compare
from vfibench.video.comparing.errors import LIMIT, error_map
from vfibench.video.comparing.inputs import open_inputs
from vfibench.video.comparing.layouts import GAP, columns_of, divided, tiled
from vfibench.video.comparing.lettering import lettering, write
from vfibench.video.comparing.timeline import moments
from vfibench.video.comparing.wish import Wish
from vfibench.video.reading.source import Clip

SIZE = (64, 48)


def flat(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def lossless(path: Path, pictures: list[np.ndarray], stamps: list[F] | None = None, rate: F = F(25)) -> Path:
    """Pictures [H, W, 3] as a lossless RGB video."""
    height, width = pictures[0].shape[:2]
    frames = [av.VideoFrame.from_ndarray(one, "rgb24").reformat(format="bgr0") for one in pictures]
    return write_video(path, frames, Look("bgr0", width, height), stamps, rate)


def levels_at(paths: list[Path], rate: F | None = None, clip: Clip = Clip()) -> list[tuple[F, list[int]]]:
    """(time, the level of each input) of every moment."""
    notes: list[str] = []
    found = moments(open_inputs([str(path) for path in paths], None), clip, rate, notes)
    return [(one.stamp, [int(frame.pixels[0, 0, 0]) for frame in one.frames]) for one in found]


def test_frames_are_those_shown_at_the_time_whatever_the_rates(tmp_path):
    slow = lossless(tmp_path / "a.mkv", [flat(n) for n in range(6)], rate=F(25))
    fast = lossless(tmp_path / "b.avi", [flat(100 + n) for n in range(12)], rate=F(50))
    found = levels_at([slow, fast])
    assert [levels for _, levels in found] == [[n // 2, 100 + n] for n in range(12)]
    assert [float(time) for time, _ in found] == pytest.approx([n / 50 for n in range(12)], abs=1e-3)


def test_variable_rates_and_other_beginnings_are_aligned_by_their_stamps(tmp_path):
    stamps = [F(0), F(1, 10), F(3, 10), F(4, 10)]
    uneven = lossless(tmp_path / "a.mkv", [flat(n) for n in range(4)], [stamp + 7 for stamp in stamps])
    even = lossless(tmp_path / "b.mkv", [flat(100 + n) for n in range(5)], rate=F(10))
    found = levels_at([uneven, even], F(10))
    assert [levels for _, levels in found][:5] == [[0, 100], [1, 101], [1, 102], [2, 103], [3, 104]]


def test_2997_and_5994_stay_in_step_for_ten_minutes():
    from vfibench.video.comparing.inputs import Frame

    class Film:
        def __init__(self, rate: F, count: int, rounded: bool) -> None:
            self.name, self.rate, self.count, self.rounded = "film", rate, count, rounded

        def frames(self, clip):
            for number in range(self.count):
                stamp = number / self.rate
                stamp = F(round(stamp * 1000), 1000) if self.rounded else stamp  # as Matroska has it
                yield Frame(number, stamp, stamp + 1 / self.rate, np.zeros((1, 1, 3), np.uint8))

    one, other = Film(F(30000, 1001), 17982, True), Film(F(60000, 1001), 35964, False)
    for number, moment in enumerate(moments([one, other], Clip(), None, [])):
        assert moment.frames[1].number == number
        assert moment.frames[0].number == number // 2
        assert moment.same(0, 1) == (number % 2 == 0)
    assert number == 35963


def test_the_shorter_one_ends_it_and_that_is_told(tmp_path):
    short = lossless(tmp_path / "short.mkv", [flat(n) for n in range(3)])
    long = lossless(tmp_path / "long.mkv", [flat(n) for n in range(9)])
    report = compare(Wish([str(short), str(long)], tmp_path / "out", codec="png"))
    assert report.moments == 3
    assert report.notes == ["the comparison ends at 0.120 s, with short.mkv: others are longer"]


def pictures_of(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(file)) for file in sorted(folder.glob("*.png"))]


def test_every_layout_puts_every_pixel_where_it_belongs(tmp_path):
    draw = np.random.default_rng(0)
    shown = [[draw.integers(0, 256, (48, 64, 3)).astype(np.uint8) for _ in range(30)] for _ in range(3)]
    words = [str(lossless(tmp_path / f"{k}.mkv", frames, rate=F(10))) for k, frames in enumerate(shown)]

    def made(layout: str, count: int, **more: object) -> list[np.ndarray]:
        folder = tmp_path / f"{layout}-{count}-{'divider' in more and more['divider'] is None}"
        compare(Wish(words[:count], folder, layout=layout, labels=False, **more))
        return pictures_of(folder)

    for layout, corners in (
        ("side", [(0, 0), (0, 64 + GAP), (0, 128 + 2 * GAP)]),
        ("stack", [(0, 0), (48 + GAP, 0), (96 + 2 * GAP, 0)]),
        ("grid", [(0, 0), (0, 64 + GAP), (48 + GAP, 0)]),
    ):
        found = made(layout, 3)
        assert len(found) == 30
        for number, whole in enumerate(found):
            for frames, (top, left) in zip(shown, corners, strict=True):
                assert np.array_equal(whole[top : top + 48, left : left + 64], frames[number]), layout
    for number, whole in enumerate(made("split", 2, divider=0.25)):
        assert np.array_equal(whole[:, :15], shown[0][number][:, :15])
        assert np.array_equal(whole[:, 17:], shown[1][number][:, 17:])
        assert (whole[:, 15:17] == 255).all()
    for number, whole in enumerate(made("blink", 2)):
        assert np.array_equal(whole, shown[number // 5 % 2][number])
    dividers = [np.flatnonzero((whole == 255).all(axis=(0, 2))) for whole in made("split", 2, divider=None)]
    places = [int(found.mean()) if len(found) else 0 for found in dividers]
    assert places[:20] == sorted(places[:20])
    assert places[10] == pytest.approx(32, abs=1)
    assert places[21:] == sorted(places[21:], reverse=True)


def test_a_video_has_the_times_of_the_moments(tmp_path):
    words = [str(lossless(tmp_path / f"{k}.mkv", [flat(9 * n) for n in range(7)], rate=F(30))) for k in "ab"]
    report = compare(Wish(words, tmp_path / "out.mp4"))
    read = read_video(tmp_path / "out.mp4")
    assert [float(stamp) for stamp in read.stamps] == pytest.approx([n / 30 for n in range(7)], abs=1.1e-3)
    assert float(read.end) == pytest.approx(7 / 30, abs=2e-3)
    assert report.size == SIZE
    frame = read.frames[3]
    assert (frame.width, frame.height) == (2 * 64 + GAP, 48)
    assert int(frame.colorspace) == 1  # tagged as what it is
    assert abs(int(frame.to_ndarray(format="rgb24")[24, 32, 0]) - 27) <= 3


def test_scores_are_those_of_skimage_at_the_references_own_times(tmp_path):
    draw = np.random.default_rng(1)
    truth = [draw.integers(0, 256, (48, 64, 3)).astype(np.uint8) for _ in range(4)]
    near = [
        np.clip(one.astype(int) + draw.integers(-9, 10, one.shape), 0, 255).astype(np.uint8) for one in truth
    ]
    near[2] = truth[2]
    between = [near[n // 2] if n % 2 == 0 else flat(0) for n in range(7)]  # 0 where the truth has no frame
    reference = lossless(tmp_path / "truth.mkv", truth, rate=F(25))
    made = lossless(tmp_path / "made.mkv", between, rate=F(50))
    report = compare(Wish([str(made)], tmp_path / "out", reference=str(reference)))
    known = [0, 1, 3]
    psnr = np.mean([peak_signal_noise_ratio(truth[n], near[n]) for n in known])
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    ssim = np.mean([structural_similarity(truth[n], near[n], channel_axis=2, **options) for n in range(4)])
    told = f"made.mkv: PSNR {psnr:.3f} dB, SSIM {ssim:.4f}, mean over 4 frames, 1 exact and not in the PSNR"
    assert report.scores == [told]


def test_error_maps_are_of_the_reference_and_say_where_it_has_no_frame(tmp_path):
    truth = lossless(tmp_path / "truth.mkv", [flat(100), flat(110)], rate=F(25))
    made = lossless(tmp_path / "made.mkv", [flat(116), flat(120), flat(110)], rate=F(50))
    compare(Wish([str(made)], tmp_path / "out", reference=str(truth), errors=True, labels=False))
    first, held, second = pictures_of(tmp_path / "out")
    expected = error_map(flat(116), flat(100))
    assert np.array_equal(first[48:96, :64], expected)
    assert (second[48:96, :64] == error_map(flat(0), flat(0))).all()
    assert held[48:96, :64].mean() < 40  # dark, with a line of text
    assert not np.array_equal(held[48:96, :64], second[48:96, :64])


def test_an_error_of_the_limit_is_the_lightest_colour():
    dark, light = error_map(flat(0), flat(0)), error_map(flat(LIMIT), flat(0))
    assert dark.max() <= 4
    assert light.min() > 150
    assert np.array_equal(light, error_map(flat(255), flat(0)))


def test_the_strip_has_a_line_for_each_and_a_cursor_that_moves(tmp_path):
    truth = lossless(tmp_path / "truth.mkv", [flat(100)] * 5)
    words = [
        str(lossless(tmp_path / f"{k}.mkv", [flat(100 + k * (n + 2)) for n in range(5)])) for k in (1, 2)
    ]
    compare(Wish(words, tmp_path / "plain", reference=str(truth), layout="side"))
    compare(Wish(words, tmp_path / "strip", reference=str(truth), layout="side", strip=True))
    plain, strip = (pictures_of(tmp_path / name) for name in ("plain", "strip"))
    assert all(np.array_equal(a, b[:48]) for a, b in zip(plain, strip, strict=True))
    below = [one[48:] for one in strip]
    cursors = [int(np.flatnonzero((one == 255).all(axis=(0, 2)))[0]) for one in below]
    assert cursors == sorted(set(cursors))
    for colour in ((156, 198, 255), (240, 168, 96)):
        assert (np.abs(below[0].astype(int) - colour).max(axis=2) < 30).sum() > 40


def test_letters_can_be_read_on_any_picture():
    for level in (0, 128, 255):
        picture = np.full((80, 300, 3), level, np.uint8)
        write(picture, "film.mp4 12", 20)
        height, width = lettering("film.mp4 12", 20).shape
        box = picture[:height, :width].astype(int)
        assert box.max() > 240
        assert np.median(box) < 90  # light letters on a dark box
        assert (picture[height:] == level).all()
        assert (picture[:, width:] == level).all()


def test_names_too_long_are_cut_and_equal_names_are_numbered(tmp_path):
    narrow = np.zeros((40, 60, 3), np.uint8)
    write(narrow, "a name that is far too long for this", 16)
    assert narrow.max() > 200
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        lossless(tmp_path / folder / "film.mkv", [flat(1)] * 2)
    words = [str(tmp_path / "x" / "film.mkv"), str(tmp_path / "y" / "film.mkv")]
    assert [one.name for one in open_inputs(words, None)] == ["film.mkv (1)", "film.mkv (2)"]
    assert [one.name for one in open_inputs([f"{words[0]}=RIFE", words[1]], None)] == ["RIFE", "film.mkv"]


def test_a_turned_video_is_compared_the_right_way_up(tmp_path):
    wide = np.zeros((32, 48, 3), np.uint8)
    wide[:, :24] = 200
    look = Look("yuv420p", 48, 32, rotation=90)
    frames = [av.VideoFrame.from_ndarray(wide, "rgb24").reformat(format="yuv420p") for _ in range(2)]
    path = write_video(tmp_path / "a.mov", frames, look, codec="libx264")
    frame = next(open_inputs([str(path)], None)[0].frames(Clip()))
    with av.open(str(path)) as container:
        turn = next(container.decode(video=0)).rotation
    assert abs(turn) == 90
    assert frame.pixels.shape == (48, 32, 3)
    bright = frame.pixels[..., 0] > 100
    assert bright[:20].all() != bright[-20:].all()
    assert bright[-20:].all() == (turn == 90)  # counter-clockwise brings the left side down


def test_other_sizes_are_resized_and_not_scored(tmp_path):
    truth = lossless(tmp_path / "truth.mkv", [flat(50)] * 3)
    small = lossless(tmp_path / "small.mkv", [flat(50)[::2, ::2].copy()] * 3)
    report = compare(Wish([str(small)], tmp_path / "out", reference=str(truth), labels=False))
    assert report.notes == ["small.mkv is resized from 32x24 to 64x48, bicubic"]
    assert report.scores == ["small.mkv: not scored, its frames are of another size than the reference's"]
    assert pictures_of(tmp_path / "out")[0][:48, :64].tolist() == flat(50).tolist()


@pytest.fixture
def run_with_images(tmp_path):
    """A run of two methods on seven frames at factor 2, with its images."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for n in range(7):
        Image.fromarray(flat(20 * n)).save(frames / f"{n}.png")
    words = ["-m", "blend", "-m", "nearest", "-d", f"clip:{frames}", "--metric", "ie", "--save-images"]
    with pytest.raises(SystemExit) as end:
        main(["run", *words, "--device", "cpu", "--out", str(tmp_path / "run")])
    assert not end.value.code
    return tmp_path / "run"


def test_saved_images_of_a_run_are_a_sequence(run_with_images):
    words = [f"{run_with_images}:{name}" for name in ("truth", "blend", "nearest=copy")]
    inputs = open_inputs(words, None)
    assert [one.name for one in inputs] == ["truth", "blend", "copy"]
    levels = [[int(frame.pixels[0, 0, 0]) for frame in one.frames(Clip())] for one in inputs]
    assert levels[0] == levels[1] == [20 * n for n in range(7)]
    assert levels[2] == [0, 0, 40, 40, 80, 80, 120]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("{run}:blnd", "expected a method of .* or 'truth', found 'blnd'; .*blend"),
        ("{run}/nothing", "expected a video or a folder of pictures, found nothing"),
        ("{run}", "expected"),
    ],
)
def test_what_is_no_input_is_told(run_with_images, word, reason):
    with pytest.raises(VfibenchError, match=reason) as caught:
        open_inputs([word.format(run=run_with_images)], None)
    assert "\n" not in str(caught.value)


def test_a_run_without_images_is_told(run_with_images):
    for file in (run_with_images / "images").rglob("*.png"):
        file.unlink()
    with pytest.raises(
        VfibenchError, match=r"expected saved images of blend .* --save-images --policy always"
    ):
        open_inputs([f"{run_with_images}:blend"], None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"inputs": ["a.mkv"]}, "expected two videos or more, found 1; or one and a --reference"),
        ({"layout": "tower"}, r"expected --layout side \| stack \| grid \| split \| blink, found 'tower'"),
        ({"inputs": ["a.mkv"] * 3, "layout": "split"}, "expected two videos with --layout split, found 3"),
        ({"divider": 1.5}, "expected --divider between 0 and 1, or sweep, found 1.5"),
        ({"errors": True}, "expected --reference with --errors, found none"),
        ({"strip": True}, "expected --reference with --strip, found none"),
        ({"inputs": ["a.mkv"] * 7, "output": "o.html"}, "expected at most 6 clips on a page, found 7"),
        ({"output": "o.html", "layout": "grid"}, "expected no --layout for a page"),
        ({"output": "a.mkv"}, "expected an output beside the inputs, found the input itself"),
        ({"output": "none/o.mp4"}, "expected a folder for the output, found none"),
        ({"output": "b.mkv", "inputs": ["a.mkv", "a.mkv"]}, "expected an output that is not there yet"),
        ({"output": "o.xyz"}, "expected an output with a suffix that FFmpeg knows"),
        ({"output": "o.webm", "codec": "ffv1"}, "try another --codec or another suffix"),
        ({"inputs": ["a.mkv", "sound.mkv"]}, "expected a video with pictures, found audio alone"),
        ({"inputs": ["a.mkv", "text.mp4"]}, "expected a video, found"),
        ({"clip": Clip(start=F(99))}, "expected frames in a.mkv, found none"),
    ],
)
def test_bad_wishes_are_one_line_and_leave_nothing(tmp_path, monkeypatch, changes, reason):
    monkeypatch.chdir(tmp_path)
    for name in ("a.mkv", "b.mkv"):
        lossless(tmp_path / name, [flat(1)] * 2)
    (tmp_path / "text.mp4").write_text("no video")
    with av.open("sound.mkv", "w") as container:
        stream = container.add_stream("aac", rate=48000)
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        tone.sample_rate = 48000
        container.mux(stream.encode(tone))
        container.mux(stream.encode(None))
    before = sorted(path.name for path in tmp_path.iterdir())
    wished = {"inputs": ["a.mkv", "b.mkv"], "output": "o.mp4"} | changes
    with pytest.raises(VfibenchError, match=reason) as caught:
        compare(Wish(**wished | {"output": Path(wished["output"])}))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_command_tells_what_it_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    lossless(tmp_path / "a.mkv", [flat(10)] * 4)
    lossless(tmp_path / "b.mkv", [flat(12)] * 4)
    for words, status in (
        (["a.mkv", "--reference", "b.mkv", "-o", "o.mp4"], 0),
        (["a.mkv", "--reference", "b.mkv", "-o", "o.mp4"], 2),
        (["a.mkv", "--reference", "b.mkv", "-o", "o.html"], 0),
        (["a.mkv", "b.mkv", "-o", "x.mp4", "--divider", "middle"], 2),
    ):
        with pytest.raises(SystemExit) as end:
            main(["compare-video", *words])
        assert (end.value.code or 0) == status
    out = capsys.readouterr()
    assert "o.mp4: 4 frames in 0.160 s, of a.mkv, b.mkv" in out.out
    assert "a.mkv: PSNR 42.110 dB" in out.out  # 20 log10(255 / 2)
    assert out.err.count("error: ") == 2
    assert "Traceback" not in out.err


def test_after_ctrl_c_the_video_can_be_played(tmp_path, monkeypatch):
    words = [str(lossless(tmp_path / f"{k}.mkv", [flat(n) for n in range(40)])) for k in "ab"]

    def tell(_what: str, done: int, _count: int | None) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(Wish(words, tmp_path / "o.mp4"), tell)
    assert len(read_video(tmp_path / "o.mp4").frames) >= 20


def test_tiles_and_dividers():
    assert [columns_of("grid", count) for count in (1, 2, 4, 5, 6)] == [1, 2, 2, 3, 3]
    assert tiled([flat(1)] * 5, 3).shape == (2 * 48 + GAP, 3 * 64 + 2 * GAP, 3)
    assert np.array_equal(divided([flat(1), flat(2)], 0), flat(2))
    assert np.array_equal(divided([flat(1), flat(2)], 1), flat(1))


def test_a_page_holds_one_video_and_the_scores(tmp_path):
    truth = lossless(tmp_path / "t.mkv", [flat(n) for n in range(5)])
    made = lossless(tmp_path / "m<b>.mkv", [flat(n + 3) for n in range(5)])
    compare(Wish([str(made)], tmp_path / "o.html", reference=str(truth)))
    page = (tmp_path / "o.html").read_text(encoding="utf-8")
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert [clip["name"] for clip in data["clips"]] == ["m<b>.mkv", "t.mkv (reference)"]
    assert data["clips"][0]["scores"]["psnr"] == pytest.approx([20 * np.log10(255 / 3)] * 5, abs=1e-4)
    assert data["clips"][1]["scores"] is None
    assert "<b>.mkv" not in page.replace("\\u003c", "")
    told = page.split('id="film"')[0].replace("http-equiv", "")
    assert "http" not in told


@pytest.mark.parametrize("start", [F(1, 100), F(1, 25), F(7, 100), F(15, 100)])
def test_parts_of_other_rates_stay_aligned(tmp_path, start):
    slow = lossless(tmp_path / "a.avi", [flat(10 * n) for n in range(10)], rate=F(25))
    fast = lossless(tmp_path / "b.avi", [flat(5 * n) for n in range(20)], rate=F(50))
    found = levels_at([slow, fast], clip=Clip(start=start))
    known = [levels for _, levels in found if levels[1] % 10 == 0]
    assert len(known) >= 5
    assert all(one == other for one, other in known[1:])
    report = compare(Wish([str(fast)], tmp_path / "out", reference=str(slow), clip=Clip(start=start)))
    assert report.scores[0].startswith("b.avi: PSNR exact, SSIM 1.0000")


@pytest.mark.parametrize("word", ["in.mkv=A", "./in.mkv", "$HERE/in.mkv", "frames=B", "frames"])
def test_no_input_is_overwritten_however_it_is_spelt(tmp_path, monkeypatch, word):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HERE", str(tmp_path))
    lossless(tmp_path / "in.mkv", [flat(1)] * 2)
    (tmp_path / "frames").mkdir()
    for n in range(2):
        Image.fromarray(flat(n)).save(tmp_path / "frames" / f"{n:08d}.png")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    output = Path("frames") if "frames" in word else Path("in.mkv")
    with pytest.raises(VfibenchError, match="found the input itself"):
        compare(Wish([word, "in.mkv"], output, overwrite=True))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
