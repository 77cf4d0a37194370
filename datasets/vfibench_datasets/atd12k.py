"""ATD-12K (Siyao et al., AnimeInterp, CVPR 2021): 2,000 triplets of animation."""

from __future__ import annotations

from vfibench.contracts import DatasetCard
from vfibench_datasets.scanned import ScannedSource, no_lines, subfolders
from vfibench_datasets.source import Layout
from vfibench_datasets.triplets import triplets

CARD = DatasetCard(
    name="atd12k",
    target="vfibench_datasets.atd12k:TEST",
    title="ATD-12K test, 2,000 animation triplets, 960x540",
    task="frame1, frame3 -> frame2",
    count=2000,
    folders=("ATD-12K", "atd12k", "test_2k_540p"),
    layout="ATD-12K/test_2k_540p/ID/frame1.png, frame2.png, frame3.png (2,000 folders, as in the archive)",
    source="https://github.com/lisiyao21/AnimeInterp (ATD-12K)",
    licence="see the project's page",
    paper="Siyao et al., Deep Animation Video Interpolation in the Wild, CVPR 2021, arXiv 2104.02495",
    notes="No list is published apart from the archive: the folders themselves are the list, in sorted "
    "order, and there must be 2,000 (png or jpg). test_2k_original is another size and no part of it. 540 is "
    "no multiple of 16: RIFE replicates 2 lines at the top and at the bottom, ours at the bottom.",
)


def _layout(parent: str, suffix: str) -> Layout:
    folder = f"{parent}test_2k_540p"
    first, second, third = (f"{folder}/{{id}}/frame{number}{suffix}" for number in (1, 2, 3))
    return Layout(folder, triplets(first, third, second), f"*/frame1{suffix}")


TEST = ScannedSource(
    CARD,
    tuple(_layout(parent, suffix) for parent in ("ATD-12K/", "atd12k/", "") for suffix in (".png", ".jpg")),
    no_lines,
    (960, 540),
    unit="samples",
    total=2000,
    scan=subfolders,
)
