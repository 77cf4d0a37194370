"""The verdicts as JUnit XML, as GitHub and GitLab show it: a suite per cell, a test case per metric.

REGRESSION and a failing IMPROVED are failures, NOT_COMPARABLE is an error: what could not be judged is red.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from vfibench.errors import one_line
from vfibench.gate.outcomes import CellReport, GateReport, Judgement, Verdict
from vfibench.gate.summary import figures, worst_lines

# What XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: GateReport) -> str:
    """The document."""
    root = ET.Element("testsuites", name="vfibench check")
    for cell in report.cells:
        suite = ET.SubElement(root, "testsuite", name=plain(cell.name), time="0")
        for one in cell.judgements:
            _case(suite, cell, one, report.improved)
        _count(suite, suite)
        if cell.changes:
            ET.SubElement(suite, "system-out").text = plain("\n".join(cell.changes))
    _count(root, root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, cell: CellReport, one: Judgement, improved: str) -> None:
    case = ET.SubElement(suite, "testcase", classname=plain(cell.name), name=plain(one.column), time="0")
    text = plain("\n".join([f"{one.verdict}: {one.reason}" if one.reason else one.verdict, *_details(one)]))
    if one.verdict is Verdict.NOT_COMPARABLE:
        ET.SubElement(case, "error", type=one.verdict, message=plain(one.reason)).text = text
    elif one.verdict is Verdict.REGRESSION or (one.verdict is Verdict.IMPROVED and improved == "fail"):
        ET.SubElement(case, "failure", type=one.verdict, message=plain(one.reason)).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _details(one: Judgement) -> list[str]:
    if one.before is None:
        return []
    before, now, difference, between, _ = figures(one)
    return [f"{before} -> {now} ({difference}, 95% interval {between})", *worst_lines(one)]


def _count(element: ET.Element, within: ET.Element) -> None:
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(attribute, str(len(within.findall(f".//{tag}"))))


def plain(text: str) -> str:
    """Text that XML can hold and that does nothing but be read, line by line."""
    return "\n".join(FORBIDDEN.sub("\ufffd", one_line(line)) for line in text.split("\n"))
