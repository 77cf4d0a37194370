"""Every built-in metric and page keeps its contract, and so do datasets where their files are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_clips import make_clip

from vfibench.metrics.columns import is_masked
from vfibench.registry import DATASETS, METRICS, PAGES, Registry
from vfibench.testing import check_dataset, check_metric, check_names, check_page


def built_in(registry: Registry) -> list[str]:
    return [name for name in registry.names() if registry.origin(name) == "built-in"]


OWN_PICTURES = [name for name in built_in(METRICS) if not (METRICS.card(name).optional or is_masked(name))]


def test_there_are_metrics_and_pages_to_check():
    assert {"psnr", "ssim", "ie", "psnr@rife", "ssim@exact-truncated"} <= set(OWN_PICTURES)
    assert {"overview", "leaderboard", "sample"} <= set(built_in(PAGES))


SOME = OWN_PICTURES[::8]
"""Those that the default run checks; the long tests check all."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SOME else [pytest.mark.slow]) for name in OWN_PICTURES]
)
def test_a_metric_conforms(name: str):
    report = check_metric(name)
    report.assert_ok()
    assert report.count("passed") == len(check_names("metric"))


@pytest.mark.parametrize("name", [name for name in built_in(PAGES) if name != "sample"])
def test_a_page_conforms(name: str):
    report = check_page(name)
    report.assert_ok()
    assert report.count("passed") == len(check_names("page"))


@pytest.mark.slow
def test_the_sample_pages_conform():
    check_page("sample").assert_ok()


@pytest.mark.slow
def test_the_synthetic_dataset_conforms():
    report = check_dataset("synthetic")
    report.assert_ok()
    skipped = {result.name for result in report if result.status == "skipped"}
    assert skipped == {"times_of", "masks", "changed_files", "inventory"}


def test_a_folder_of_frames_conforms(tmp_path: Path):
    clip = make_clip(tmp_path / "clip", count=17)
    for factor in (None, 4):
        report = check_dataset(f"clip:{clip}", factor=factor)
        report.assert_ok()
        assert report["changed_files"].status == report["list_file"].status == "passed"


@pytest.mark.parametrize("name", ["ucf101", "davis-480p", "middlebury"])
def test_a_dataset_of_files_conforms(shared, name: str):
    report = check_dataset(name, root=shared("data"), partial=True)
    report.assert_ok()
    assert report["inventory"].status == "passed"
    assert DATASETS.card(name).folders
