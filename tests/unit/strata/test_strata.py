"""Motion and occlusion of frames: measured, kept in files, read back, and divided into classes."""

from __future__ import annotations

import math
import re
import shutil
import statistics

import cv2
import numpy as np
import pytest
from report.made_runs import MadeCell, write_run

import vfibench.strata.facts
from vfibench.cli import main
from vfibench.contracts import Sample
from vfibench.errors import VfibenchError
from vfibench.statistics.bootstrap import LEAST_UNITS, interval
from vfibench.store.folders import read_results
from vfibench.strata import MOTION, OCCLUSION, bin_means, facts_of
from vfibench.strata.estimate import HOW, estimate, one_thread
from vfibench.strata.facts import OF_TAGS
from vfibench.strata.files import facts_file, heading, read_facts, row_text
from vfibench.strata.measure import of_pictures, of_truth
from vfibench.system.files import write_whole

# Classes


def test_a_value_belongs_to_the_class_whose_lower_edge_it_reaches():
    edges = [0.0, 2.0, 5.0, 10.0, 20.0, 40.0, math.inf]
    values = [0.0, 1.999, 2.0, 4.9, 5.0, 9.99, 10.0, 20.0, 39.9, 40.0, 400.0]
    expected = [next(k for k in range(6) if edges[k] <= value < edges[k + 1]) for value in values]
    assert MOTION.classes(values).tolist() == expected
    assert OCCLUSION.classes([0.0099, 0.01, 0.05, 0.5, math.nan]).tolist() == [0, 1, 2, 3, -1]
    assert len(MOTION.labels) == 6
    assert OCCLUSION.labels == ["under 1 %", "1–5 %", "5–15 %", "over 15 %"]


@pytest.fixture(scope="module")
def scored():
    """[F, K] scores with exact and undefined frames, units of up to three frames, classes; F = 400."""
    rng = np.random.default_rng(3)
    values = rng.normal(30, 4, (400, 3))
    values[rng.random((400, 3)) < 0.03] = np.inf
    values[rng.random((400, 3)) < 0.03] = np.nan
    units = np.sort(np.concatenate([np.arange(150), rng.integers(0, 150, 250)]))
    classes = rng.choice(5, 400, p=[0.5, 0.3, 0.17, 0.02, 0.01]) - 1
    return values, units, classes


def test_class_means_are_those_of_their_finite_frames(scored):
    values, units, classes = scored
    found = bin_means(values, units, classes, 5)
    for place in range(5):
        for column in range(3):
            inside = [float(v) for v, c in zip(values[:, column], classes, strict=True) if c == place]
            finite = [v for v in inside if math.isfinite(v)]
            assert found.n[place, column] == len(finite)
            assert found.exact[place, column] == sum(v == math.inf for v in inside)
            if finite:
                assert found.mean[place, column] == pytest.approx(statistics.fmean(finite), rel=1e-12)
            else:
                assert math.isnan(found.mean[place, column])
    assert found.n[4].tolist() == [0, 0, 0]


def test_class_intervals_are_those_of_the_frames_with_all_others_left_out(scored):
    values, units, classes = scored
    found = bin_means(values, units, classes, 4)
    known = 0
    for place in range(4):
        for column in range(3):
            expected = interval(np.where(classes == place, values[:, column], np.nan), units)
            pair = found.low[place, column], found.high[place, column]
            if expected is None:
                assert np.isnan(pair).all()
            else:
                known += 1
                assert pair == pytest.approx(expected, abs=2e-6)
    assert known >= 6


def test_a_class_of_few_units_has_no_interval():
    values, units = np.arange(40.0)[:, None], np.arange(40)
    few = bin_means(values, units, np.where(units < LEAST_UNITS - 1, 0, 1), 2)
    assert np.isnan(few.low[0, 0])
    assert few.low[1, 0] < few.mean[1, 0] < few.high[1, 0]


