"""The sample page in a real browser: zoom, divider, flip-book, magnifier, export, and the address."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import parse_qs, quote

import numpy as np
import pytest
from PIL import Image
from report import browsing
from report.browsing import PATIENCE
from report.made_pictures import PicturedCell, made, pictured_run, pixels_of, sample_of

from vfibench.store.album import Album
from vfibench.store.folders import read_results
from vfibench_reports.sample.page import SamplePage, frame_page

expect = pytest.importorskip("playwright.sync_api", reason="needs the Python package playwright").expect

HOSTILE = "<script>alert(1)</script>"
RED, BLUE = (200, 10, 10), (10, 10, 200)
WIDTH, HEIGHT = 96, 72


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page of three methods; the predictions of two are of one colour."""
    folder = tmp_path_factory.mktemp("sample")
    cells = [PicturedCell(name, level=level) for name, level in (("rife", 36), (HOSTILE, 34), ("dvf", 30))]
    for result in pictured_run(folder / "run", cells):
        colour = {"rife": RED, "dvf": BLUE}.get(result.cell.method)
        if colour:
            for path in Album.of(result.folder, result.cell).predictions.rglob("*.png"):
                Image.new("RGB", (WIDTH, HEIGHT), colour).save(path)
    SamplePage().render(read_results([folder / "run"]), folder)
    return (folder / frame_page("ucf101", "vfibench", ("a", 0.5))).as_uri()


@pytest.fixture
def show(visit, address):
    """`show("#z=2")` opens the page and waits for its pictures."""

    def opened(state="", **options):
        page = visit(address + state, width=1200, **options)
        page.wait_for_selector("#views[data-ready]")
        return page

    return opened


def state(page, name, wanted=None):
    """A value of the page's state; a wanted one is waited for."""
    if wanted is not None:
        page.wait_for_url(lambda url: state_of(url, name) == wanted)
    return browsing.state(page).get(name, "")


def state_of(url, name):
    return parse_qs(url.partition("#")[2]).get(name, [""])[0]


def is_near(url, name, wanted, tolerance):
    text = state_of(url, name)
    return text != "" and abs(float(text) - wanted) <= tolerance


def transforms(page):
    return page.locator(".sheet").evaluate_all("all => all.map(one => getComputedStyle(one).transform)")


def coloured(page, place):
    """RGB of the slider's view at a share of its width."""
    shot = np.asarray(Image.open(BytesIO(page.locator("#slider .pane").screenshot())).convert("RGB"))
    return tuple(int(v) for v in shot[shot.shape[0] // 5, int(shot.shape[1] * place)])


def test_buttons_zoom_all_views_and_the_address_brings_them_back(show):
    page = show()
    page.get_by_title("larger").click()
    page.get_by_title("larger").click()
    assert state(page, "z", "2.25") == "2.25"
    assert (state(page, "x"), state(page, "y")) == ("48", "36")
    wide = page.locator("#slider .pane").bounding_box()["width"]
    numbers = [float(n) for n in re.findall(r"[-\d.]+", transforms(page)[0])]
    assert numbers[0] == pytest.approx(2.25)
    assert numbers[4] == pytest.approx(-0.625 * wide, rel=0.01)
    scales = {re.findall(r"[-\d.]+", found)[0] for found in transforms(page)}
    assert scales == {"2.25"}
    again = show(browsing.fragment(page))
    assert transforms(again) == transforms(page)
    again.get_by_text("whole picture").click()
    again.wait_for_url(lambda url: "z=" not in url)
    expect(again.locator("#zoom")).to_have_text("1×")


def test_the_wheel_zooms_a_view_that_was_clicked_about_the_pointer(show):
    page = show()
    pane = page.locator("#slider .pane")
    pane.scroll_into_view_if_needed()
    box = pane.bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.wheel(0, -100)
    expect(page.locator("#zoom")).to_have_text("1×")  # not clicked: the page may scroll
    pane.scroll_into_view_if_needed()
    box = pane.bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    page.mouse.click(x, y)
    page.mouse.wheel(0, -200)
    page.wait_for_url(lambda url: state_of(url, "z") not in {"", "1"})
    z, left, top = (float(state(page, name)) for name in ("z", "x", "y"))
    assert z > 1.5
    assert left - WIDTH / z / 4 == pytest.approx(WIDTH / 4, abs=0.3)
    assert top - HEIGHT / z / 4 == pytest.approx(HEIGHT / 4, abs=0.3)


def test_keys_and_dragging_move_all_views(show):
    page = show("#z=2&x=48&y=36")
    pane = page.locator("#pictures .pane").first
    pane.focus()
    page.keyboard.press("ArrowRight")
    assert state(page, "x", "54") == "54"  # an eighth of what is seen: 96 / 2 / 8
    page.keyboard.press("+")
    assert state(page, "z", "3") == "3"
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "z=" not in url)
    page = show("#z=2&x=48&y=36")
    pane = page.locator("#flip .pane")
    pane.scroll_into_view_if_needed()
    box = pane.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 3 / 4, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.wait_for_url(lambda url: is_near(url, "x", 36, 0.5))
    assert state(page, "crop") == ""  # dragging places no magnifier


def test_the_divider_shows_one_picture_on_each_side(show):
    page = show("#a=rife&b=dvf&at=30")
    assert (coloured(page, 0.2), coloured(page, 0.6)) == (RED, BLUE)
    page.locator("#slider input").fill("70")
    assert state(page, "at", "70") == "70"
    assert (coloured(page, 0.6), coloured(page, 0.9)) == (RED, BLUE)
    page.locator("[data-side=a]").select_option("dvf")
    page.locator("[data-side=b]").select_option("rife")
    assert (state(page, "a", "dvf"), state(page, "b", "rife")) == ("dvf", "rife")
    assert (coloured(page, 0.1), coloured(page, 0.9)) == (BLUE, RED)
    box = page.locator("#slider .pane").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.9)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.9, steps=3)
    page.mouse.up()
    page.wait_for_url(lambda url: is_near(url, "at", 10, 1))
    assert coloured(page, 0.3) == RED


