"""The cards of the built-in pages, in order of appearance; nothing heavy is imported."""

from __future__ import annotations

from vfibench.contracts import PageCard

CARDS: tuple[PageCard, ...] = (
    PageCard("overview", "vfibench_reports.overview.page:OverviewPage", "Overview", order=5, options=True),
    PageCard(
        "leaderboard",
        "vfibench_reports.leaderboard.page:LeaderboardPage",
        "Leaderboards",
        order=10,
        options=True,
    ),
    PageCard("strata", "vfibench_reports.strata.page:StrataPage", "Strata", order=20, options=True),
    PageCard("method", "vfibench_reports.method.page:MethodPage", "Methods", order=30, options=True),
    PageCard("compare", "vfibench_reports.compare.page:ComparePage", "Comparisons", order=40, options=True),
    PageCard("sample", "vfibench_reports.sample.page:SamplePage", "Samples", order=50, options=True),
)

TEXTS = "vfibench_reports.text:texts"
"""The function that prints tables as Markdown, LaTeX and CSV."""

INDEX = "vfibench_reports.kit.index:render_index"
"""The function that draws index.html from what all pages wrote."""