# Estimates


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """[3, H, W] smooth noise of full contrast."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return (np.clip(smooth / smooth.std() * 50 + 128, 0, 255)).astype(np.uint8).transpose(2, 0, 1)


def panned(way: tuple[int, int], time: float, height: int = 192, width: int = 256) -> list[np.ndarray]:
    """First input, target and second input of a pan: what is seen moves by `way` (x, y)."""
    whole = texture(height + 80, width + 80)
    corners = [(40 - round(way[0] * t), 40 - round(way[1] * t)) for t in (0.0, time, 1.0)]
    return [whole[:, y : y + height, x : x + width] for x, y in corners]


@pytest.mark.parametrize(("way", "time"), [((12, 0), 0.5), ((-16, 8), 0.25), ((0, 20), 0.75), ((0, 0), 0.5)])
def test_the_motion_of_a_pan_is_its_length_and_what_it_hides_its_margins(way, time):
    motion, occlusion = estimate(*panned(way, time), time)
    assert motion == pytest.approx(math.hypot(*way), abs=0.35)
    margins = 1 - (1 - abs(way[0]) / 256) * (1 - abs(way[1]) / 192)
    assert occlusion == pytest.approx(margins, abs=0.02)


def test_motion_is_in_pixels_of_the_target_whatever_size_it_is_estimated_at():
    large = [
        cv2.resize(p.transpose(1, 2, 0), None, fx=4, fy=4).transpose(2, 0, 1) for p in panned((8, 0), 0.5)
    ]
    assert estimate(*large, 0.5)[0] == pytest.approx(32, abs=1.5)
    small_inputs = [panned((8, 0), 0.5)[0], large[1], panned((8, 0), 0.5)[2]]
    assert estimate(*small_inputs, 0.5)[0] == pytest.approx(32, abs=1.5)


def test_only_what_the_mask_shows_counts():
    moved = panned((10, 0), 0.5)
    still = texture(192, 256, seed=9)
    pictures = [np.concatenate([still[:, :, :128], picture[:, :, 128:]], axis=2) for picture in moved]
    left = np.zeros((192, 256), bool)
    left[:, :100] = True
    right = np.zeros((192, 256), bool)
    right[:, 150:] = True
    assert estimate(*pictures, 0.5, left)[0] == pytest.approx(0, abs=0.5)
    assert estimate(*pictures, 0.5, right)[0] == pytest.approx(10, abs=0.5)
    assert all(map(math.isnan, estimate(*pictures, 0.5, np.zeros((192, 256), bool))))


def test_of_four_inputs_the_two_around_the_target_count():
    whole = texture(192, 400)
    frames = np.stack([whole[:, :, x : x + 256] for x in (120, 110, 90, 75)])  # moves by 10, 20 and 15
    targets = np.stack([whole[:, :, x : x + 256] for x in (115, 100, 90)])
    sample = Sample("a", frames, targets, (-0.5, 0.5, 1.0))
    found = [of_pictures(sample, place, time) for place, time in enumerate(sample.times)]
    assert found[0][0] == pytest.approx(10, abs=0.5)
    assert found[1][0] == pytest.approx(20, abs=0.5)
    assert found[2][0] == pytest.approx(15, abs=0.5)  # a target that is an input: to the next one


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (7, 40), (40, 7), (448, 4), (2000, 30)])
def test_what_is_too_small_for_optical_flow_has_no_figures(size):
    assert all(map(math.isnan, estimate(*panned((0, 0), 0.5, *size), 0.5)))


@pytest.mark.parametrize("size", [(8, 12), (12, 8), (448, 8), (2000, 40)])
def test_the_smallest_pictures_have_figures(size):
    assert estimate(*panned((0, 0), 0.5, *size), 0.5) == (0.0, 0.0)


def test_estimates_are_the_same_whatever_the_number_of_threads():
    pictures, before = panned((9, 5), 0.5), cv2.getNumThreads()
    with one_thread():
        assert cv2.getNumThreads() == 1
        alone = estimate(*pictures, 0.5)
    assert cv2.getNumThreads() == before
    cv2.setNumThreads(4)
    try:
        assert estimate(*pictures, 0.5) == alone
    finally:
        cv2.setNumThreads(before)


def test_exact_facts_are_counted_from_the_truth():
    class Truth:
        flow0 = np.zeros((2, 2, 10), np.float32)
        flow1 = np.stack([np.arange(20.0).reshape(2, 10), np.zeros((2, 10))]).astype(np.float32)
        seen0 = np.ones((2, 10), bool)
        seen1 = np.arange(20).reshape(2, 10) >= 6
        mixed = np.arange(20).reshape(2, 10) < 2

    motion, occlusion = of_truth(Truth)
    assert motion == pytest.approx(17.1)  # 90% of the way from the first to the last of 0, 1 ... 19
    assert occlusion == 4 / 20  # six unseen, two of them mixed


# Files


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run folder of two methods on a clip of nine frames, and the clip."""
    base = tmp_path_factory.mktemp("strata")
    (base / "clip").mkdir()
    whole = texture(48, 120)
    for number in range(9):
        picture = whole[:, :, 4 * number : 4 * number + 64].transpose(1, 2, 0)
        cv2.imwrite(str(base / "clip" / f"{number}.png"), picture)
    words = ["run", "-m", "blend", "-m", "nearest", "-d", f"clip:{base / 'clip'}", "--factor", "4"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(base / "run")])
    assert end.value.code == 0
    return base


