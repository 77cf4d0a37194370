"""The player in a real browser: clips in step, frame by frame, at every speed, in every view."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from made_videos import Look, write_video
from report.browsing import contrasts

from vfibench.video.comparing.comparison import compare
from vfibench.video.comparing.wish import Wish

expect = pytest.importorskip("playwright.sync_api", reason="needs the Python package playwright").expect

FRAMES, RATE, SIZE = 31, F(30), (96, 64)
CLIPS = 3
COLOURS = ((200, 30, 40), (30, 160, 60), (40, 60, 210))


def level(clip: int, number: int) -> int:
    """What clip shows in frame number: another level for each, so that a picture tells its frame."""
    return 20 + 7 * number if clip != 1 else 235 - 7 * number


def film(path: Path, clip: int) -> Path:
    """Left half the level of the frame, right half the colour of the clip."""
    pictures = []
    for number in range(FRAMES):
        picture = np.full((SIZE[1], SIZE[0], 3), level(clip, number), np.uint8)
        picture[:, SIZE[0] // 2 :] = COLOURS[clip]
        pictures.append(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="bgr0"))
    return write_video(path, pictures, Look("bgr0", *SIZE), rate=RATE)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page of three clips, the last of which is the reference."""
    folder = tmp_path_factory.mktemp("player")
    words = [str(film(folder / f"{clip}.mkv", clip)) for clip in range(CLIPS)]
    compare(Wish(words[:2], folder / "page.html", reference=words[2]))
    return (folder / "page.html").as_uri()


@pytest.fixture
def show(visit, address):
    """Open the page, wait for its first frame and give the player the focus."""

    def opened(**options):
        page = visit(address, **options)
        page.wait_for_selector(".player[data-frame='0']")
        page.evaluate(READ)
        page.locator(".player").focus()
        return page

    return opened


READ = """() => {
  const copied = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  window.readPixel = (canvas, x, y) => {
    copied.drawImage(canvas, canvas.width * x, canvas.height * y, 1, 1, 0, 0, 1, 1);
    return Array.from(copied.getImageData(0, 0, 1, 1).data);
  };
}"""
PIXEL = """(canvas, x, y) => window.readPixel(document.querySelectorAll(".player canvas")[canvas], x, y)"""


def pixel(page, canvas: int, x: float, y: float = 0.5) -> list[int]:
    return page.evaluate(f"([c, x, y]) => ({PIXEL})(c, x, y)", [canvas, x, y])[:3]


def frame_shown(page, canvas: int, clip: int) -> int:
    """Which frame of a clip the left half of a canvas shows."""
    shown = pixel(page, canvas, 0.2)[1]
    return min(range(FRAMES), key=lambda number: abs(level(clip, number) - shown))


def at(page, number: int) -> None:
    page.wait_for_selector(f".player[data-frame='{number}']")


def test_every_step_shows_that_frame_of_every_clip(show):
    page = show()
    assert page.locator(".player canvas").count() == CLIPS
    for number in [*range(1, FRAMES), *range(FRAMES - 2, 17, -1)]:
        forward = number > int(page.locator(".player").get_attribute("data-frame"))
        page.keyboard.press("ArrowRight" if forward else "ArrowLeft")
        at(page, number)
        assert [frame_shown(page, clip, clip) for clip in range(CLIPS)] == [number] * CLIPS
    page.keyboard.press("Home")
    at(page, 0)
    page.keyboard.press("ArrowLeft")  # round, since it loops
    at(page, FRAMES - 1)
    assert frame_shown(page, 1, 1) == FRAMES - 1
    page.keyboard.press("l")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    at(page, FRAMES - 1)


def test_colours_are_those_of_the_clips(show):
    page = show()
    for clip, colour in enumerate(COLOURS):
        assert np.abs(np.array(pixel(page, clip, 0.8)) - colour).max() <= 4


def test_many_jumps_end_at_the_last_one(show):
    page = show()
    page.evaluate("""() => {
      const range = document.querySelector(".player-controls input[type=range]");
      for (const value of [3, 28, 7, 19, 11]) {
        range.value = value;
        range.dispatchEvent(new Event("input"));
      }
    }""")
    at(page, 11)
    page.wait_for_timeout(300)
    at(page, 11)
    assert [frame_shown(page, clip, clip) for clip in range(CLIPS)] == [11] * CLIPS


WATCH = """(speed) => new Promise((done) => {
  const player = document.querySelector(".player"), seen = [];
  const select = player.querySelector("[data-speed]");
  select.value = String(speed);
  select.dispatchEvent(new Event("change"));
  const pixel = (canvas) => window.readPixel(canvas, 0.2, 0.5)[1];
  const watcher = new MutationObserver(() => {
    seen.push([Number(player.dataset.frame), ...Array.from(player.querySelectorAll("canvas"), pixel)]);
    if (seen.length === 45) { watcher.disconnect(); done(seen); }
  });
  setTimeout(() => done(seen), 60000);  // a busy machine shows fewer
  watcher.observe(player, { attributes: true, attributeFilter: ["data-frame"] });
  player.querySelector("[data-do=play]").click();
})"""


