"""The synthetic dataset as the harness sees it: options, samples, photographs, threads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vfibench.contracts import Dataset, DatasetOptions, Sample
from vfibench.datasets.selection import list_hash
from vfibench.errors import VfibenchError
from vfibench.registry import import_sibling, load_target

import_sibling("vfibench_datasets", "datasets")
from vfibench_datasets.synthetic import photographs  # noqa: E402
from vfibench_datasets.synthetic.card import CARD  # noqa: E402
from vfibench_datasets.synthetic.dataset import open_synthetic  # noqa: E402


def listed(tmp_path: Path, text: str) -> DatasetOptions:
    path = tmp_path / "own.txt"
    path.write_bytes(text.encode())
    return DatasetOptions(list_file=path)


def same(one: Sample, other: Sample) -> bool:
    return np.array_equal(one.frames, other.frames) and np.array_equal(one.targets, other.targets)


def test_the_card_leads_to_a_dataset_of_its_count_and_list_without_a_data_root():
    dataset = load_target(CARD.target)(DatasetOptions())
    assert isinstance(dataset, Dataset)
    assert len(dataset) == len(dataset.ids) == len(set(dataset.ids)) == CARD.count
    assert CARD.list_sha256 == list_hash(dataset.ids) == dataset.selection.sha256
    assert dataset.selection.ranked
    assert dataset.ids[0] == "00-cat-drift"


def test_importing_the_card_imports_nothing_heavy():
    code = (
        "import sys; from vfibench.registry import import_sibling;"
        "import_sibling('vfibench_datasets.synthetic.card', 'datasets');"
        "print(*({'numpy', 'PIL', 'torch', 'skimage'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not found.stdout.strip()


@pytest.mark.parametrize(
    ("inputs", "factor", "times"), [(2, None, CARD.times), (4, 2, (0.5,)), (2, 4, (0.25, 0.5, 0.75))]
)
def test_a_sample_has_the_frames_and_targets_that_were_asked_for(inputs, factor, times):
    sample = open_synthetic(DatasetOptions(inputs=inputs, factor=factor))[3]
    assert sample.times == times
    assert sample.frames.shape == (inputs, 3, 256, 448)
    assert sample.targets.shape == (len(times), 3, 256, 448)
    assert sample.frames.dtype == sample.targets.dtype == np.uint8
    assert sample.mask is None


def test_options_change_which_frames_are_given_and_not_the_frames():
    two = open_synthetic(DatasetOptions(inputs=2))[12]
    four = open_synthetic(DatasetOptions(inputs=4, factor=4))[12]
    assert np.array_equal(four.frames[1:3], two.frames)
    assert np.array_equal(four.targets, two.targets[1::2])
    assert len({frame.tobytes() for frame in four.frames}) == 4


def test_tags_are_plain_values_and_the_motion_class_follows_the_motion():
    dataset = open_synthetic(DatasetOptions(factor=2))
    first, last = dataset[0].tags, dataset[23].tags
    assert all(type(value) in (str, int, float, bool) for value in last.values())
    assert (first["motion"], last["motion"]) == ("small", "extreme")
    assert first["seed"] != last["seed"]


def test_an_index_beyond_the_end_is_an_index_error_so_that_iteration_ends():
    dataset = open_synthetic(DatasetOptions(factor=2))
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    assert same(dataset[-1], dataset[23])


def test_an_own_list_keeps_its_order_and_is_never_ranked(tmp_path):
    dataset = open_synthetic(listed(tmp_path, "05-brick-horse\r\n00-cat-drift\r\n\r\n"))
    assert list(dataset.ids) == ["05-brick-horse", "00-cat-drift"]
    assert (dataset.selection.kind, dataset.selection.chosen) == ("own list", 2)
    assert not dataset.selection.ranked
    assert same(dataset[0], open_synthetic(DatasetOptions())[5])
    assert np.array_equal(dataset.truth(0, 0.5).flow0, open_synthetic(DatasetOptions()).truth(5, 0.5).flow0)


@pytest.mark.parametrize(
    ("text", "message"),
    [("00-cat-drfit\n", "00-cat-drfit.*did you mean 00-cat-drift"), ("00-cat-drift\n" * 2, "occurs twice")],
)
def test_a_wrong_line_of_an_own_list_is_named(tmp_path, text, message):
    with pytest.raises(VfibenchError, match=message):
        open_synthetic(listed(tmp_path, text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (DatasetOptions(argument="DIR"), "no argument"),
        (DatasetOptions(inputs=3), "2 or 4 input frames"),
        (DatasetOptions(factor=3), "factor of 2, 4 or 8"),
    ],
)
def test_an_option_that_does_not_apply_is_refused(options, message):
    with pytest.raises(VfibenchError, match=message):
        open_synthetic(options)


def test_a_missing_or_changed_photograph_is_named_before_anything_is_rendered(tmp_path, monkeypatch):
    shutil.copytree(photographs.folder(), tmp_path / "data", ignore=shutil.ignore_patterns("*.npy", "*.py"))
    monkeypatch.setattr(photographs, "folder", lambda: tmp_path / "data")
    open_synthetic(DatasetOptions())
    moon = tmp_path / "data" / "moon.png"
    moon.write_bytes(moon.read_bytes()[:-1])
    with pytest.raises(VfibenchError, match=r"expected SHA-256 78739619d11f.*moon\.png; reinstall"):
        open_synthetic(DatasetOptions())
    moon.unlink()
    with pytest.raises(VfibenchError, match=r"expected the photograph .*moon\.png, found no such file"):
        open_synthetic(DatasetOptions())


def test_scikit_image_that_is_not_installed_is_said_so(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(VfibenchError, match="scikit-image, which is not installed"):
        open_synthetic(DatasetOptions())


def test_photographs_cannot_be_changed_by_who_reads_them():
    with pytest.raises(ValueError, match="read-only"):
        photographs.photograph("cat")[0, 0, 0] = 1


def test_four_threads_at_once_get_what_one_gets():
    dataset = open_synthetic(DatasetOptions(factor=2))
    alone = [dataset[index] for index in (5, 9)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(dataset.__getitem__, [5, 9] * 4))
    assert all(same(sample, alone[k % 2]) for k, sample in enumerate(together))


def test_truth_is_asked_for_between_the_inputs_only():
    with pytest.raises(VfibenchError, match=r"time in 0\.\.1, found 1\.5"):
        open_synthetic(DatasetOptions()).truth(0, 1.5)