@pytest.fixture
def run(made, tmp_path):
    """A copy of the run folder."""
    return shutil.copytree(made / "run", tmp_path / "run")


def strata(*words) -> int:
    with pytest.raises(SystemExit) as end:
        main(["strata", *map(str, words)])
    return int(end.value.code or 0)


def test_the_command_keeps_the_facts_of_every_frame_beside_the_scores(run, capsys):
    assert strata(run) == 0
    results = read_results([run])
    (path,) = (run / "strata").iterdir()
    assert {facts_file(result) for result in results} == {path}
    facts = facts_of(results)
    assert facts.how == HOW
    assert list(facts.values) == list(results[0].scores.frames)
    motion, occlusion = facts.align(results[0].scores.frames)
    assert motion == pytest.approx([16.0] * 6, abs=2.0)  # four frames of four pixels
    assert (occlusion > 0.1).all()
    told = capsys.readouterr()
    assert "6 frames, estimated from the ground truth" in told.out
    assert "10–20 px: 6" in told.out
    assert "2/2 samples" in told.err


def test_what_is_there_is_kept_without_opening_the_dataset(run, made, capsys):
    strata(run)
    first = facts_file(read_results([run])[0]).read_text()
    hidden = made / "clip" / "0.png"
    hidden.rename(made / "elsewhere.png")
    try:
        assert strata(run) == 0
        assert "kept" in capsys.readouterr().out
    finally:
        (made / "elsewhere.png").rename(hidden)
    assert facts_file(read_results([run])[0]).read_text() == first


def test_a_dataset_of_several_run_folders_is_measured_once(run, tmp_path, capsys):
    other = shutil.copytree(run, tmp_path / "other")
    assert strata(run, other) == 0
    assert capsys.readouterr().err.count("2/2 samples") == 1
    paths = [facts_file(read_results([folder])[0]) for folder in (run, other)]
    assert paths[0].read_text() == paths[1].read_text()


def test_an_interrupted_call_is_gone_on_with(run):
    strata(run)
    result = read_results([run])[0]
    path = facts_file(result)
    whole, lines = path.read_text(), path.read_text().splitlines(keepends=True)
    start = lines.index("sample,t,motion,occlusion\n") + 1
    part = path.with_name(path.name + ".part")
    marked = [line.rsplit(",", 1)[0] + ",0.12345\n" for line in lines[start : start + 3]]
    part.write_text("".join([*lines[:start], *marked, lines[start + 3], lines[start + 4][:7]]))
    path.unlink()
    assert strata(run) == 0
    assert not part.exists()
    found = path.read_text().splitlines(keepends=True)
    assert found[start : start + 3] == marked  # the first sample was not measured again
    assert found[start + 3 :] == lines[start + 3 :]
    assert strata(run, "--again") == 0
    assert path.read_text() == whole


