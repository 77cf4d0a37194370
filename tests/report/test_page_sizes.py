"""How large pages get: twenty methods on four thousand frames."""

from __future__ import annotations

from pathlib import Path

import pytest
from report.made_sites import write_large_runs

from vfibench.reporting import write_site

LIMIT = 3_000_000  # bytes, that a browser opens at once


@pytest.mark.slow
def test_no_page_of_twenty_methods_on_four_thousand_frames_reaches_three_megabytes(tmp_path: Path) -> None:
    write_large_runs(tmp_path / "runs", methods=20, datasets=3, frames=4000)
    site = write_site([tmp_path / "runs"], tmp_path / "site").parent
    sizes = {path.name: path.stat().st_size for path in site.glob("*.html")}
    kinds = {name.partition(".")[0] for name in sizes}
    assert kinds == {"index", "overview", "leaderboard", "strata", "method", "compare"}
    assert sum(name.startswith("compare.") for name in sizes) == 3
    assert max(sizes.values()) < LIMIT, max(sizes, key=sizes.__getitem__)
    # The limit is one of whole scores, not of what happens to be left out: all methods and columns are there.
    page = (site / "compare.synthetic.vfibench.html").read_text()
    assert len(page) > 20 * 4 * 4000 * 4
