"""`vfibench run` without arguments: the README's first command, whose learned methods bring their weights."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from vfibench.api import load_dataset
from vfibench.cli import main
from vfibench.gate.files import read_baseline
from vfibench.registry import DATASETS, METHODS
from vfibench.running.plan import DEFAULT_DATASETS, DEFAULT_METHODS, Planner, Request
from vfibench.system.provenance import GitState
from vfibench.version import __version__
from vfibench.weights.fetching import is_packaged

LEARNED = ("superslomo-starter", "convlstm-starter", "rife-starter")
OTHERS = ("blend", "nearest")
BASELINE = Path(__file__).parents[3] / "baselines" / "synthetic.csv"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A list of one of the built-in sequences."""
    path = tmp_path / "one.txt"
    path.write_text(load_dataset("synthetic").ids[0])
    return path


def run(out: Path, *words: object) -> dict[str, list[dict[str, float]]]:
    """Scores by method, of `vfibench run WORDS`."""
    with pytest.raises(SystemExit) as end:
        main(["run", *map(str, words), "--out", str(out), "--device", "cpu"])
    assert end.value.code == 0
    found = {}
    for cell in json.loads((out / "run.json").read_text())["cells"]:
        lines = (out / "scores" / f"{cell['name']}.0of1.jsonl").read_text().splitlines()
        found[cell["method"]] = [json.loads(line)["scores"] for line in lines]
    return found


def mean(rows: list[dict[str, float]], column: str) -> float:
    return math.fsum(row[column] for row in rows) / len(rows)


def test_it_needs_no_file_that_is_not_in_the_package() -> None:
    assert set(DEFAULT_METHODS) == {*OTHERS, *LEARNED}
    for name in LEARNED:
        assert is_packaged(METHODS.card(name).weights[0])
    assert all(DATASETS.card(name).builtin for name in DEFAULT_DATASETS)


def test_it_plans_every_target_of_the_built_in_dataset_for_every_method() -> None:
    jobs = Planner(Request()).jobs()
    assert [job.cell.label for job in jobs] == [
        *OTHERS,
        *LEARNED,
    ]  # none reduced or enlarged
    assert {job.planned for job in jobs} == {168}
    assert {job.dataset.selection.kind for job in jobs} == {"official"}


def test_its_table_shows_the_starters_beside_what_they_must_beat(
    one: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # narrow tables stand methods side by side
    found = run(tmp_path / "run", "--list", one, "--factor", 2)
    assert list(found) == [*OTHERS, *LEARNED]
    assert {len(rows) for rows in found.values()} == {1}
    for name in LEARNED:
        assert mean(found[name], "psnr") > mean(found["blend"], "psnr")
    table = capsys.readouterr().out
    assert all(f" {name} " in table for name in found)


def test_zooming_slowmo_has_a_command_of_its_own_and_is_marked(one: Path, tmp_path: Path, capsys) -> None:
    found = run(tmp_path / "run", "-m", "zooming-slowmo-starter", "--factor", 2, "--list", one)
    assert {name: len(rows) for name, rows in found.items()} == {"zooming-slowmo-starter": 1}
    assert "(inputs reduced by 4)" in capsys.readouterr().out


def test_its_learned_methods_beat_the_blend() -> None:
    """By the committed scores, to which CI holds those of the command itself (`.ci/run`)."""
    kept = {cell.cell.label: cell.values for cell in read_baseline(BASELINE)}
    assert set(kept) == {*OTHERS, *LEARNED}
    for name in LEARNED:
        for column in ("psnr", "ssim"):
            assert len(kept[name][column]) == 168
            assert kept[name][column].mean() > kept["blend"][column].mean()


def words_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    """Exit status, standard output and standard error of `vfibench WORDS`."""
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return (end.value.code or 0, *capsys.readouterr())


def test_the_version_says_from_which_commit_and_whether_it_was_changed(capsys, monkeypatch) -> None:
    for state, line in (
        (GitState("1a2b", True), f"vfibench {__version__}, commit 1a2b, with local changes\n"),
        (GitState("1a2b", False), f"vfibench {__version__}, commit 1a2b\n"),
        (None, f"vfibench {__version__}\n"),
    ):
        monkeypatch.setattr("vfibench.system.provenance.git_state", lambda state=state: state)
        assert words_of(capsys, "--version") == (0, line, "")


def test_debug_is_in_the_help_and_works_wherever_it_stands(capsys) -> None:
    assert "--debug" in words_of(capsys, "--help")[1]
    words = ["info", "convlst"]
    for place in range(len(words) + 1):
        status, out, error = words_of(capsys, *words[:place], "--debug", *words[place:])
        assert (status, out) == (2, "")
        assert error.startswith("Traceback (most recent call last):\n")
        assert error.splitlines()[-1].startswith("vfibench.errors.VfibenchError: unknown method")
    assert words_of(capsys, *words)[2].startswith("error: unknown method")


def test_no_word_at_all_shows_the_help(capsys) -> None:
    _, out, error = words_of(capsys)
    assert "Usage: " in out + error


def test_the_help_says_of_each_command_what_it_does_in_one_whole_line(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = words_of(capsys, "--help")[1].partition("Commands:\n")[2].splitlines()
    assert len(lines) >= 15
    assert not [line for line in lines if line.endswith("...") and not line.endswith(", ...")]
    assert all(line[2] != " " for line in lines)