def test_again_measures_anew_what_an_interrupted_call_left(run):
    strata(run)
    path = facts_file(read_results([run])[0])
    whole = path.read_text()
    part = path.with_name(path.name + ".part")
    part.write_text(re.sub(r"^(\d.*),.*$", r"\1,0.12345", whole, flags=re.MULTILINE))
    assert part.read_text().count("0.12345\n") == 6
    assert strata(run, "--again") == 0
    assert path.read_text() == whole


def test_frames_without_figures_are_counted(tmp_path, capsys):
    (tmp_path / "clip").mkdir()
    for number in range(3):
        cv2.imwrite(str(tmp_path / "clip" / f"{number}.png"), np.full((12, 900, 3), 50 * number, np.uint8))
    words = ["run", "-m", "blend", "-d", f"clip:{tmp_path / 'clip'}", "--metric", "psnr"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(tmp_path / "run")])
    assert end.value.code == 0
    assert strata(tmp_path / "run") == 0
    assert "1 without figures: too small for optical flow" in capsys.readouterr().out
    facts = facts_of(read_results([tmp_path / "run"]))
    assert len(facts.values) == 1
    assert np.isnan(facts.align(list(facts.values))).all()


def test_frames_that_are_not_those_scored_are_refused(run, made, capsys):
    path = made / "clip" / "3.png"
    before = path.read_bytes()
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    try:
        assert strata(run) == 2
    finally:
        path.write_bytes(before)
    assert "expected the files of clip:" in capsys.readouterr().err
    assert facts_of(read_results([run])) is None


