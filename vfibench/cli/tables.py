"""Leaderboards in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from vfibench.leaderboards import Board, Entry, Group
    from vfibench.statistics import Summary
    from vfibench.store import CellResult

WIDE = 12  # definitions side by side up to here; more are listed downwards


def print_leaderboard(results: Sequence[CellResult]) -> None:
    """One table a (dataset, protocol) and group of comparable entries, then what the columns mean."""
    import shutil

    from rich.console import Console

    from vfibench.leaderboards import boards

    width = max(shutil.get_terminal_size((120, 24)).columns, 80)
    # Names hold what users type, "clip:a[b]" or "frames:x:y:": nothing of it is markup or an emoji.
    console = Console(highlight=False, width=width, markup=False, emoji=False)
    for board in boards(results):
        for group in board.groups:
            console.print()
            if len(board.columns) <= WIDE:
                console.print(_table(board, group))
            else:
                console.print(_tall_table(board, group))
                for line in _spread(group):
                    console.print(line)
        for line in _published(board):
            console.print(line)
        for column in board.columns[:WIDE]:
            console.print(f"  {column}: {board.titles[column]}", style="dim")
        for column, reason in board.unavailable.items():
            console.print(f"  {column}: empty, {reason.partition(',')[0]}", style="dim")


def _table(board: Board, group: Group) -> Table:
    table = _empty_table(board, group)
    table.add_column("#", justify="right")
    table.add_column("method", overflow="fold")
    for column in board.columns:
        table.add_column(column, justify="right", overflow="fold")
    table.add_column("n", justify="right")
    table.add_column("frames/s", justify="right")
    table.add_column("weights", overflow="fold")
    if any(entry.note for entry in group.entries):
        table.add_column("note", overflow="fold")
    for entry in group.entries:
        scores = [number(entry.scores.get(column), column) for column in board.columns]
        table.add_row(*_front(entry), *scores, *_back(entry, group))
        if entry.uneven:
            table.add_row("", "  mean over clips", *_over_clips(entry, board), style="dim")
    return table


def _over_clips(entry: Entry, board: Board) -> list[str]:
    """The means over clips of each column, and how many clips there are."""
    from vfibench.leaderboards import score_text

    def text(column: str) -> str:
        clip = entry.clips.get(column)
        return "" if clip is None or clip.mean is None else score_text(column, clip.mean)

    return [*map(text, board.columns), f"{max(clip.clips for clip in entry.clips.values())} clips"]


def _tall_table(board: Board, group: Group) -> Table:
    """Methods side by side, a line a column: for `--definition all`."""
    table = _empty_table(board, group)
    table.add_column("column")
    for entry in group.entries:
        table.add_column(entry.label, justify="right", overflow="fold")
    for column in board.columns:
        table.add_row(column, *(number(entry.scores.get(column), column) for entry in group.entries))
    return table


def _empty_table(board: Board, group: Group) -> Table:
    from rich.table import Table

    return Table(title=_title(board, group), title_justify="left", box=None, pad_edge=False)


def _spread(group: Group) -> Iterator[str]:
    """How far apart the definitions of one metric lie for the same prediction, a line each."""
    from vfibench.leaderboards import kind

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
    """Published scores beside measured ones; those that cannot be compared in one line a method."""
    from vfibench.leaderboards import score_text
    from vfibench.published import beside

    for entry in (entry for group in board.groups for entry in group.entries):
        apart: list[str] = []
        for found in beside(entry.result):
            published = f"{found.column} {found.score.value:g}"
            if found.measured is None or found.difference is None:
                apart.append(f"{published} ({found.why})")
                continue
            measured = score_text(found.column, found.measured)
            sign = "-" if found.difference < 0 else "+"
            gap = sign + score_text(found.column, abs(found.difference))
            here = f"measured {measured} ({gap})"
            yield f"  {entry.label}: published {published}, {here} [{found.score.source}]"
        if apart:
            more = f" and {len(apart) - 3} more" if len(apart) > 3 else ""
            yield f"  {entry.label}: published but not comparable: {', '.join(apart[:3])}{more}"


def _title(board: Board, group: Group) -> str:
    return f"{board.dataset}, protocol {board.protocol}: {group.heading}"


def _front(entry: Entry) -> tuple[str, str]:
    return ("-" if entry.rank is None else str(entry.rank)), entry.label


def _back(entry: Entry, group: Group) -> tuple[str, ...]:
    speed = "-" if entry.speed is None else rate(entry.speed.frames_per_s)
    weights = entry.result.cell.facts["method"]["weights"] or "-"
    counts = entry.result.counts
    n = str(counts["ok"]) if counts["ok"] == counts["planned"] else f"{counts['ok']}/{counts['planned']}"
    note = (entry.note,) if any(other.note for other in group.entries) else ()
    return n, speed, weights, *note


def number(summary: Summary | None, column: str) -> str:
    """A mean with the digits papers print; frames it leaves out are told."""
    if summary is None:
        return ""
    from vfibench.leaderboards import score_text

    if summary.mean is None and summary.exact:
        return f"exact x{summary.exact}"
    left_out = f" +{summary.exact} exact" if summary.exact else ""
    left_out += f" ({summary.undefined} undefined)" if summary.undefined else ""
    return ("-" if summary.mean is None else score_text(column, summary.mean)) + left_out


def rate(per_second: float) -> str:
    """Three digits at least, thousands set apart: "0.512", "24.1", "10,480"."""
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.3g}"
