from __future__ import annotations

import inspect
from importlib import metadata

import pytest
import torch
from torchvision import models

from vfibench.contracts import DatasetCard
from vfibench.doctor import dataset_report, environment_report
from vfibench.errors import VfibenchError
from vfibench.registry import DATASETS
from vfibench.system.provenance import LIBRARIES, versions
from vfibench_datasets.source import read_list


def test_a_part_is_counted_and_its_first_missing_files_are_named(shared):
    root = shared("data")
    report = dataset_report("ucf101", root)
    assert (report.ok, report.found, report.total) == (False, 100, 379)
    assert report.status == "partial: 100 of 379 samples; needs --partial, and is never ranked"
    assert report.folder == root / "ucf101_interp_ours"
    assert report.folder in report.looked_for
    expected = ["1", "11", "21", "41", "51"]
    assert list(report.missing) == [report.folder / name / "frame_00.png" for name in expected]
    assert report.card.source
    assert report.card.layout


def test_a_complete_set_is_ok(picture, tmp_path):
    for name in read_list("middlebury_other.txt"):
        for file in ("input/{}/frame10", "input/{}/frame11", "gt/{}/frame10i11"):
            picture(tmp_path / "middlebury" / f"{file.format(name)}.png")
    report = dataset_report("middlebury", tmp_path)
    assert report.ok
    assert report.status == "complete: 12 of 12 samples"
    assert report.missing == ()


def test_a_set_that_is_not_there_says_where_to_get_it(tmp_path):
    report = dataset_report("vimeo90k", tmp_path)
    assert not report.ok
    assert "toflow.csail.mit.edu" in report.status
    assert report.looked_for == (
        tmp_path / "vimeo_triplet/sequences",
        tmp_path / "vimeo_interp_test/target",
    )
    assert (report.folder, report.found, report.total) == (None, 0, 3782)


def test_a_folder_with_none_of_the_official_samples_says_so(shared):
    report = dataset_report("vimeo90k-septuplet", shared("data"))
    assert "none of the 23472 official samples" in report.status
    assert report.found == 0
    assert len(report.missing) == 5


def test_no_data_root_is_reported_rather_than_raised():
    report = dataset_report("davis", None)
    assert not report.ok
    assert "VFIBENCH_DATA" in report.status


def test_a_clip_is_opened(shared):
    folder = shared("data", "clips", "sintel_raft_demo_1024x436")
    report = dataset_report(f"clip:{folder}", None)
    assert report.ok
    assert report.status == "4 samples"
    assert report.folder == folder
    assert "nothing at /no/such" in dataset_report("clip:/no/such", None).status


def test_an_argument_too_many_or_missing_is_refused_as_a_run_does(tmp_path):
    with pytest.raises(VfibenchError, match="ucf101 takes no argument, found 'ucf101:foo'"):
        dataset_report("ucf101:foo", tmp_path)
    with pytest.raises(VfibenchError, match="expected clip:PATH"):
        dataset_report("clip", None)


def test_the_built_in_set_needs_no_root():
    report = dataset_report("synthetic", None)
    assert report.ok
    assert report.status.startswith("built in: ")
    assert report.found > 0


def test_an_unknown_dataset_gets_the_nearest_names():
    with pytest.raises(VfibenchError, match="did you mean ucf101"):
        dataset_report("ucf10", None)


class Outside:
    """A third party's dataset, without an inventory."""

    card = DatasetCard(name="outside", target=f"{__name__}:Outside")
    remarks = ("made for a test",)

    def __init__(self, options):
        if options.root is None:
            raise VfibenchError("expected a data root, found none")

    def __len__(self):
        return 7


def test_a_plugin_without_an_inventory_is_opened_instead(monkeypatch, tmp_path):
    monkeypatch.setattr("vfibench.doctor.load_target", lambda target: Outside)
    monkeypatch.setattr(DATASETS, "card", lambda name: Outside.card)
    assert dataset_report("outside", None).status == "expected a data root, found none"
    report = dataset_report("outside", tmp_path)
    assert (report.ok, report.found, report.remarks) == (True, 7, ("made for a test",))


def test_the_environment_names_the_versions_scores_depend_on(tmp_path):
    report = environment_report(tmp_path)
    assert report.versions["pillow"] == metadata.version("pillow")
    assert {"python", "vfibench", "torch", "numpy", "pillow"} <= set(report.versions)
    assert set(report.versions) <= {"python", "vfibench", *LIBRARIES}
    assert (report.data_root, report.data_root_found, report.cuda) == (tmp_path, True, "not checked")
    assert not environment_report(tmp_path / "nowhere").data_root_found
    assert environment_report().data_root is None


def test_a_library_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr("vfibench.system.provenance.LIBRARIES", ("no-such-library", "pillow"))
    monkeypatch.setattr("vfibench.doctor.versions", inspect.unwrap(versions))  # not what was found before
    assert list(environment_report().versions) == ["python", "vfibench", "pillow"]


def test_cuda_is_looked_at_when_asked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert environment_report(cuda=True).cuda in {"no CUDA device", "torch is built without CUDA"}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "A GPU")
    assert environment_report(cuda=True).cuda.startswith("A GPU")


def test_optional_columns_are_looked_at_when_asked(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.delenv("VFIBENCH_BACKBONES", raising=False)
    assert environment_report().columns == {}
    columns = environment_report(columns=True).columns
    assert list(columns) == ["lpips", "lpips-squeeze"]
    for problem in columns.values():
        assert "--backbones" in problem
    assert list(tmp_path.iterdir()) == []  # nothing was downloaded
    network = models.squeezenet1_1(weights=None)
    torch.save(network.state_dict(), tmp_path / "squeezenet1_1.pth")
    monkeypatch.setattr("vfibench.metrics.backbone_identity.SPREAD", {})  # random weights will do here
    monkeypatch.setenv("VFIBENCH_BACKBONES", str(tmp_path))
    columns = environment_report(columns=True).columns
    assert columns["lpips-squeeze"] == ""
    assert columns["lpips"]


def test_a_broken_plugin_is_reported():
    from vfibench.registry import Problem

    DATASETS.names()
    problem = Problem("broken (somewhere)", "ImportError: no")
    DATASETS._problems.append(problem)
    try:
        assert problem in environment_report().problems
    finally:
        DATASETS._problems.remove(problem)