def test_a_dataset_that_is_not_here_keeps_no_other_from_its_facts(run, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("VFIBENCH_DATA", raising=False)
    other = write_run(tmp_path / "other", [MadeCell()])
    assert strata(other, run) == 2
    told = capsys.readouterr().err
    assert "ucf101: expected a data root" in told
    assert "1 of 2 datasets have no facts" in told
    assert facts_of(read_results([run])) is not None


def test_an_own_list_is_opened_again_by_the_samples_of_its_rows(made, tmp_path):
    (tmp_path / "list.txt").write_text("5\n")
    words = ["run", "-m", "nearest", "-d", f"clip:{made / 'clip'}", "--factor", "4"]
    with pytest.raises(SystemExit):
        main([*words, "--list", str(tmp_path / "list.txt"), "--out", str(tmp_path / "run")])
    assert strata(tmp_path / "run") == 0
    assert [sample for sample, _ in facts_of(read_results([tmp_path / "run"])).values] == ["5"] * 3


def made_facts(folder, values, how="exact"):
    """Write a facts file for the only list of a made-up run; `values` by frame."""
    (result, *_) = read_results([folder])
    write_whole(facts_file(result), heading(result, how) + row_text(values.items()))
    return read_results([folder])


def tagged(count):
    return [{"motion_p90": 1.0 + k, "seen_by_1": 0.02, "seen_by_0": 0.01 * k} for k in range(count)]


def test_facts_of_tags_are_those_of_all_lists_of_frames(tmp_path):
    cells = [
        MadeCell("old", samples=4),  # before the dataset told them
        MadeCell("short", samples=4, unreached=2, tags=tagged(4)),
        MadeCell("whole", samples=4, failed=1, tags=tagged(4)),
    ]
    facts = facts_of(read_results([write_run(tmp_path / "run", cells)]))
    expected = {(f"000{k}", 0.5): (1.0 + k, 0.02 + 0.01 * k) for k in range(4)}
    assert facts.values == {frame: pytest.approx(pair) for frame, pair in expected.items()}


def test_cells_on_the_same_frames_are_looked_through_once(tmp_path, monkeypatch):
    looked = []

    def count(scores):
        looked.append(len(scores))
        return real(scores)

    real = vfibench.strata.facts._tagged
    monkeypatch.setattr(vfibench.strata.facts, "_tagged", count)
    cells = [MadeCell(f"m{k}", samples=5, tags=tagged(5)) for k in range(4)]
    results = read_results([write_run(tmp_path / "run", cells)])
    assert len(facts_of(results).values) == 5
    assert looked == [5]


def test_facts_are_read_back_as_they_were_written(tmp_path):
    folder = write_run(tmp_path / "run", [MadeCell(samples=2)])
    odd = 'a, "b"/c #1'
    values = {("0000", 0.5): (1.25, 0.5), (odd, 1 / 3): (3.0, 0.0), ("0001", 0.5): (math.nan, math.nan)}
    facts = facts_of(made_facts(folder, values))
    assert facts.how == "exact"
    motion, occlusion = facts.align([("0000", 0.5), (odd, 1 / 3), ("0001", 0.5), ("unknown", 0.5)])
    assert motion.tolist()[:2] == [1.25, 3.0]
    assert occlusion.tolist()[:2] == [0.5, 0.0]
    assert np.isnan(motion[2:]).all()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0000,0.5,1.0", "0000,0.5,one", "on line 8 of"),
        ("0000,0.5,1.0", "0000,0.5", "on line 8 of"),
        ("# vfibench strata 1", "# vfibench strata 2", "expected '# vfibench strata 1'"),
        ("sample,t", "t,sample", "expected '# vfibench strata 1'"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, old, new, told):
    folder = write_run(tmp_path / "run", [MadeCell(samples=2)])
    path = facts_file(made_facts(folder, {("0000", 0.5): (1.0, 0.1)})[0])
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(VfibenchError) as error:
        read_facts(path)
    assert told in error.value.message
    assert path.name in error.value.hint


def test_no_figure_changes_its_class_in_a_file(tmp_path):
    folder = write_run(tmp_path / "run", [MadeCell(samples=2)])
    edges = [*MOTION.edges, *(edge / 100 for edge in OCCLUSION.edges)]
    numbers = [
        float(near) for edge in edges for near in (edge, np.nextafter(edge, 0), np.nextafter(edge, 99))
    ]
    values = {(str(place), 0.5): (number, number) for place, number in enumerate(numbers)}
    motion, occlusion = facts_of(made_facts(folder, values)).align(list(values))
    assert MOTION.classes(motion).tolist() == MOTION.classes(numbers).tolist()
    assert OCCLUSION.classes(occlusion).tolist() == OCCLUSION.classes(numbers).tolist()


def test_two_datasets_never_share_a_file(tmp_path):
    names = ("clip:A/b", "clip:A-b", "clip:A-b ")
    results = read_results([write_run(tmp_path / "run", [MadeCell(dataset=name) for name in names])])
    assert len({facts_file(result) for result in results}) == 3


def test_facts_are_all_of_the_best_source_whatever_the_order_of_the_folders(tmp_path):
    sources = {
        "b": "estimated, version 1",
        "c": "exact",
        "a": "estimated, version 2",
        "d": "estimated, version 1",
    }
    results = {}
    for number, (name, how) in enumerate(sources.items()):
        folder = write_run(tmp_path / name, [MadeCell(samples=4, tags=tagged(4))])
        (results[name],) = made_facts(
            folder, {("0000", 0.5): (float(number), 0.0), (name, 0.5): (9.0, 0.0)}, how
        )
    for chosen, expected in [("bcad", "c"), ("dacb", "c"), ("bad", "a"), ("dab", "a"), ("ad", "a")]:
        facts = facts_of([results[name] for name in chosen])
        assert facts.how == sources[expected]
        assert set(facts.values) == {("0000", 0.5), (expected, 0.5)}
    assert facts_of([results["d"], results["b"]]).values["0000", 0.5] == (3.0, 0.0)  # of the first folder


def test_without_a_file_the_tags_of_synthetic_rows_tell(tmp_path):
    import json

    folder = write_run(tmp_path / "run", [MadeCell(dataset="synthetic", samples=2)])
    (path,) = (folder / "scores").iterdir()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["tags"] = {"motion_p90": 7.5, "seen_by_1": 0.03, "seen_by_0": 0.01, "seed": 1}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    facts = facts_of(read_results([folder]))
    assert facts.how == OF_TAGS
    assert facts.align([("0000", 0.5)]) == (pytest.approx([7.5]), pytest.approx([0.04]))
    assert np.isnan(facts.align([("0001", 0.5)])[0]).all()


def test_nothing_is_known_of_rows_without_tags(tmp_path):
    assert facts_of(read_results([write_run(tmp_path / "run", [MadeCell()])])) is None
