"""What pages show of a board: which columns first, and a word for each of its groups."""

from __future__ import annotations

from vfibench.leaderboards.grouping import Board, Group

WIDE = 12  # metric columns side by side up to here; beyond, other definitions get tables of their own


def main_columns(board: Board) -> list[str]:
    """Columns of the score table: all, or the plain ones and those of the definition that ranks."""
    if len(board.columns) <= WIDE:
        return list(board.columns)
    ranking = board.columns[0].partition("@")[2]
    return [column for column in board.columns if column.partition("@")[2] in {"", ranking}]


def tagged(board: Board) -> list[tuple[Group, str]]:
    """Each group with a short unique word for the address: "2", "4", "2-apart", "2-apart.2"."""
    tags: list[str] = []
    for group in board.groups:
        inputs = group.entries[0].result.cell.settings.inputs
        tag = f"{inputs}" if group.ranked else f"{inputs}-apart"
        same = sum(other == tag or other.startswith(f"{tag}.") for other in tags)
        tags.append(f"{tag}.{same + 1}" if same else tag)
    return list(zip(board.groups, tags, strict=True))
