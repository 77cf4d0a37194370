"""`vfibench baseline` and `vfibench check`, as a job calls them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from report.made_runs import MadeCell, write_run

from vfibench.cli import main


def status(*words) -> int:
    """The exit status of a command; 0 where it just returns."""
    try:
        main([str(word) for word in words])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a run, its baseline, and a run that is 1 dB worse."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run", [MadeCell(samples=12), MadeCell(samples=12, method="nearest")])
    write_run(tmp_path / "worse", [MadeCell(samples=12, level=33.0), MadeCell(samples=12, method="nearest")])
    write_run(tmp_path / "other", [MadeCell(samples=11), MadeCell(samples=12, method="nearest")])
    assert status("baseline", "run", "-o", "b.csv") == 0
    return tmp_path


def test_the_exit_status_is_the_verdict(place, capsys):
    capsys.readouterr()
    for run, code, last in (
        ("run", 0, "PASS (8 PASS)"),
        ("worse", 1, "REGRESSION (4 PASS, 4 REGRESSION)"),
        ("other", 3, "NOT_COMPARABLE (4 PASS, 4 NOT_COMPARABLE)"),
    ):
        assert status("check", run, "--baseline", "b.csv") == code
        assert capsys.readouterr().out.splitlines()[-1] == last


def test_a_baseline_says_what_it_wrote_and_may_be_of_one_method(place, capsys):
    capsys.readouterr()
    assert status("baseline", "run", "-m", "nearest", "-o", "n.csv") == 0
    assert capsys.readouterr().out.startswith("wrote n.csv: nearest/ucf101; 12 frames, ")
    assert status("check", "run", "--baseline", "n.csv") == 0
    assert "not in the baseline, so not judged: blend/ucf101" in capsys.readouterr().out


@pytest.mark.parametrize(("width", "interval"), [(80, False), (130, True)])
def test_each_metric_is_one_line_of_the_table_also_in_a_narrow_terminal(
    place, capsys, monkeypatch, width, interval
):
    monkeypatch.setenv("COLUMNS", str(width))
    capsys.readouterr()
    assert status("check", "worse", "--baseline", "b.csv") == 1
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split()[:3] for line in lines[1:9]]
    metrics = ("psnr", "ssim", "ssim3d", "ie")
    assert rows == [
        *(["REGRESSION", "blend/ucf101", metric] for metric in metrics),
        *(["PASS", "nearest/ucf101", metric] for metric in metrics),
    ]
    assert all(len(line) <= width for line in lines[:9])
    assert ("95% interval" in lines[0]) == interval
    assert ("(95% interval and n: --markdown)" in lines) != interval


def test_every_report_is_written_also_of_a_failure(place):
    reports = ("--junit", "deep/j.xml", "--markdown", "m.md", "--json", "r.json")
    assert status("check", "worse", "--baseline", "b.csv", *reports) == 1
    assert ET.parse(place / "deep" / "j.xml").getroot().get("failures") == "4"
    assert (place / "m.md").read_text().startswith("## ❌")
    assert json.loads((place / "r.json").read_text())["exit_status"] == 1


def test_a_policy_decides(place):
    wide = "[tolerance]\n" + "".join(
        f"{metric} = {{mean = 99, sample = 99}}\n" for metric in ("psnr", "ssim", "ssim3d", "ie")
    )
    (place / "gate.toml").write_text(wide)
    assert status("check", "worse", "--baseline", "b.csv", "--policy", "gate.toml") == 0


def test_github_gets_annotations_and_others_do_not(place, capsys, monkeypatch):
    status("check", "worse", "--baseline", "b.csv")
    assert "::error" not in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    status("check", "worse", "--baseline", "b.csv")
    assert capsys.readouterr().out.count("::error title=REGRESSION blend/ucf101") == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "nowhere", "--baseline", "b.csv"), "expected a run folder, found nothing at nowhere"),
        (("check", "run", "--baseline", "no.csv"), "expected a baseline, found No such file"),
        (("check", "run", "--baseline", "b.csv", "--policy", "no.toml"), "expected a policy, found No such"),
        (("check", "run", "--baseline", "b.csv", "--speed", "b.csv"), "expected timings of two arms"),
        (("check", "run", "--baseline", "b.csv", "--junit", "run"), "run"),
        (("baseline", "run", "-m", "blnd", "-o", "x.csv"), "no cell of 'blnd' in the run"),
        (("baseline", "run", "-o", "no/x.csv"), "no/x.csv"),
    ],
)
def test_bad_input_is_one_line_and_status_2(place, capsys, words, message):
    capsys.readouterr()
    assert status(*words) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith("error: ")
    assert message in error[0]
    assert len(error) <= 2


def renamed(place, run, name):
    """A copy of `run` whose first method has another name."""
    shutil.copytree(place / run, place / "renamed")
    file = place / "renamed" / "run.json"
    content = json.loads(file.read_text())
    content["cells"][0]["method"] = name
    file.write_text(json.dumps(content))
    return "renamed"


COMMAND = "::error title=hacked::boo"
NAMES = [f"x\n{COMMAND}", f"x\r\x1b[2J{COMMAND}", COMMAND, "y" * 70 + COMMAND * 9, "##[error]boo"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_cannot_speak_to_the_log(place, capsys, monkeypatch, name):
    """Names come from a run folder that another job, or another person's branch, may have written."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    run = renamed(place, "run", name)
    for known in ("b.csv", "n.csv"):
        if known == "n.csv" and status("baseline", run, "-o", "n.csv") == 2:
            continue
        status(
            "check", run, "--baseline", known, "--markdown", "m.md", "--junit", "j.xml", "--json", "r.json"
        )
    told = capsys.readouterr()
    lines = (told.out + told.err).split("\n")
    ours = [line for line in lines if line.lstrip().startswith("::")]
    assert ours
    assert all(line.startswith("::error title=NOT_COMPARABLE blend/ucf101 ") for line in ours)
    assert not [line for line in lines if "##[" in line or not line.isprintable()]
    assert "Traceback" not in told.err
    assert all((place / file).read_text() for file in ("m.md", "j.xml", "r.json"))


