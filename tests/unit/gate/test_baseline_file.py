"""The committed file: small, independent of the order of a run, readable in a diff, checked when read."""

from __future__ import annotations

import difflib
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from gated import changed, kept, results, with_scores
from report.made_runs import MadeCell

from vfibench.errors import VfibenchError
from vfibench.gate.baseline import make_baseline
from vfibench.gate.files import baseline_text, read_baseline, write_baseline

ODD = 'frames:a,"b"\n# <é>'


@pytest.fixture
def cells(tmp_path):
    return results(
        tmp_path / "run",
        MadeCell(times=(0.125, 0.5), exact=1, clips=["x"] * 8),
        MadeCell(method="rife", weights="net.pth", columns=("psnr", "lpips"), precision="bf16"),
        MadeCell(method=ODD, dataset="clip:x,y"),
    )


@pytest.fixture
def file(tmp_path, cells):
    write_baseline(kept(*cells), tmp_path / "baseline.csv")
    return tmp_path / "baseline.csv"


def test_what_is_written_is_what_is_read(cells, file):
    written, read = kept(*cells), read_baseline(file)
    assert [one.id for one in read] == [one.id for one in written]
    for one, other in zip(written, read, strict=True):
        assert (one.frames, one.made_with, one.better) == (other.frames, other.made_with, other.better)
        assert (one.cell.method, one.cell.dataset, one.cell.protocol) == (
            other.cell.method, other.cell.dataset, other.cell.protocol,
        )  # fmt: skip
        assert other.cell.label == one.cell.label
        for column, values in one.values.items():
            np.testing.assert_array_equal(values, other.values[column])
    assert baseline_text(read) == file.read_text()


def test_the_scores_are_the_stored_ones_to_half_a_digit(cells):
    for result, one in zip(cells, sorted(kept(*cells), key=lambda one: one.cell.method == ODD), strict=True):
        known = {column: result.scores.values[column] for column in one.values}
        for column, values in one.values.items():
            half = 0.5e-4 if column in ("psnr", "ie") else 0.5e-5
            finite = np.isfinite(known[column])
            assert np.abs(values[finite] - known[column][finite]).max() <= half * (1 + 1e-9)
            np.testing.assert_array_equal(np.isinf(values), np.isinf(known[column]))


def test_the_order_of_the_cells_in_the_run_does_not_matter(cells, file):
    assert baseline_text(kept(*reversed(cells))) == file.read_text()


def test_a_diff_shows_the_frame_that_changed_and_nothing_else(cells, file):
    other = baseline_text(kept(changed(cells[0], "psnr", 0.25, slice(5, 6)), *cells[1:]))
    lines = list(difflib.unified_diff(file.read_text().split("\n"), other.split("\n"), n=0, lineterm=""))
    (old, new) = (line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---"))
    assert old.split(",")[:3] == ["-blend/ucf101", "0002", "0.5"]
    assert new.split(",")[:3] == ["+blend/ucf101", "0002", "0.5"]
    assert float(new.split(",")[3]) - float(old.split(",")[3]) == pytest.approx(0.25, abs=1e-4)


def test_it_is_plain_csv_for_other_tools(tmp_path):
    cells = results(tmp_path / "run", MadeCell(), MadeCell(method="nearest"))
    write_baseline(kept(*cells), tmp_path / "b.csv")
    table = pd.read_csv(tmp_path / "b.csv", comment="#", dtype={"sample": str})
    assert table.columns.tolist() == ["cell", "sample", "t", "psnr", "ssim", "ssim3d", "ie"]
    means = table.groupby("cell")["psnr"].mean()
    for result in cells:
        mean = result.scores.values["psnr"].mean()
        assert means[f"{result.cell.method}/ucf101"] == pytest.approx(mean, abs=1e-4)


def test_a_large_set_stays_compact(tmp_path):
    ids = 3782
    write_baseline(kept(*results(tmp_path / "run", MadeCell(samples=ids, official=ids))), tmp_path / "b.csv")
    text = (tmp_path / "b.csv").read_bytes()
    assert len(text) < 60 * ids  # bytes a frame, four metrics
    assert len(zlib.compress(text)) < 25 * ids  # as git keeps it


def test_undefined_and_exact_frames_keep_their_kind(tmp_path):
    (run,) = results(tmp_path / "run", MadeCell(samples=3))
    write_baseline(kept(with_scores(run, "psnr", [np.inf, None, 30.0])), tmp_path / "b.csv")
    (read,) = read_baseline(tmp_path / "b.csv")
    np.testing.assert_array_equal(read.values["psnr"], [np.inf, np.nan, 30.0])


def test_a_file_that_git_gave_windows_line_ends_is_read(cells, file):
    cells = [one for one in kept(*cells) if "\n" not in one.id]
    write_baseline(cells, file)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert baseline_text(read_baseline(file)) == baseline_text(cells)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ((MadeCell(unreached=2),), "expected every frame of blend/ucf101 scored, found 6 of 8"),
        ((MadeCell(failed=1),), "found 7 of 8 .1 failed."),
        ((MadeCell(weights="a"), MadeCell(weights="b")), "one cell blend/ucf101, found two: weights_sha256"),
    ],
)
def test_a_baseline_that_could_not_be_met_is_not_made(tmp_path, made, message):
    with pytest.raises(VfibenchError, match=message):
        make_baseline(results(tmp_path, *made))


