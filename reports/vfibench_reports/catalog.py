"""The cards of the built-in pages, in order of appearance; nothing heavy is imported."""

from __future__ import annotations

from vfibench.contracts import PageCard

CARDS: tuple[PageCard, ...] = (
    PageCard("leaderboard", "vfibench_reports.leaderboard:LeaderboardPage", "Leaderboards", order=10),
)

INDEX = "vfibench_reports.index:render_index"
"""The function that draws index.html from what all pages wrote."""