def test_ground_truth_methods_and_the_blend_can_all_be_laid_over(show):
    page = show()
    options = page.locator("[data-side=a] option").all_text_contents()
    assert options == ["frame 0", "ground truth", "frame 1", "rife", HOSTILE, "dvf", "blend of both frames"]
    page.locator("[data-side=b]").select_option("blend of both frames")
    image = page.locator("#slider .over img")
    expect(image).to_have_attribute("alt", "blend of both frames")
    mixed = np.rint(sample_of("a").frames.astype(float).mean(0)).transpose(1, 2, 0)
    np.testing.assert_array_equal(pixels_of(image.get_attribute("src")), mixed)


def test_the_flip_book_steps_plays_and_pauses(show):
    page = show("#flip=dvf&speed=16")
    told = page.locator("#flip output")
    expect(told).to_have_text("dvf")
    for wanted, frame in (("frame 1", "2"), ("frame 0", "0"), ("dvf", "1")):
        page.get_by_title("one on").click()
        expect(told).to_have_text(wanted)
        assert state(page, "frame") == frame
        expect(page.locator("#flip .sheet.up")).to_have_count(1)
    page.get_by_title("one back").click()
    expect(told).to_have_text("frame 0")
    expect(page.locator("#flip .sheet").first).to_be_visible()
    expect(page.locator("#flip .sheet").nth(1)).not_to_be_visible()
    page.get_by_role("button", name="play").click()
    assert state(page, "play") == "1"
    for wanted in ("dvf", "frame 1", "frame 0"):  # it goes round
        expect(told).to_have_text(wanted)
    page.get_by_role("button", name="pause").click()
    assert state(page, "play") == ""
    still = told.text_content()
    page.wait_for_timeout(300)
    assert told.text_content() == still


def test_nothing_moves_by_itself_where_motion_is_unwelcome(show):
    page = show("#play=1&speed=16", reduced_motion="reduce")
    expect(page.get_by_role("button", name="play")).to_be_visible()
    still = page.locator("#flip output").text_content()
    page.wait_for_timeout(300)
    assert page.locator("#flip output").text_content() == still
    page.get_by_role("button", name="play").click()  # asked for, it plays
    expect(page.get_by_role("button", name="pause")).to_be_visible()


def test_a_click_places_the_magnifier_in_every_picture(show):
    page = show("#crop=0,0,16")
    pane = page.locator("#flip .pane")
    pane.scroll_into_view_if_needed()
    box = pane.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    assert state(page, "crop", "40,28,16") == "40,28,16"
    names = page.locator(".crops figcaption b").all_text_contents()
    assert names == ["frame 0", "frame 1", "ground truth", "rife", HOSTILE, "dvf"]
    expected = made(HOSTILE, sample_of("a"))[:, 28:44, 40:56].transpose(1, 2, 0)
    uri = page.locator(".crops canvas").nth(4).evaluate("canvas => canvas.toDataURL()")
    np.testing.assert_array_equal(pixels_of(uri), expected.repeat(12, 0).repeat(12, 1))
    page.locator("[data-side-of-crop]").select_option("32")
    assert state(page, "crop", "32,20,32") == "32,20,32"