def test_a_baseline_of_nothing_is_not_made():
    with pytest.raises(VfibenchError, match="found none"):
        make_baseline([])


def lines_of(text, edit):
    lines = text.split("\n")
    edit(lines)
    return "\n".join(lines)


def place(lines, start):
    return next(number for number, line in enumerate(lines) if line.startswith(start))


def replaced(lines, line):
    lines[place(lines, line.partition(":")[0] + ":")] = line


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: lines.pop(0), "expected # vfibench-baseline: 1 in line 1 of .*, found another"),
        (lambda lines: lines.__setitem__(0, "# vfibench-baseline: 2"), "expected schema 1 in .*, found '2'"),
        (lambda lines: lines.pop(), "expected 8 rows of cell blend/ucf101 .*, found 7"),
        (lambda lines: lines.append(lines[-1]), "expected 8 rows of cell blend/ucf101 .*, found 9"),
        (lambda lines: lines.__setitem__(-1, lines[-2]), "expected each sample and time once"),
        (lambda lines: lines.insert(-3, "<<<<<<< HEAD"), "expected a row of a cell of the head in line"),
        (
            lambda lines: lines.__setitem__(-1, lines[-1].replace("blend", "bland")),
            "a row of a cell of the head",
        ),
        (
            lambda lines: lines.__setitem__(-1, lines[-1].rpartition(",")[0] + ",x"),
            "expected numbers in cell",
        ),
        (
            lambda lines: lines.pop(place(lines, "#   dataset")),
            "expected whole facts of cell blend/ucf101 .*, found Object missing required field dataset",
        ),
        (
            lambda lines: lines.pop(place(lines, "#   settings.times")),
            "found settings: Object missing required field times",
        ),
        *(
            (lambda lines, line=line: replaced(lines, line), f"expected whole facts of .*, found {found}")
            for line, found in (
                ("#   settings.metrics: 3", "settings.metrics: Expected object, got int"),
                ('#   settings.metrics: {"ie": "x"}', r"settings.metrics\[...\]: Expected int, got str"),
                ("#   settings.times: [null]", r"settings.times\[0\]: Expected float, got null"),
                ("#   settings.precision: [1]", "settings.precision: Expected str, got array"),
                ("#   method: 5", "method: Expected str, got int"),
                ("#   made_with: null", "made_with: Expected object, got null"),
                ('#   frames: "12"', "frames: Expected int, got str"),
                ("#   frames: -1", "frames: Expected int >= 0"),
                ('#   better: {"psnr": "up"}', r"better\[...\]: Invalid enum value 'up'"),
            )
        ),
        (lambda lines: replaced(lines, '#   better: {"psnr": "higher"}'), "expected each metric of its head"),
        (lambda lines: lines.pop(place(lines, "#   better")), "missing required field better"),
        (lambda lines: lines.insert(3, "#   frames: " + "[" * 9999), "expected a value in JSON in line 4"),
        (lambda lines: lines.insert(3, "# words"), "expected a fact in line 4"),
        (lambda lines: lines.insert(3, "#   frames: [1"), "expected a value in JSON in line 4"),
        (lambda lines: lines.insert(5, lines[4]), "once a cell in line 6"),
        (lambda lines: lines.pop(place(lines, "cell,")), "expected cell,sample,t in line"),
        (
            lambda lines: lines.__setitem__(
                place(lines, "#   settings.metrics"), '#   settings.metrics: {"psnr": 1, "vmaf": 1}'
            ),
            "expected each metric of its head",
        ),
    ],
)
def test_a_damaged_file_is_one_clear_line(tmp_path, edit, message):
    file = tmp_path / "b.csv"
    write_baseline(kept(*results(tmp_path / "run", MadeCell())), file)
    file.write_text(lines_of(file.read_text().rstrip("\n"), edit) + "\n")
    with pytest.raises(VfibenchError, match=message) as caught:
        read_baseline(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a\ud800b", "a\rb"])
def test_a_name_that_a_text_file_cannot_hold_is_refused(tmp_path, name):
    (run,) = results(tmp_path, MadeCell())
    named = replace(run, cell=replace(run.cell, method=name))
    with pytest.raises(VfibenchError, match="expected names that a text file can hold, found") as caught:
        write_baseline(kept(named), tmp_path / "b.csv")
    assert repr(name)[1:-1] in str(caught.value)
    assert not (tmp_path / "b.csv").exists()


def test_a_missing_file_and_a_binary_one_are_told(tmp_path):
    with pytest.raises(VfibenchError, match="found No such file"):
        read_baseline(tmp_path / "b.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(VfibenchError, match="no UTF-8 text"):
        read_baseline(tmp_path / "b.csv")
    with pytest.raises(VfibenchError):
        write_baseline([], tmp_path / "no" / "b.csv")
