"""Leaderboards as text: the digits of the page, names that are no markup, data that reads back."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess

import pandas as pd
import pytest
from report.made_runs import MadeCell, write_run
from report.read_page import read_page

from vfibench.cli import main
from vfibench.reporting import write_tables
from vfibench.statistics.bootstrap import interval
from vfibench.store.folders import read_results
from vfibench_reports.leaderboard.page import LeaderboardPage
from vfibench_reports.text.latex import plain as latex_plain
from vfibench_reports.text.markdown import plain as markdown_plain

HOSTILE = r"[50%] of_a & b--c \input{/etc/passwd} $y$ #1 ~^ |x| `q` 'v' <script>alert(1)</script> *s* a,,b"
CELLS = [
    MadeCell("blend", level=33.0, exact=1),
    MadeCell("nearest", level=31.0, exact=1),
    MadeCell("rife", level=36.0, exact=1),
    MadeCell(HOSTILE, level=32.0, exact=1, kind="partial", official=20),
    MadeCell("blend", protocol="rife", level=33.0, columns=("psnr@rife", "ssim@rife"), ms=None),
    MadeCell("four", level=34.0, inputs=4, times=(0.25, 0.5), clips=[f"c{k // 2}" for k in range(8)]),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("text") / "run", CELLS)


@pytest.fixture
def text(run, tmp_path):
    """The text of a format."""

    def make(form, **options):
        path = tmp_path / f"all.{form}"
        assert write_tables([run], form, path, **options) == [path]
        return path.read_text(encoding="utf-8")

    return make


# Markdown


def tables_of(markdown):
    """[(caption, [[cell]])] of Markdown."""
    found = []
    for block in markdown.split("\n\n"):
        lines = block.strip("\n").splitlines()
        if lines and not lines[0].startswith("|"):
            found.append((lines[0], []))
        else:
            found[-1][1].extend(
                [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
            )
    return found


def test_markdown_has_a_table_a_group_with_what_it_shows(text):
    found = tables_of(text("markdown"))
    assert [len(rows) - 2 for _, rows in found] == [3, 1, 1, 1]
    caption, rows = found[0]
    assert "ucf101 (the dataset ucf101), protocol vfibench: 2 input frames, 8 samples" in caption
    assert "psnr: PSNR, RGB, uint8, ties to even." in caption
    assert "Best in bold, second underlined." in caption
    assert rows[0] == ["Method", "Inputs", "n", "PSNR (dB) ↑", "SSIM ↑", "SSIM3D ↑", "IE ↓"]
    assert rows[1] == [":--", "--:", "--:", "--:", "--:", "--:", "--:"]
    assert [row[0] for row in rows[2:]] == ["rife", "blend", "nearest"]
    heads = [rows[0] for _, rows in found]
    assert ["PSNR@rife (dB) ↑" in head for head in heads].count(True) == 1
    assert ["Why not ranked" in head for head in heads].count(True) == 1
    assert all(len(row) == len(rows[0]) for _, rows in found for row in rows)


def test_the_digits_and_the_marks_are_those_of_the_page(run, text, tmp_path):
    LeaderboardPage().render(read_results([run]), tmp_path)
    page = read_page(tmp_path / "leaderboard.ucf101.vfibench.html").tables["scores-2"]
    (_, rows), *_ = tables_of(text("markdown"))
    for place, column in enumerate(("psnr", "ssim", "ssim3d", "ie"), 3):
        for cell, row in zip(page.column(column), rows[2:], strict=True):
            figure = cell.text.split()[0]
            shown = row[place].split()[0]
            marks = {"best": f"**{figure}**", "second": f"<ins>{figure}</ins>"}
            mark = next((name for name in cell.classes if name in marks), "")
            assert shown == marks.get(mark, figure)
    assert "(+1 exact)" in rows[2][3]


def test_intervals_are_those_of_the_mean(run, text):
    (caption, rows), *_ = tables_of(text("markdown", intervals=True))
    assert "95% bootstrap interval of the mean (2000 draws of whole samples)" in caption
    (result,) = [result for result in read_results([run]) if result.cell.method == "rife"]
    low, high = interval(result.scores.values["psnr"], result.scores.units)
    assert rf"\[{low:.3f}–{high:.3f}\]" in rows[2][3]
    assert "clips" in tables_of(text("markdown", intervals=True))[1][0]


def test_nothing_in_a_name_is_markdown(text):
    line = next(line for line in text("markdown").splitlines() if "script" in line)
    name = re.split(r"(?<!\\)\|", line)[1].strip()
    assert not re.search(r"(?<!\\)[`*_\[\]|~$<>]", name)
    shown = re.sub(r"\\(.)", lambda found: found[1] if found[1] in "\\`*_[]|~$" else found[0], name)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, letter)
    assert shown == HOSTILE
    assert markdown_plain("two\nlines\t and more") == "two lines and more"


# LaTeX


TEXT_COMMANDS = {
    r"\textbackslash{}": "\\",
    r"\textasciicircum{}": "^",
    r"\textasciitilde{}": "~",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textasciigrave{}": "`",
    "{'}": "'",
    "{-}": "-",
    "{,}": ",",
    "{[}": "[",
    "{]}": "]",
    "{*}": "*",
    **{rf"\{letter}": letter for letter in "{}$&#%_"},
}


def unescaped(latex):
    """What is printed; a character that has a meaning of its own and stands alone is an error."""
    known = re.compile("|".join(map(re.escape, sorted(TEXT_COMMANDS, key=len, reverse=True))))
    left = known.sub("", latex)
    assert not re.search(r"[\\{}$&#%_^~<>|`\[\]*]|--|,,|''", left), left
    return known.sub(lambda found: TEXT_COMMANDS[found[0]], latex)


def test_nothing_in_a_name_is_latex():
    assert unescaped(latex_plain(HOSTILE)) == HOSTILE
    assert latex_plain('a "b"') == "a {''}b{''}"
    assert latex_plain("a\nb\x07\u202ec") == "a bc"
    assert latex_plain("1\u202f024 – 3 ×2") == r"1\,024 -- 3 $\times$2"
    assert latex_plain("a-b, c") == "a-b, c"


def test_latex_is_made_of_whole_tables(text):
    latex = text("latex", intervals=True)
    for word in ("table", "tabular"):
        assert latex.count(rf"\begin{{{word}}}") == latex.count(rf"\end{{{word}}}") == 4
    for rule in ("toprule", "midrule", "bottomrule", "centering", "caption{", "label{"):
        assert latex.count(rf"\{rule}") == 4, rule
    balance = re.sub(r"\\[\\{}]", "", latex)
    assert balance.count("{") == balance.count("}")
    labels = re.findall(r"\\label\{(.*?)\}", latex)
    assert len(set(labels)) == 4
    assert all(re.fullmatch(r"tab:[a-z0-9.-]+", label) for label in labels)
    for columns, body in re.findall(r"\\begin\{tabular\}\{([lr]+)\}\n(.*?)\\end\{tabular\}", latex, re.S):
        lines = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert len(lines) >= 2
        for line in lines:
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
    assert r"\textbf{" in latex
    assert r"\underline{" in latex
    assert r"PSNR (dB) $\uparrow$" in latex
    assert latex.isascii()


def test_latex_compiles(text, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex, found none on the PATH")
    body = text("latex", intervals=True)
    source = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "all.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


# CSV


def read(text):
    return pd.read_csv(io.StringIO(text), engine="python")  # whose floats are Python's, to the last bit


def test_csv_reads_back_at_full_precision(run, text):
    table = read(text("csv"))
    results = {
        (result.cell.dataset, result.cell.protocol, result.cell.label): result
        for result in read_results([run])
    }
    assert len(table) == len(results) == 6
    for row in table.to_dict("records"):
        result = results[row["dataset"], row["protocol"], row["method"]]
        for column in result.columns:
            found = [line.scores[column] for line in result.rows]
            values = [value for value in found if value is not None]
            assert row[column] == math.fsum(values) / len(values)
        assert row["n"] == len(result.rows)
        assert row["list_sha256"] == result.cell.settings.list_sha256
    assert set(table["method"]) == {"rife", "blend", "nearest", "four", HOSTILE}
    assert not re.search(r"\*\*|<ins>|↑", text("csv"))


def test_csv_counts_what_a_mean_leaves_out_and_keeps_what_is_missing_empty(text):
    table = read(text("csv", intervals=True)).set_index(["method", "protocol"])
    assert table.loc[("rife", "vfibench"), "psnr exact"] == 1
    assert math.isnan(table.loc[("four", "vfibench"), "psnr exact"])
    assert math.isnan(table.loc[("blend", "rife"), "psnr"])
    assert math.isnan(table.loc[("blend", "rife"), "frames_per_s"])
    assert math.isnan(table.loc[(HOSTILE, "vfibench"), "rank"])
    low = table["psnr low"].dropna()
    assert len(low) == 4
    assert (low < table["psnr"][low.index]).all()
    assert list(table.columns).index("psnr high") == list(table.columns).index("psnr") + 2


def test_a_cell_of_exact_frames_alone_is_infinite(tmp_path):
    run = write_run(tmp_path / "run", [MadeCell(exact=8), MadeCell("nearest", exact=8)])
    write_tables([run], "csv", tmp_path / "all.csv")
    assert list(read((tmp_path / "all.csv").read_text())["psnr"]) == [math.inf, math.inf]
    write_tables([run], "latex", tmp_path / "all.tex")
    assert r"exact $\times$8" in (tmp_path / "all.tex").read_text()


ODD = ["#1 of a kind", "a # b", "=1+1", "+1", "-1", "@SUM(A1)", "'quoted'", 'a "b", c', "a;b\tc"]


@pytest.mark.parametrize("engine", ["python", "c"])
def test_csv_keeps_names_as_they_are_but_for_ends_of_lines(tmp_path, engine):
    names = [*ODD, "a\rb", "a\nb", "a\u2028b", "a\x00b"]
    run = write_run(tmp_path / "run", [MadeCell(name, samples=2) for name in names])
    write_tables([run], "csv", tmp_path / "all.csv")
    written = (tmp_path / "all.csv").read_bytes().decode()
    assert len(written.splitlines()) == 1 + len(names)
    table = pd.read_csv(tmp_path / "all.csv", engine=engine)
    shown = {name: f"'{name}" for name in ("=1+1", "+1", "-1", "@SUM(A1)")}  # else a spreadsheet runs them
    expected = [shown.get(name, name.replace("\t", " ")) for name in ODD] + ["a b"] * 4
    assert sorted(table["method"]) == sorted(expected)


# The command


def report(*words):
    """The exit status of `vfibench report WORDS`."""
    with pytest.raises(SystemExit) as end:
        main(["report", *map(str, words)])
    return end.value.code


def test_text_is_printed_where_no_file_is_named(run, capsys, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert report(run, "--format", "csv") == 0
    assert capsys.readouterr().out == text("csv")
    assert not (tmp_path / "site").exists()


def test_a_folder_gets_a_file_a_board(run, tmp_path, capsys):
    assert report(run, "--format", "latex", "--out", tmp_path / "tables") == 0
    names = sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert names == ["leaderboard.ucf101.rife.tex", "leaderboard.ucf101.vfibench.tex"]
    assert capsys.readouterr().out.count("wrote ") == 2
    assert "rife" not in (tmp_path / "tables" / names[1]).read_text().split("caption")[0]


def test_other_words_than_expected_are_told(run, tmp_path, capsys):
    assert report(run, "--format", "word") == 2
    assert "expected --format html | markdown | latex | csv, found 'word'" in capsys.readouterr().err
    assert report(run, "--intervals") == 2
    assert "pages have them always" in capsys.readouterr().err
    (tmp_path / "file").write_text("mine")
    assert report(run, "--format", "csv", "--out", tmp_path / "file" / "all.csv") == 2
    assert "cannot write" in capsys.readouterr().err


def test_methods_are_in_the_order_of_their_means(text):
    table = read(text("csv"))
    ranked = table[(table["protocol"] == "vfibench") & (table["group"] == "2 input frames")]
    assert list(ranked["method"]) == ["rife", "blend", "nearest"]
    assert list(ranked["psnr"]) == sorted(ranked["psnr"], reverse=True)
