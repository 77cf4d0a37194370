"""Sample pages: which frames, which pixels, which colours, and how much fits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from report.made_pictures import (
    PicturedCell,
    made,
    picture,
    pictured_run,
    pixels_of,
    sample_of,
    write_pictures,
)
from report.made_runs import MadeCell, sha, write_run
from report.read_page import read_page
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from vfibench.contracts import PageOptions
from vfibench.frames.files import write_image
from vfibench.reporting import write_site
from vfibench.store.album import Album
from vfibench.store.folders import read_results
from vfibench_reports.contents.picking import DIFFER, WORST, contests, neighbours, picks
from vfibench_reports.contents.samples import frame_page, sample_pages
from vfibench_reports.sample import page as sample_page
from vfibench_reports.sample.heat_maps import MEANINGS, absolute_places, heat_map, palette, signed_places
from vfibench_reports.sample.page import SamplePage, render_sample
from vfibench_reports.sample.pictures import Window, around, encode
from vfibench_reports.sample.scenes import box_sums, focus, psnr, read_scene

HOSTILE = "<script>alert(1)</script>"
CELLS = [
    PicturedCell("rife", level=36.0),
    PicturedCell("nearest", level=28.0),
    PicturedCell(HOSTILE, level=32.0),
]


def contest_of(results):
    (contest,) = contests(results)
    return contest


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return pictured_run(tmp_path_factory.mktemp("runs") / "run", CELLS)


@pytest.fixture(scope="module")
def site(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    return out, SamplePage().render(results, out)


def images(page):
    return {found["alt"]: found["src"] for name, found in page.tags if name == "img" and found.get("src")}


def test_the_list_leads_to_a_page_a_frame_and_the_pages_to_each_other(site, results):
    out, pages = site
    assert [name for _, name in pages] == ["samples.ucf101.vfibench.html"]
    expected = {frame_page("ucf101", "vfibench", (sample, 0.5)) for sample in "abc"}
    links = {link for link in read_page(out / pages[0][1]).links if link.startswith("sample.")}
    assert links == expected == set(sample_pages(results, PageOptions()).values())
    assert {path.name for path in out.iterdir()} == expected | {pages[0][1]}
    for name in expected:
        local = [link for link in read_page(out / name).links if link.startswith("sample")]
        assert set(local) - expected == {pages[0][1]}
        assert len(local) in {2, 3}


def test_the_embedded_pictures_are_the_saved_ones_to_the_pixel(site):
    out, _ = site
    page = read_page(out / frame_page("ucf101", "vfibench", ("b", 0.5)))
    sample, shown = sample_of("b"), images(page)
    expected = {
        "frame 0": sample.frames[0],
        "frame 1": sample.frames[1],
        "ground truth": sample.targets[0],
        "rife": made("rife", sample),
        HOSTILE: made(HOSTILE, sample),
    }
    for name, pixels in expected.items():
        np.testing.assert_array_equal(pixels_of(shown[name]), pixels.transpose(1, 2, 0), err_msg=name)


def test_heat_maps_show_mean_errors_over_channels_on_one_scale(site):
    out, _ = site
    shown = images(read_page(out / frame_page("ucf101", "vfibench", ("a", 0.5))))
    sample = sample_of("a")
    difference = made("nearest", sample).astype(float) - sample.targets[0]
    absolute = np.abs(difference).sum(0) / 3
    signed = difference.sum(0) / 3
    np.testing.assert_array_equal(
        pixels_of(shown["nearest, absolute error"]), palette("absolute")[np.round(absolute / 2).astype(int)]
    )
    np.testing.assert_array_equal(
        pixels_of(shown["nearest, signed error"]), palette("signed")[np.round(signed / 2).astype(int) + 32]
    )


def test_heat_map_places_of_a_hand_made_error():
    target = np.array([[[100, 100, 100]] * 5], np.uint8)
    predicted = np.array(
        [[[100, 100, 100], [106, 100, 94], [106, 106, 106], [255, 255, 255], [0, 0, 0]]], np.uint8
    )
    assert absolute_places(predicted, target).tolist() == [[0, 2, 3, 32, 32]]
    assert signed_places(predicted, target).tolist() == [[32, 32, 35, 64, 0]]
    assert heat_map("signed", predicted, target).mode == "P"


def test_colours_keep_their_order_without_colour_vision():
    light = rgb2lab(palette("absolute")[None] / 255)[0, :, 0]
    assert len(light) == 33
    assert all(a < b for a, b in pairwise(light))
    signed = rgb2lab(palette("signed")[None] / 255)[0, :, 0]
    assert len(signed) == 65
    assert all(a < b for a, b in pairwise(signed[:33]))
    assert all(a > b for a, b in pairwise(signed[32:]))
    # What is left of red and blue without the middle cones (Machado, Oliveira, Fernandes 2009, severity 1).
    deuteranopia = np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    )
    linear = (palette("signed") / 255.0) ** 2.2
    seen = rgb2lab(np.clip(linear @ deuteranopia.T, 0, 1)[None] ** (1 / 2.2))[0]
    for level in (8, 16, 24, 32):
        assert np.linalg.norm(seen[32 + level] - seen[32 - level]) > 10


def test_a_name_that_is_a_script_is_text_everywhere(tmp_path):
    results = pictured_run(tmp_path / "run", [replace(CELLS[2], named=(HOSTILE, "b", "c"))])
    SamplePage().render(results, tmp_path)
    for path in tmp_path.glob("sample*.html"):
        page = read_page(path)
        scripts = [found for name, found in page.tags if name == "script"]
        assert scripts in ([{}], [{"type": "application/json", "id": "sample"}, {}])
        assert HOSTILE in page.text
        html = path.read_text()
        assert html.count("</script") == len(scripts)
        assert HOSTILE not in html
    html = (tmp_path / frame_page("ucf101", "vfibench", (HOSTILE, 0.5))).read_text()
    data = json.loads(re.search(r'id="sample">(.*?)</script>', html, re.DOTALL).group(1))
    assert data["sample"] == HOSTILE
    assert re.fullmatch(r"[a-z0-9-]+", data["stem"])


def test_pages_load_nothing(site):
    out, _ = site
    for path in out.iterdir():
        page = read_page(path)
        (policy,) = [found["content"] for _, found in page.tags if found.get("http-equiv")]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
        assert all(f["src"].startswith("data:image/") for n, f in page.tags if n == "img" and "src" in f)
        assert not any(attribute.startswith("on") for _, found in page.tags for attribute in found)


def test_scores_of_the_frame_stand_in_the_captions_and_the_table(site, results):
    out, _ = site
    page = read_page(out / frame_page("ucf101", "vfibench", ("c", 0.5)))
    (rife,) = [result for result in results if result.cell.method == "rife"]
    scores = rife.rows[2].scores
    assert f"PSNR {scores['psnr']:.3f} dB, SSIM {scores['ssim']:.4f}" in page.text
    assert page.tables["scores"].texts("method") == ["rife", HOSTILE, "nearest"]
    assert page.tables["scores"].texts("psnr")[0] == f"{scores['psnr']:.3f}"


def test_the_blend_is_scored_from_the_frames_where_no_method_is_it(site, results, tmp_path):
    out, _ = site
    html = (out / frame_page("ucf101", "vfibench", ("a", 0.5))).read_text()
    data = json.loads(re.search(r'id="sample">(.*?)</script>', html, re.DOTALL).group(1))
    blend, sample = data["pictures"][-1], sample_of("a")
    mixed = np.rint(sample.frames.astype(float).mean(0)).astype(np.uint8)
    expected = peak_signal_noise_ratio(sample.targets[0], mixed, data_range=255)
    assert (blend["sort"], blend["image"]) == ("blend", "")
    assert blend["figures"] == [f"{expected:.3f} dB", "–"]
    other = pictured_run(tmp_path / "run", [*CELLS, PicturedCell("blend")])
    contest = contest_of(other)
    pick = picks(contest, 1)[0]
    assert '"sort":"blend"' not in render_sample(contest, pick, read_scene(contest, pick))


def test_frames_are_picked_by_turns_where_methods_differ_and_where_the_best_is_worst(results):
    contest = contest_of(results)
    assert [contender.name for contender in contest.contenders] == ["rife", HOSTILE, "nearest"]
    gains = np.array([[38.0, 30.0, 35.0], [30.0, 29.0, 34.0], [29.0, 27.0, 20.0]])
    chosen = picks(replace(contest, gains=gains, scores=gains), 12)
    # Spreads are 9, 3 and 15; the best has 38, 30 and 35.
    expected = [(("c", 0.5), DIFFER), (("b", 0.5), WORST), (("a", 0.5), DIFFER)]
    assert [(pick.frame, pick.reason) for pick in chosen] == expected
    assert [pick.frame[0] for pick in picks(replace(contest, gains=gains, scores=gains), 2)] == ["c", "b"]


def test_a_clip_gives_one_frame_before_its_second(tmp_path):
    cell = PicturedCell("rife", clips=("one", "one", "two"))
    contest = contest_of(pictured_run(tmp_path / "run", [cell]))
    chosen = picks(replace(contest, gains=np.array([[20.0, 21.0, 40.0]])), 12)
    assert [pick.frame[0] for pick in chosen] == ["a", "c", "b"]


def test_errors_and_exact_frames_count_the_right_way_round(tmp_path):
    cells = [PicturedCell("rife", columns=("ie", "psnr")), PicturedCell("blend", columns=("ie",), level=20)]
    contest = contest_of(pictured_run(tmp_path / "run", cells))
    assert contest.column == "ie"
    assert [contender.name for contender in contest.contenders] == ["rife", "blend"]


def test_exact_and_failed_frames_keep_their_place(tmp_path):
    cells = [PicturedCell("rife", level=36, exact=1), PicturedCell("nearest", level=28, failed=1)]
    contest = contest_of(pictured_run(tmp_path / "run", cells))
    assert contest.scores[0, 0] == np.inf
    assert contest.gains[0, 0] == 100
    assert np.isnan(contest.scores[1, 0])
    (first,) = [pick for pick in picks(contest, 12) if pick.frame == ("a", 0.5)]
    assert first.reason == WORST
    scene = read_scene(contest, first)
    assert scene.absent == (("nearest", "no score of this frame"),)
    assert "PSNR exact" in render_sample(contest, first, scene)


def test_runs_without_pictures_give_no_pages(tmp_path, capsys):
    write_run(tmp_path / "run", [MadeCell()])
    assert SamplePage().render(read_results([tmp_path / "run"]), tmp_path) == []
    assert capsys.readouterr().err == ""
    index = read_page(write_site([tmp_path / "run"], tmp_path / "site"))
    assert "samples" not in {found.get("id") for name, found in index.tags if name == "section"}


def test_predictions_without_their_inputs_are_told_apart(tmp_path, capsys):
    results = pictured_run(tmp_path / "run", [CELLS[0]])
    for path in (tmp_path / "run" / "images").rglob("target-*.png"):
        path.unlink()
    assert SamplePage().render(results, tmp_path) == []
    assert "no sample pages of ucf101" in capsys.readouterr().err


def test_pictures_of_several_runs_stand_on_one_page(tmp_path):
    results = [*pictured_run(tmp_path / "one", CELLS[:1]), *pictured_run(tmp_path / "two", CELLS[1:])]
    contest = contest_of(results)
    scene = read_scene(contest, picks(contest, 1)[0])
    assert [contender.name for contender, _ in scene.made] == ["rife", HOSTILE, "nearest"]


def test_a_method_held_against_another_ground_truth_is_left_out_and_named(tmp_path):
    results = [*pictured_run(tmp_path / "one", CELLS[:1]), *pictured_run(tmp_path / "two", CELLS[1:2])]
    album = Album.of(results[1].folder, results[1].cell)
    for path in album.inputs.rglob("target-*.png"):
        path.write_bytes((path.parent / "frame-0.png").read_bytes())
    SamplePage().render(results, tmp_path)
    for path in tmp_path.glob("sample.*.html"):
        assert "Not shown, held against another ground truth: nearest." in read_page(path).text


def test_a_damaged_picture_is_left_out_and_named(tmp_path, capsys):
    results = pictured_run(tmp_path / "run", CELLS[:2])
    Album.of(results[1].folder, results[1].cell).prediction("a", 0.5).write_bytes(b"no picture")
    SamplePage().render(results, tmp_path)
    name = frame_page("ucf101", "vfibench", ("a", 0.5))
    assert "Not shown, a damaged picture: nearest." in read_page(tmp_path / name).text
    assert "the picture of a at t = 0.5 by nearest is damaged" in capsys.readouterr().err


def test_a_damaged_ground_truth_of_another_run_costs_that_runs_picture_alone(tmp_path):
    results = [*pictured_run(tmp_path / "one", CELLS[:1]), *pictured_run(tmp_path / "two", CELLS[1:2])]
    Album.of(results[1].folder, results[1].cell).target("a", 0.5).write_bytes(b"no picture")
    SamplePage().render(results, tmp_path)
    page = read_page(tmp_path / frame_page("ucf101", "vfibench", ("a", 0.5)))
    assert "Not shown, a damaged picture: nearest." in page.text


def test_a_frame_whose_ground_truth_is_damaged_has_a_page_that_says_so(tmp_path, capsys):
    results = pictured_run(tmp_path / "run", CELLS)
    broken = Album.of(results[0].folder, results[0].cell).target("b", 0.5)
    broken.write_bytes(b"no picture")
    site = write_site([tmp_path / "run"], tmp_path / "site").parent
    name = frame_page("ucf101", "vfibench", ("b", 0.5))
    assert str(broken) in capsys.readouterr().err
    page = read_page(site / name)
    assert f"There is no picture to show. cannot read image {broken}" in page.text
    assert HOSTILE in page.text  # among the scores
    listed = {link for link in read_page(site / "samples.ucf101.vfibench.html").links if "sample." in link}
    assert listed == {frame_page("ucf101", "vfibench", (one, 0.5)) for one in "ac"}
    for path in site.glob("*.html"):
        local = [link for link in read_page(path).links if link.startswith("sample")]
        assert [link for link in local if not (site / link).is_file()] == [], path


def test_namesakes_say_what_sets_them_apart(tmp_path):
    cells = [PicturedCell("rife", weights=word, level=level) for word, level in (("good", 36), ("bad", 30))]
    SamplePage().render(pictured_run(tmp_path / "run", cells), tmp_path)
    page = read_page(tmp_path / frame_page("ucf101", "vfibench", ("a", 0.5)))
    names = [f"rife; weights {sha(word)[:8]}" for word in ("good", "bad")]
    assert page.tables["scores"].texts("method") == names
    assert set(names) < {found["alt"] for name, found in page.tags if name == "img" and "alt" in found}
    assert names[0] in read_page(tmp_path / "samples.ucf101.vfibench.html").text


def test_methods_are_best_among_those_with_equally_many_input_frames(tmp_path):
    cells = [
        PicturedCell("two", level=30),
        PicturedCell("too", level=31),
        PicturedCell("four", level=36, inputs=4),
    ]
    SamplePage().render(pictured_run(tmp_path / "run", cells), tmp_path)
    page = read_page(tmp_path / frame_page("ucf101", "vfibench", ("b", 0.5)))
    table = page.tables["scores"]
    rows = zip(table.texts("method"), table.texts("inputs"), table.column("psnr"), strict=True)
    assert [(method, inputs, "best" in cell.classes) for method, inputs, cell in rows] == [
        ("four", "4", False),
        ("too", "2", True),
        ("two", "2", False),
    ]
    assert "Methods were given 2 or 4 input frames" in page.text
    assert ", 4 input frames" in page.text
    assert "given 2 or 4 input frames" in read_page(tmp_path / "samples.ucf101.vfibench.html").text


def test_a_method_called_like_a_picture_keeps_a_name_of_its_own(tmp_path):
    SamplePage().render(pictured_run(tmp_path / "run", [PicturedCell("ground truth")]), tmp_path)
    page = read_page(tmp_path / frame_page("ucf101", "vfibench", ("a", 0.5)))
    assert {"ground truth", "ground truth (method)"} < set(images(page))


def test_a_long_list_has_pictures_of_its_first_frames_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_page, "THUMBNAILS", 2)
    SamplePage().render(pictured_run(tmp_path / "run", CELLS), tmp_path)
    page = read_page(tmp_path / "samples.ucf101.vfibench.html")
    assert len({link for link in page.links if link.startswith("sample.")}) == 3
    assert len([name for name, _ in page.tags if name == "img"]) == 2


def test_a_list_does_not_lead_to_itself(site):
    out, pages = site
    assert pages[0][1] not in read_page(out / pages[0][1]).links


def test_the_legend_says_from_where_on_errors_look_alike():
    target = np.zeros((1, 256, 3), np.uint8)
    made_of = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (1, 256, 3))
    for sort, places in (("absolute", absolute_places), ("signed", signed_places)):
        (found,) = places(made_of, target)
        first = int(np.flatnonzero(found == found[-1])[0])
        assert re.search(rf"{first} and (more|beyond) look alike", MEANINGS[sort]), (sort, first)


def test_targets_at_input_times_stand_between_that_frame_and_the_next(tmp_path):
    album = Album(tmp_path / "made", tmp_path / "inputs")
    frames = np.stack([picture(k) for k in range(4)])
    album.keep(replace(sample_of("a"), frames=frames), [picture("made")])
    times = [-1.0, -0.5, 0.0, 0.25, 1.0, 1.5, 2.0]
    found = [neighbours(album, ("a", time)) for time in times]
    assert found == [(-1, 0), (-1, 0), (0, 1), (0, 1), (1, 2), (1, 2), (1, 2)]


def test_small_inputs_are_enlarged_to_the_ground_truth_without_smoothing(tmp_path):
    write_run(tmp_path / "run", CELLS[:1])
    (result,) = read_results([tmp_path / "run"])
    write_pictures(result)
    small = {k: picture("small", k, size=(18, 24)) for k in (0, 1)}
    for name in "abc":
        for k, pixels in small.items():
            write_image(Album.of(result.folder, result.cell).frame(name, k), pixels)
    contest = contest_of([result])
    scene = read_scene(contest, picks(contest, 1)[0])
    assert scene.enlarged == 4
    np.testing.assert_array_equal(scene.after, small[1].repeat(4, 1).repeat(4, 2).transpose(1, 2, 0))


def test_psnr_equals_scikit_image():
    one, other = picture("one"), picture("other")
    assert psnr(one, other) == pytest.approx(peak_signal_noise_ratio(one, other, data_range=255), abs=1e-9)
    assert psnr(one, one) == np.inf


def test_the_focus_is_where_errors_differ_most(results):
    contest = contest_of(results)
    scene = read_scene(contest, picks(contest, 1)[0])
    flat = np.full_like(scene.truth, 100)
    bad = flat.copy()
    bad[40:60, 10:30] = 180
    (first, _), (second, _) = scene.made[:2]
    x, y = focus(replace(scene, truth=flat, made=((first, flat), (second, bad))), size=20)
    assert (x, y) == (20, 50)


def test_box_sums_equal_the_sums_of_every_square():
    values = np.random.default_rng(1).normal(size=(9, 11))
    sums = box_sums(values, 4)
    brute = [[values[y : y + 4, x : x + 4].sum() for x in range(8)] for y in range(6)]
    np.testing.assert_allclose(sums, brute, atol=1e-12)
    assert box_sums(values, 99).shape == (1, 1)


def test_a_part_of_a_window_stays_within_it():
    window = Window(100, 50, 640, 320)
    part = around(window, 739, 51, 0.5)
    assert part == Window(420, 50, 320, 160)
    assert around(window, 420, 210, 0.5) == Window(260, 130, 320, 160)


@pytest.mark.parametrize("budget", [60_000, 130_000])
def test_a_page_keeps_its_budget_and_names_whom_it_leaves_out(tmp_path, budget):
    cells = [PicturedCell(f"m{number}", level=40 - number, samples=1, named=("a",)) for number in range(6)]
    contest = contest_of(pictured_run(tmp_path / "run", cells, size=(160, 240)))
    scene = read_scene(contest, picks(contest, 1)[0])
    found = encode(scene, budget)
    used = (
        len(found.before) + len(found.after) + len(found.truth) + sum(shown.size for shown in found.methods)
    )
    assert used <= budget
    names = [shown.contender.name for shown in found.methods]
    assert names == [f"m{number}" for number in range(len(names))]
    assert 1 <= len(names) < 6
    assert found.absent == tuple((f"m{n}", "no room on this page") for n in range(len(names), 6))
    window, (x, y) = found.window, focus(scene)
    assert window.left <= x < window.left + window.width < 240 + 1
    assert window.top <= y < window.top + window.height < 160 + 1
    np.testing.assert_array_equal(pixels_of(found.methods[0].picture), window.cut(scene.made[0][1]))


def test_the_same_run_gives_the_same_pages(results, site, tmp_path):
    out, _ = site
    SamplePage().render(results, tmp_path)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == {
        p.name: p.read_bytes() for p in tmp_path.iterdir()
    }


def test_the_index_leads_to_the_lists_alone(tmp_path):
    pictured_run(tmp_path / "run", CELLS[:1])
    index = write_site([tmp_path / "run"], tmp_path / "site")
    links = [link for link in read_page(index).links if link.startswith("sample")]
    assert links == ["samples.ucf101.vfibench.html"]
