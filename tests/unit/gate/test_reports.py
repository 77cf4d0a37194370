"""What the gate writes is read by others: valid whatever a method is called, and counted as they count."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from gated import changed, kept, results, with_scores, with_settings
from report.made_runs import MadeCell

from vfibench.gate.judging import judge
from vfibench.gate.junit import junit
from vfibench.gate.outcomes import GateReport
from vfibench.gate.policy import Policy
from vfibench.gate.summary import as_json, escape, markdown
from vfibench.gate.workflow import commands

ODD = '<script>alert(1)</script>|`x`\x07\ud800 & "q" ]]> 100%\n::error::'


@pytest.fixture
def mixed(tmp_path) -> GateReport:
    """Two PASS, a REGRESSION, an IMPROVED and four NOT_COMPARABLE, in two cells."""
    fine, odd = results(tmp_path, MadeCell(), MadeCell(method="nearest"))
    renamed = [with_method(one, ODD) for one in (odd, with_settings(odd, inputs=4))]
    now = changed(changed(fine, "psnr", -0.1), "ssim", 0.01)
    return judge([now, renamed[1]], kept(fine, renamed[0]))


def with_method(result, name):
    from dataclasses import replace

    return replace(result, cell=replace(result.cell, method=name))


def test_junit_is_xml_whose_counts_are_those_of_its_cases(mixed):
    root = ET.fromstring(junit(mixed))
    assert root.tag == "testsuites"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "2", "4")
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases)) == "4"
        assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert suite.get("errors") == str(sum(case.find("error") is not None for case in cases))
        assert all(case.get("classname") == suite.get("name") and case.get("name") for case in cases)
    names = [suite.get("name") for suite in root]
    assert names[0].startswith('<script>alert(1)</script>|`x`\ufffd\ufffd & "q" ]]> 100%')
    failure = root.find(".//failure")
    assert failure.get("type") == "REGRESSION"
    assert "mean worse by 0.1, beyond 0.02" in failure.get("message")
    assert "0000 at t=0.5: " in failure.text


def test_junit_of_a_tolerated_improvement_has_no_failure(tmp_path):
    (run,) = results(tmp_path, MadeCell())
    better, baseline = [changed(run, "psnr", 0.1)], kept(run)
    assert ET.fromstring(junit(judge(better, baseline))).get("failures") == "1"
    assert ET.fromstring(junit(judge(better, baseline, Policy(improved="warn")))).get("failures") == "0"


def test_junit_of_nothing_is_an_error():
    root = ET.fromstring(junit(judge([], [])))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_markdown_has_a_row_a_metric_and_the_worst_frames(mixed):
    text = markdown(mixed)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 8
    assert text.startswith(
        "## ❌ vfibench check: REGRESSION (2 PASS, 1 REGRESSION, 1 IMPROVED, 4 NOT\\_COMPARABLE)"
    )
    assert "* **psnr**: mean worse by 0.1, beyond 0.02" in text
    assert text.count("  * 000") == 5
    assert "other number of input frames" in text


def test_markdown_takes_every_name_for_text(mixed):
    text = markdown(mixed)
    text.encode()
    assert all(line.isprintable() for line in text.splitlines())
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\|\\`x\\`" in text
    cells = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("| ")}
    assert cells == {9}
    assert escape("a_b*c*\n[x](y)") == "a\\_b\\*c\\* \\[x\\](y)"


def test_an_annotation_is_one_line_a_metric_that_did_not_pass(mixed):
    lines = list(commands(mixed))
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)
    assert all(line.startswith("::error title=") and "\n" not in line for line in lines)
    assert "100%25 %3A%3Aerror%3A%3A" in lines[0]
    assert "REGRESSION blend/ucf101 psnr::mean worse by 0.1" in lines[4]


def test_a_tolerated_improvement_is_a_warning(tmp_path):
    (run,) = results(tmp_path, MadeCell())
    report = judge([changed(run, "psnr", 0.1)], kept(run), Policy(improved="warn"))
    (line,) = commands(report)
    assert line.startswith("::warning title=IMPROVED blend/ucf101 psnr::mean better by 0.1")


def test_json_is_strict_and_says_everything(tmp_path, mixed):
    content = json.loads(json.dumps(as_json(mixed), allow_nan=False))
    assert (content["verdict"], content["exit_status"], len(content["cells"])) == ("REGRESSION", 1, 2)
    psnr = content["cells"][1]["judgements"][0]
    assert psnr["limits"] == {"mean": 0.02, "sample": 0.5, "ceiling": 60.0}
    assert psnr["difference"] == pytest.approx(-0.1, abs=1e-4)
    assert psnr["interval"][0] <= psnr["difference"] <= psnr["interval"][1]
    (run,) = results(tmp_path / "exact", MadeCell())
    exact = with_scores(run, "psnr", [float("inf")] * 8)
    json.dumps(as_json(judge([exact], kept(exact))), allow_nan=False)


def test_what_changed_is_told_in_every_report(tmp_path):
    (run,) = results(tmp_path, MadeCell())
    report = judge([with_settings(run, precision="bf16")], kept(run))
    for text in (junit(report), markdown(report), json.dumps(as_json(report))):
        assert "precision: fp32 -" in text
