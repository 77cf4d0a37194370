"""Comparison of two methods: one self-contained page a (dataset, protocol), any pair in its address.

With a script the page draws the pair; without one it is a table of every pair's mean difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from vfibench.comparison.paired import cautions
from vfibench.contracts import PageOptions
from vfibench.statistics.arrays import Frame
from vfibench.statistics.bootstrap import DRAWS, LEAST_UNITS
from vfibench.statistics.digits import score_text
from vfibench.store.result import CellResult
from vfibench_reports.compare.embedded import page_data
from vfibench_reports.contents.comparisons import Comparable, ComparedMethods, ComparedMetric, comparisons
from vfibench_reports.contents.motion import Motion, motion_of_clip
from vfibench_reports.contents.pairs import Pair, PairFigures
from vfibench_reports.contents.relatives import Relative, relatives
from vfibench_reports.contents.samples import chosen_frames, sample_pages
from vfibench_reports.kit.numbers import MISSING
from vfibench_reports.kit.site import PLAYER, page_name, render, write_page
from vfibench_reports.kit.tables import Column, Field, Table

SCRIPTS = ("compare_numbers", "compare_model", "compare_charts", "compare_shown", "compare")


class ComparePage:
    """The page plugin; see `vfibench.contracts.Page`."""

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write a page per (dataset, protocol) with two comparable methods; (title, file name) of each."""
        pages, samples = [], sample_pages(results, self.options)
        motions = _motions(results, self.options)
        for comparison in comparisons(results):
            name = page_name("compare", comparison.dataset, comparison.protocol)
            motion = motions.get((comparison.dataset, comparison.protocol))
            related = relatives(results, comparison.dataset, comparison.protocol, self.options, but="compare")
            write_page(out, name, render_comparison(comparison, samples, related, self.options, motion))
            pages.append((f"{comparison.dataset}, protocol {comparison.protocol}", name))
        return pages


def render_comparison(
    comparison: ComparedMethods,
    samples: Mapping[tuple[str, str, Frame], str],
    related: Sequence[Relative],
    options: PageOptions,
    motion: Motion | None = None,
) -> str:
    """The page as HTML.

    Args:
        comparison: what it is about.
        samples: the pages of frames, as `sample_pages` names them.
        related: the other pages of the same scores.
        options: what else is in the site.
        motion: saved pictures of consecutive frames, None where there are none.
    """
    first = comparison.metrics[0]
    return render(
        "compare.html",
        scripts=SCRIPTS + (PLAYER if motion else ()),
        motion=motion,
        options=options,
        comparison=comparison,
        tables=[
            (_heading(group), pair_table(group, first, f"pairs-{number}" if number > 1 else "pairs"))
            for number, group in enumerate(comparison.groups, 1)
        ],
        choices=[(_heading(group), group.full_names) for group in comparison.groups],
        draws=DRAWS,
        least=LEAST_UNITS,
        related=related,
        data=page_data(comparison, samples),
    )


def _motions(results: Sequence[CellResult], options: PageOptions) -> dict[tuple[str, str], Motion]:
    """Pictures in a row around the frame of the first sample page, of each (dataset, protocol) with some."""
    if not options.writes("sample"):
        return {}
    found = {}
    for contest, chosen in chosen_frames(results, options):
        motion = motion_of_clip(contest, chosen[0].place) if chosen else None
        if motion is not None:
            found[contest.dataset, contest.protocol] = motion
    return found


def pair_address(first: str, second: str, metric: str) -> str:
    """The part of the page's address that shows this pair: "#a=blend&b=rife&metric=psnr"."""
    return "#" + urlencode({"a": first, "b": second, "metric": metric})


def _heading(group: Comparable) -> str:
    times = group.results[0].cell.settings.times
    told = "t = " + ", ".join(f"{time:g}" for time in times) if len(times) <= 3 else f"{len(times)} times"
    return f"{len(group.frames)} frames, {told}"


def pair_table(group: Comparable, metric: ComparedMetric, name: str) -> Table:
    """A line per pair: means, difference with interval, test, wins."""
    arrow = "↑" if metric.better == "higher" else "↓"
    first: Literal["ascending", "descending"] = "descending" if metric.better == "higher" else "ascending"
    unit = f"{metric.unit} " if metric.unit else ""
    columns = [
        Column("a", "A", style="head"),
        Column("b", "B"),
        Column("mean-a", "A", f"{unit}{arrow}", "mean of A", first, "number"),
        Column("mean-b", "B", f"{unit}{arrow}", "mean of B", first, "number"),
        Column("difference", "B − A", unit.strip(), "mean of the differences", "descending", "number"),
        Column("interval", "95% interval", unit.strip(), "of the mean difference", "descending", "number"),
        Column("p", "p", tip="Wilcoxon's signed-rank test, two-sided", style="number"),
        Column("won", "B better", "frames", first="descending", style="number"),
        Column("equal", "equal", "as printed", first="descending", style="number"),
        Column("lost", "A better", "frames", first="descending", style="number"),
    ]
    found = group.figures[metric.name]
    pairs = [one for one in group.pairs if one in found]
    rows = [_row(group, one, found[one], metric) for one in pairs]
    notes = ["; ".join(cautions(group.results[a], group.results[b])) for a, b in pairs]
    if any(notes):
        columns.append(Column("note", "note"))
        rows = [[*row, Field(note)] for row, note in zip(rows, notes, strict=True)]
    return Table(name, f"All pairs by {metric.name}, {_heading(group)}", columns, rows)


def _row(group: Comparable, one: Pair, figures: PairFigures, metric: ComparedMetric) -> list[Field]:
    a, b = (group.names[place] for place in one)
    first, second = (group.full_names[place] for place in one)
    address = pair_address(first, second, metric.name)
    means = [
        Field(MISSING) if mean is None else Field(score_text(metric.name, mean), mean)
        for mean in figures.means
    ]
    tip = f"mean of {figures.n} differences"
    difference = Field(signed(figures.mean, metric.digits), figures.mean, link=address, tip=tip)
    return [
        Field(a.text, detail=a.detail),
        Field(b.text, detail=b.detail),
        *means,
        difference,
        _interval(figures.interval, metric.digits),
        Field(p_text(figures.p), figures.p),
        *(Field(str(count), count) for count in figures.wins),
    ]


def _interval(found: tuple[float, float] | None, digits: int) -> Field:
    """The interval, sorted by its lower bound."""
    if found is None:
        return Field(MISSING, tip="needs two units that can be drawn again")
    return Field(f"{signed(found[0], digits)} to {signed(found[1], digits)}", found[0])


def signed(value: float | None, digits: int) -> str:
    """A difference with its sign: "+0.123", "−0.045", and "0.000" where nothing is left of it."""
    if value is None:
        return MISSING
    text = f"{abs(value):.{digits}f}"
    return text if not float(text) else ("+" if value > 0 else "−") + text


def p_text(p: float | None) -> str:
    """A probability with three digits behind the point, or that it is smaller."""
    return MISSING if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
