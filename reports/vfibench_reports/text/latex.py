"""Tables in LaTeX; the preamble needs `booktabs`, and an engine that reads UTF-8 (all of today's)."""

from __future__ import annotations

import unicodedata

from vfibench_reports.text.papers import PaperTable, Part

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "'": r"{'}",  # alone in its group: two of them are no closing quotation mark
    '"': r"{''}",
    "-": r"{-}",  # two of them are no dash
    ",": r"{,}",
    "[": r"{[}",  # after a row's end it would begin an argument of it
    "]": r"{]}",
    "*": r"{*}",
    "–": "--",
    "…": r"\ldots{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "\u202f": r"\,",
    "\u00a0": "~",
}
SMALL = ("-", ",")
"""Characters that are special only beside their like: "--" would become a dash."""


def latex_text(table: PaperTable) -> str:
    """A floating table: best in bold, second underlined."""
    columns = "".join("r" if number else "l" for number in table.numbers)
    rows = [" & ".join(_part(part) for part in row) + r" \\" for row in table.rows]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{plain(table.caption)}}}",
        rf"\label{{tab:{table.label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(plain(heading) for heading in table.head) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    r"""Text in which nothing is a command, in one line; what cannot be seen is left out.

    >>> plain("50% of_a--b \\input{x}")
    '50\\% of\\_a{-}{-}b \\textbackslash{}input\\{x\\}'
    """
    flat = _visible(text)
    made = []
    for place, letter in enumerate(flat):
        beside = letter in (flat[place - 1 : place] + flat[place + 1 : place + 2])
        alone = letter in SMALL and not beside
        made.append(letter if alone else SPECIAL.get(letter, letter))
    return "".join(made)


def _visible(text: str) -> str:
    """The text without control and format characters; white space that SPECIAL does not know as spaces."""
    flat = "".join(" " if letter.isspace() and letter not in SPECIAL else letter for letter in text)
    return "".join(letter for letter in flat if not unicodedata.category(letter).startswith("C"))


def _part(part: Part) -> str:
    text = plain(part.text)
    text = {"best": rf"\textbf{{{text}}}", "second": rf"\underline{{{text}}}"}.get(part.mark, text)
    return rf"{text} {{\scriptsize {plain(part.detail)}}}" if part.detail else text