def test_the_row_of_crops_is_saved_to_the_pixel(show, tmp_path):
    page = show("#crop=10,20,32")
    with page.expect_download() as found:
        page.get_by_role("button", name="Save row as PNG").click()
    assert found.value.suggested_filename == "ucf101-a-t0-5-crop-10-20-32.png"
    found.value.save_as(tmp_path / "row.png")
    row = np.asarray(Image.open(tmp_path / "row.png").convert("RGB"))
    cell, gap = 192, 8
    assert row.shape == (cell + gap + 3 * 18, 6 * cell + 5 * gap, 3)
    sample = sample_of("a")
    pictures = [*sample.frames, sample.targets[0]]
    for place, pixels in enumerate(pictures):
        crop = pixels[:, 20:52, 10:42].transpose(1, 2, 0).repeat(6, 0).repeat(6, 1)
        left = place * (cell + gap)
        np.testing.assert_array_equal(row[:cell, left : left + cell], crop)
    assert tuple(row[5, 3 * (cell + gap) + 5]) == RED
    assert (row[:cell, cell : cell + gap] == 255).all()
    assert (row[cell + gap :] < 128).any()  # names and scores


def test_each_crop_is_saved_under_the_name_that_the_latex_uses(show, tmp_path):
    page = show("#crop=10,20,32")
    with page.expect_download() as found:
        page.get_by_role("button", name="Save LaTeX").click()
    found.value.save_as(tmp_path / "row.tex")
    text = (tmp_path / "row.tex").read_text()
    names = re.findall(r"\\includegraphics\[width=0\.\d+\\linewidth\]\{(.*?)\}", text)
    saved = []
    page.on("download", lambda download: saved.append(download))
    page.get_by_role("button", name="Save each as PNG").click()
    for _ in range(PATIENCE // 100):
        if len(saved) == 6:
            break
        page.wait_for_timeout(100)
    assert {download.suggested_filename for download in saved} == set(names)
    assert len(set(names)) == 6
    assert r"\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{}: " in text
    assert r"Crops of $32 \times 32$ pixels at (10, 20) of a (ucf101), t = 0.5. PSNR, SSIM of" in text
    assert text.count("&") == 10
    assert page.locator("#magnifier pre").text_content() == text


GONE = "Object.defineProperty(Navigator.prototype, 'clipboard', { get() { return undefined; } })"


def test_the_latex_is_copied_or_selected_where_there_is_no_clipboard(show):
    page = show("#crop=10,20,32")
    page.evaluate(GONE)
    page.get_by_role("button", name="Copy LaTeX").click()
    button = page.locator("[data-copies=latex]")
    expect(button).to_have_text(re.compile("^(Copied|Selected)$"))
    assert page.locator("#magnifier details").evaluate("one => one.open")
    source = page.locator("#latex").text_content()
    assert page.evaluate("String(getSelection())").strip() == source.strip()
    page.locator("[data-side-of-crop]").select_option("48")
    expect(button).to_have_text("Copy LaTeX")  # the text is another one now


def test_one_kind_of_picture_can_be_shown_alone(show):
    page = show()
    page.get_by_label("signed errors").check()
    assert state(page, "show") == "signed"
    expect(page.locator("#pictures figure[data-sort=signed]").first).to_be_visible()
    expect(page.locator("#pictures figure[data-sort=absolute]").first).not_to_be_visible()
    expect(page.locator("#pictures figure[data-sort=truth]")).to_be_visible()
    again = show("#show=signed")
    expect(again.get_by_label("signed errors")).to_be_checked()


def test_a_method_from_the_address_is_found_however_it_is_called(show):
    page = show("#b=" + quote(HOSTILE))
    assert page.locator("[data-side=b]").input_value() == HOSTILE


def test_nonsense_in_the_address_does_no_harm(show):
    page = show("#z=NaN&x=zzz&y=1e999&crop=1,2&a=nobody&b=%3Cb%3E&frame=77&speed=0&at=-5&show=all&flip=")
    expect(page.locator("#zoom")).to_have_text("1×")
    expect(page.locator("#flip output")).to_have_text("frame 1")
    assert page.locator(".crops canvas").count() == 6
    assert page.locator("[data-side=a]").input_value() == "rife"


def test_without_a_script_every_picture_stands_in_a_captioned_grid(visit, address):
    page = visit(address, java_script_enabled=False)
    captions = page.locator("#pictures .view figcaption b").all_text_contents()
    assert captions == ["frame 0", "ground truth", "frame 1", *["rife"] * 3, *[HOSTILE] * 3, *["dvf"] * 3]
    expect(page.locator("#slider")).not_to_be_visible()
    expect(page.locator("#magnifier")).not_to_be_visible()
    expect(page.locator(".viewbar")).not_to_be_visible()