@pytest.mark.parametrize("speed", [1, 0.25])
def test_while_it_plays_all_clips_show_the_frame_that_is_told(show, speed):
    page = show()
    seen = page.evaluate(WATCH, speed)
    for number, *levels in seen:
        for clip, shown in enumerate(levels):
            assert abs(shown - level(clip, number)) <= 3, (number, levels)
    numbers = [number for number, *_ in seen]
    assert len(set(numbers)) > 12
    steps = [(b - a) % FRAMES for a, b in pairwise(numbers)]
    assert max(steps) < FRAMES / 2  # on, never back, and round at the end
    if speed < 1:
        assert sum(step <= 1 for step in steps) > 0.8 * len(steps)


def test_it_stops_at_the_end_where_it_does_not_loop_and_pauses(show):
    page = show()
    page.keyboard.press("l")
    page.keyboard.press("End")
    at(page, FRAMES - 1)
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    at(page, FRAMES - 7)
    page.keyboard.press(" ")
    play = page.locator("[data-do=play]")
    expect(play).to_have_text("play")  # at the end it has paused by itself
    page.keyboard.press("Home")
    at(page, 0)
    page.keyboard.press(" ")
    expect(play).to_have_text("pause")
    page.keyboard.press(" ")
    expect(play).to_have_text("play")
    number = page.locator(".player").get_attribute("data-frame")
    page.wait_for_timeout(300)
    assert page.locator(".player").get_attribute("data-frame") == number


def test_the_divider_shows_one_on_each_side_and_moves(show):
    page = show()
    page.keyboard.press("d")
    assert page.locator(".player canvas").count() == 1
    page.select_option("[data-side=b]", "2")
    divider = page.locator(".player-divider")
    divider.fill("600")
    assert np.abs(np.array(pixel(page, 0, 0.55)) - COLOURS[0]).max() <= 4
    assert np.abs(np.array(pixel(page, 0, 0.65)) - COLOURS[2]).max() <= 4
    box = page.locator(".player canvas").bounding_box()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()
    assert np.abs(np.array(pixel(page, 0, 0.85)) - COLOURS[0]).max() <= 4
    assert int(divider.input_value()) == pytest.approx(900, abs=6)


def test_one_key_blinks_between_two(show):
    page = show()
    caption = page.locator(".player figcaption b")
    page.keyboard.press("b")
    for place in (0, 1, 0, 1):
        expect(caption.first).to_have_text(f"{place}.mkv")
        assert np.abs(np.array(pixel(page, 0, 0.8)) - COLOURS[place]).max() <= 4
        page.keyboard.press("b")
    page.keyboard.press("s")
    assert page.locator(".player canvas").count() == CLIPS


def test_zoom_enlarges_all_at_once_and_dragging_moves_them(show):
    page = show()
    for _ in range(4):
        page.keyboard.press("+")
    assert page.locator(".player output").first.inner_text() == "5.1×"
    for clip in range(CLIPS):  # the middle: a level at the left, the colour at the right
        assert abs(pixel(page, clip, 0.4)[1] - level(clip, 0)) <= 6
        assert np.abs(np.array(pixel(page, clip, 0.6)) - COLOURS[clip]).max() <= 4
    box = page.locator(".player canvas").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 20 + box["width"], box["y"] + 20, steps=5)
    page.mouse.up()
    for clip in range(CLIPS):
        assert abs(pixel(page, clip, 0.9)[1] - level(clip, 0)) <= 6
    page.keyboard.press("0")
    assert np.abs(np.array(pixel(page, 2, 0.9)) - COLOURS[2]).max() <= 4


def test_scores_are_told_for_the_frame_and_drawn_over_time(show):
    page = show()
    page.keyboard.press("ArrowRight")
    at(page, 1)
    half = (level(1, 1) - level(2, 1)) ** 2 + np.square(np.subtract(COLOURS[1], COLOURS[2])).mean()
    expected = 10 * np.log10(255**2 / (half / 2))
    expect(page.locator(".player figcaption small").nth(1)).to_contain_text(f"PSNR {expected:.2f} dB")
    chart = page.locator(".player-chart svg").first
    assert page.locator(".player-chart").count() == 2
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 20 / 30, "y": 30})
    at(page, 20)
    assert frame_shown(page, 0, 0) == 20


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_it_fits_and_can_be_read(show, width, scheme):
    page = show(width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    poor = {pair: value for pair, value in contrasts(page).items() if value < 4.5}
    assert not poor
    small = page.evaluate("""() => Array.from(document.querySelectorAll(".player button"))
      .map((one) => one.getBoundingClientRect()).filter((box) => box.width < 24 || box.height < 24).length""")
    assert small == 0