def test_half_a_character_is_shown_as_it_was_escaped(place, capsys):
    """Text that no file in UTF-8 can hold stood in JSON of earlier versions."""
    run = renamed(place, "run", "a\ud800b")
    capsys.readouterr()
    assert status("check", run, "--baseline", "b.csv", "--markdown", "m.md") == 3
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "not in the baseline, so not judged: a\\ud800b/ucf101" in shown.out
    assert "a\\\\ud800b" in (place / "m.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", ["a line", "the scores", "an entry", "a frame twice"])
def test_what_is_damaged_never_passes(place, capsys, damage):
    (path,) = (place / "run" / "scores").glob("blend.*")
    if damage == "an entry":
        shutil.rmtree(place / "run" / "cells")
        content = json.loads((place / "run" / "run.json").read_text())
        del content["cells"][0]["planned"]
        (place / "run" / "run.json").write_text(json.dumps(content))
    elif damage == "the scores":
        path.unlink()
    else:
        lines = path.read_text().splitlines(keepends=True)
        lines[3] = lines[4] if damage == "a frame twice" else "{}\n"
        path.write_text("".join(lines))
    capsys.readouterr()
    assert status("check", "run", "--baseline", "b.csv") == 3
    shown = capsys.readouterr()
    assert shown.out.splitlines()[-1].startswith("NOT_COMPARABLE (4 PASS, 4 NOT_COMPARABLE")
    assert len(shown.err.splitlines()) == 1
    assert shown.err.startswith("warning: ")
    code = status("baseline", "run", "-m", "blend", "-o", "again.csv")
    assert code == 2
    assert not (place / "again.csv").exists()


def test_an_error_quotes_no_command(place, capsys):
    (place / "bad.csv").write_text("# vfibench-baseline: 1\ncell,sample,t\nx\n::error::,1,2\n")
    assert status("check", "run", "--baseline", "bad.csv", "--policy", f"no\n{COMMAND}") == 2
    assert status("check", "run", "--baseline", f"no\n{COMMAND}") == 2
    assert status("check", f"no\n{COMMAND}", "--baseline", "b.csv") == 2
    lines = capsys.readouterr().err.split("\n")
    assert not [line for line in lines if line.lstrip().startswith("::") or not line.isprintable()]


@pytest.mark.parametrize("words", [[], ["--debug"]])
def test_a_crash_is_no_verdict(place, capsys, monkeypatch, words):
    def broken(*_):
        raise KeyError(f"x\n{COMMAND}") from ValueError(f"y\n{COMMAND}")

    monkeypatch.setattr("vfibench.gate.judging.judge", broken)
    assert status("check", "run", "--baseline", "b.csv", *words) == 2
    lines = capsys.readouterr().err.split("\n")
    assert "Traceback (most recent call last):" in lines
    assert any(line.startswith("KeyError") for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::")]


@pytest.mark.parametrize(("run", "code"), [("run", "0"), ("worse", "1"), ("other", "3")])
def test_the_status_is_the_verdict_also_where_nobody_reads_the_report(place, run, code):
    script = f"{sys.executable} -m vfibench check {run} --baseline b.csv | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (f"{code}\n", "")


def test_an_empty_baseline_is_red_beside_a_speed_that_passes(place, capsys):
    (place / "e.csv").write_text("# vfibench-baseline: 1\ncell,sample,t\n")
    arms = {name: {"method": name, "seconds": [1.0] * 12} for name in ("new", "old")}
    (place / "s.json").write_text(json.dumps({"schema_version": 1, "interleaved": True, **arms}))
    assert status("check", "run", "--baseline", "b.csv", "--speed", "s.json") == 0
    assert status("check", "run", "--baseline", "e.csv", "--speed", "s.json") == 3
    assert "nothing was compared" in capsys.readouterr().out


def test_a_limit_of_speed_without_timings_is_told(place, capsys):
    (place / "gate.toml").write_text("[speed]\nslower = 1.05\n")
    assert status("check", "run", "--baseline", "b.csv", "--policy", "gate.toml") == 0
    assert "note: the policy's [speed] was not applied: give timings with --speed" in capsys.readouterr().out


def test_a_check_needs_neither_torch_nor_pandas_nor_images(place):
    code = (
        "import sys\nfrom vfibench.cli import main\n"
        "try: main(['check', 'run', '--baseline', 'b.csv', '--junit', 'j.xml', '--markdown', 'm.md'])\n"
        "except SystemExit as end: print('status', end.code)\n"
        "print([name for name in ('torch', 'pandas', 'PIL', 'cv2', 'skimage') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.splitlines()[-2:] == ["status 0", "[]"]
