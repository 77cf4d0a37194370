"""Leaderboards in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vfibench.cli.console import plain_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from vfibench.leaderboards.grouping import Board, BoardEntry, Group
    from vfibench.statistics.summaries import Summary
    from vfibench.store.result import CellResult

NAME = 12  # letters of a name that stand in one line at least
WIDE = 12  # definitions side by side up to here; more are listed downwards


def print_leaderboard(results: Sequence[CellResult]) -> None:
    """One table per (dataset, protocol) and group of comparable entries, then what the columns mean."""
    from vfibench.leaderboards.grouping import boards

    console = plain_console()
    for board in boards(results):
        for group in board.groups:
            console.print()
            console.print(_fitting(console, board, group))
            if len(board.columns) > WIDE:
                for line in _spread(group):
                    console.print(line)
        for reason in dict.fromkeys(group.no_interval for group in board.groups if group.no_interval):
            console.print(f"  no 95% interval: {reason}", style="dim")
        if any(entry.shares for group in board.groups for entry in group.entries):
            console.print(f"  =: shares its rank, cannot be told apart by {board.columns[0]}", style="dim")
        for line in _published(board):
            console.print(line)
        for column in board.columns[:WIDE]:
            console.print(f"  {column}: {board.titles[column]}", style="dim")
        for column, reason in board.unavailable.items():
            console.print(f"  {column}: empty, {reason.partition(',')[0]}", style="dim")


def _fitting(console: Console, board: Board, group: Group) -> Table:
    """The table that tells most of those that fit."""
    if len(board.columns) <= WIDE:
        # Measured in a console of any width: in its own nothing is ever too wide.
        options = console.options.update(max_width=10_000)
        for intervals in (True, False):
            table = _table(board, group, intervals=intervals)
            if console.measure(table, options=options).minimum <= console.width:
                return table
    return _tall_table(board, group)


def _table(board: Board, group: Group, *, intervals: bool) -> Table:
    """Methods below each other. Names may be folded where it is narrow, but no figure is ever broken."""
    rows = [
        (*_front(entry), *_numbers(entry, board, intervals), *_back(entry, group)) for entry in group.entries
    ]
    first, *others = board.columns
    figures = ("#", "method", first, *(["95% interval"] * intervals), *others, "n", "frames/s")
    table = _empty_table(board, group)
    for place, heading in enumerate((*figures, *_names(group))):
        longest = max(len(row[place]) for row in rows)
        if heading == "method" or place >= len(figures):
            table.add_column(heading, overflow="fold", min_width=min(longest, NAME))
        else:
            table.add_column(heading, justify="right", overflow="fold", min_width=longest)
    for entry, row in zip(group.entries, rows, strict=True):
        table.add_row(*row)
        if entry.uneven:
            mean, *means = _over_clips(entry, board)
            table.add_row("", "  mean over clips", mean, *([""] * intervals), *means, style="dim")
    return table


def _over_clips(entry: BoardEntry, board: Board) -> list[str]:
    """The means over clips of each column, and how many clips there are."""
    from vfibench.statistics.digits import score_text

    def text(column: str) -> str:
        clip = entry.clips.get(column)
        return "" if clip is None or clip.mean is None else score_text(column, clip.mean)

    return [*map(text, board.columns), f"{max(clip.clips for clip in entry.clips.values())} clips"]


def _tall_table(board: Board, group: Group) -> Table:
    """Methods side by side, a line per column: for `--definition all`, and for narrow terminals."""
    table = _empty_table(board, group)
    table.add_column("column", overflow="fold")
    for entry in group.entries:
        table.add_column(entry.full_label, justify="right", overflow="fold")
    columns = [(*_numbers(entry, board), *_back(entry, group)) for entry in group.entries]
    headings = (*board.columns, "n", "frames/s", *_names(group))
    if group.ranked:
        table.add_row("#", *(_front(entry)[0] for entry in group.entries))
    for place, heading in enumerate(headings):
        table.add_row(heading, *(column[place] for column in columns))
    if any(entry.uneven for entry in group.entries):
        clips = [_over_clips(entry, board) if entry.uneven else [] for entry in group.entries]
        for place, heading in enumerate((*board.columns, "n")):
            table.add_row(
                f"{heading}, over clips", *(texts[place] if texts else "" for texts in clips), style="dim"
            )
    return table


def _numbers(entry: BoardEntry, board: Board, intervals: bool = False) -> list[str]:
    """The mean of each column; after the first one, which ranks, its interval where that is wanted."""
    first, *others = (number(entry.scores.get(column), column) for column in board.columns)
    return [first, *([_interval(entry, board.columns[0])] * intervals), *others]


def _interval(entry: BoardEntry, column: str) -> str:
    from vfibench.statistics.digits import score_text

    bounds = entry.intervals.get(column)
    return "-" if bounds is None else ", ".join(score_text(column, bound) for bound in bounds)


def _names(group: Group) -> tuple[str, ...]:
    """Headings of what may be long, in the order of `_back`."""
    return ("weights", "note") if any(entry.note for entry in group.entries) else ("weights",)


def _empty_table(board: Board, group: Group) -> Table:
    from rich.table import Table

    return Table(title=_title(board, group), title_justify="left", box=None, pad_edge=False)


def _spread(group: Group) -> Iterator[str]:
    """How far apart the definitions of one metric lie for the same prediction, a line each."""
    from vfibench.statistics.digits import kind

    for entry in group.entries:
        for metric in ("psnr", "ssim"):
            means = {
                name: summary.mean
                for name, summary in entry.scores.items()
                if kind(name) == metric and summary.mean is not None
            }
            if len(means) > 1:
                low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
                yield (
                    f"  {entry.label}: {metric} spreads over {means[high] - means[low]:.4f}, "
                    f"{low} {means[low]:.4f} to {high} {means[high]:.4f}, one prediction"
                )


def _published(board: Board) -> Iterator[str]:
    """Published scores beside measured ones; those that cannot be compared in one line per method."""
    from vfibench.published.beside import beside, published_text
    from vfibench.statistics.digits import score_text

    for entry in (entry for group in board.groups for entry in group.entries):
        apart: list[str] = []
        for found in beside(entry.result):
            published = f"{found.column} {published_text(found.score)}"
            if found.measured is None:
                apart.append(f"{published} ({found.why})")
                continue
            here = f"measured {score_text(found.column, found.measured)} ({found.difference_text})"
            here += f", {found.verdict}"
            yield f"  {entry.label}: published {published}, {here} [{found.score.source}]"
        if apart:
            more = f" and {len(apart) - 3} more" if len(apart) > 3 else ""
            yield f"  {entry.label}: published but not comparable: {', '.join(apart[:3])}{more}"


def _title(board: Board, group: Group) -> str:
    return f"{board.dataset}, protocol {board.protocol}: {group.heading}"


def _front(entry: BoardEntry) -> tuple[str, str]:
    return ("-" if entry.rank is None else f"{entry.rank}{'=' * (entry.shares > 0)}"), entry.full_label


def _back(entry: BoardEntry, group: Group) -> tuple[str, ...]:
    speed = "-" if entry.speed is None else rate(entry.speed.frames_per_s)
    weights = entry.result.cell.facts.method.weights or "-"
    counts = entry.result.counts
    n = str(counts.ok) if counts.ok == counts.planned else f"{counts.ok}/{counts.planned}"
    note = (entry.note,) if any(other.note for other in group.entries) else ()
    return n, speed, weights, *note


def number(summary: Summary | None, column: str) -> str:
    """A mean with the digits papers print; frames it leaves out are told."""
    if summary is None:
        return ""
    from vfibench.statistics.digits import score_text

    if summary.mean is None and summary.exact:
        return f"exact x{summary.exact}"
    left_out = f" +{summary.exact} exact" if summary.exact else ""
    left_out += f" ({summary.undefined} undefined)" if summary.undefined else ""
    return ("-" if summary.mean is None else score_text(column, summary.mean)) + left_out


def rate(per_second: float) -> str:
    """Three digits at least, thousands set apart: "0.512", "24.1", "10,480"."""
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.3g}"
