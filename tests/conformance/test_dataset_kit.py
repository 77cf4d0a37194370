"""The conformance kit for datasets on good ones, and on faulty ones: each fault has one name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import made_plugins
import pytest
from faulty_datasets import FAULTS, faulty
from made_plugins import Code, Enlarged, Exact, Masked, OnDisk, Textures, Untold, write_triplets
from plugged import plugged

from vfibench.contracts import DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.system import process_state as state
from vfibench.testing import Report, check_dataset, check_names
from vfibench.testing.datasets import copies

GOOD = (Textures, Code, Exact, Masked, Enlarged, OnDisk, Untold)


def names(report: Report, status: str) -> set[str]:
    return {result.name for result in report if result.status == status}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_triplets(tmp_path_factory.mktemp("root") / "data")


@pytest.fixture(scope="module")
def reports(root: Path) -> dict[str, Report]:
    return {made.__name__: check_dataset(made, root=root) for made in GOOD}


def test_good_datasets_pass(reports: dict[str, Report]):
    for report in reports.values():
        assert not names(report, "failed"), str(report)
        report.assert_ok()


def test_every_check_is_passed_by_some_good_dataset(reports: dict[str, Report]):
    passed = set.union(*(names(report, "passed") for report in reports.values()))
    assert passed == set(check_names("dataset"))


def test_what_a_dataset_does_not_offer_is_skipped_with_a_reason(reports: dict[str, Report]):
    assert names(reports["Untold"], "skipped") == {
        "times_of", "masks", "fingerprint", "changed_files", "inventory", "truth",
    }  # fmt: skip
    assert reports["Untold"]["fingerprint"].reason == "tells none: runs decode and hash some samples instead"
    assert reports["Code"]["changed_files"].reason == "tells no fingerprint of files"
    assert str(reports["Textures"]).startswith("made-textures, 5 samples, 2 or 4 input frames\n")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_the_check_it_belongs_to_and_no_other(name: str, root: Path, reports):
    report = check_dataset(faulty(name), root=root)
    assert names(report, "failed") == {FAULTS[name][0]}, str(report)
    good = names(reports[FAULTS[name][1].__name__], "skipped")
    for result in report:
        if result.status == "skipped" and result.name not in good:  # only ever as a consequence
            assert result.reason.startswith(("needs ", "opened as 5 samples (own list)")), str(report)


def test_every_check_is_the_one_name_of_some_fault():
    assert {check for check, _, _ in FAULTS.values()} == set(check_names("dataset"))


def test_a_dataset_may_be_given_as_name_target_card_class_or_function(root: Path):
    with plugged(Textures):
        ways = (
            "made-textures",
            "made_plugins:Textures",
            Textures.card,
            Textures,
            lambda asked: Textures(asked),
        )
        assert {str(check_dataset(way)) for way in ways} == {str(check_dataset(Textures))}


def test_files_that_are_not_there_are_no_fault_of_the_dataset(tmp_path: Path):
    with pytest.raises(VfibenchError, match="missing image"):
        check_dataset(OnDisk, root=tmp_path)
    with pytest.raises(VfibenchError, match="expected a data root"):
        check_dataset(OnDisk)


def test_what_makes_no_dataset_is_refused():
    with pytest.raises(VfibenchError, match="which makes nothing with a DatasetCard"):
        check_dataset(lambda options: 7)
    with pytest.raises(VfibenchError, match="could not be opened: ZeroDivisionError"):
        check_dataset(lambda options: 1 / 0)
    with pytest.raises(VfibenchError, match=r"unknown check 'frame'; did you mean frames"):
        check_dataset(Textures, expected_failures={"frame": "typo"})


def test_a_root_that_holds_too_much_is_not_copied(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copies, "MOST_FILES", 10)
    report = check_dataset(OnDisk, root=root)
    assert "holds more than 10 files" in report["changed_files"].reason
    assert report.ok


def test_a_root_that_options_do_not_lead_to_is_not_copied(root: Path, tmp_path: Path):
    report = check_dataset(type("Elsewhere", (OnDisk,), {"root": tmp_path}), root=root)
    assert "is neither the data root nor its argument" in report["changed_files"].reason


def test_the_files_are_left_as_they_were(root: Path):
    before = {path: path.read_bytes() for path in root.rglob("*.png")}
    check_dataset(OnDisk, root=root)
    assert {path: path.read_bytes() for path in root.rglob("*.png")} == before


def test_of_a_large_dataset_64_samples_are_decoded(monkeypatch: pytest.MonkeyPatch):
    decoded: set[int] = set()

    class Many(Textures):
        card = replace(Textures.card, inputs=(2,), count=None, list_sha256=None)

        def __init__(self, options: DatasetOptions) -> None:
            super().__init__(options)
            self.ids = [f"{place:03d}" for place in range(200)]
            sha256 = made_plugins.list_hash(self.ids)
            self.selection = replace(self.selection, chosen=200, official=200, sha256=sha256)

        def __getitem__(self, index: int) -> made_plugins.Sample:
            decoded.add(index)
            frames = made_plugins.pictures([index, index + 8])
            return made_plugins.Sample(self.ids[index], frames, frames, self.times)

    report = check_dataset(Many, expected_failures={"list_file": "knows its own ids alone"})
    assert "200 samples, 64 of them decoded" in str(report).splitlines()[0]
    assert len(decoded) == 64
    assert {0, 199} <= decoded


def test_the_kit_leaves_the_process_as_it_was_even_where_the_dataset_does_not():
    before = state.take()
    for name in ("seeds_numpy", "changes_folder"):
        check_dataset(faulty(name))
        assert state.changes(before) == []
