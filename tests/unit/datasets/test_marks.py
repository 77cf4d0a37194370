"""What a dataset of files notices of a changed one, where files are few and where they are many."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vfibench.contracts import DatasetOptions
from vfibench.datasets.opening import open_dataset
from vfibench_datasets import marks
from vfibench_datasets.files import FileSample

NAMES = ("a.png", "b.png", "c.png")
SAMPLES = [FileSample("one", NAMES[::2], NAMES[1:2])]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three PNGs without compression, so that other pixels make no other size."""
    for number, name in enumerate(NAMES):
        save(tmp_path / name, number)
    return tmp_path


def save(path: Path, seed: int, first: int | None = None) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 64, 3), np.uint8)
    if first is not None:
        pixels[0, 0, 0] = first
    Image.fromarray(pixels).save(path, compress_level=0)


@pytest.mark.parametrize("whole", [True, False])
def test_one_other_pixel_in_a_file_of_the_same_size_is_noticed(root: Path, whole: bool) -> None:
    size, before = (root / "b.png").stat().st_size, marks.fingerprint(root, SAMPLES, whole=whole)
    with Image.open(root / "b.png") as image:
        other = (int(np.array(image)[0, 0, 0]) + 1) % 256
    save(root / "b.png", 1, other)
    assert (root / "b.png").stat().st_size == size
    assert marks.fingerprint(root, SAMPLES, whole=whole) != before


@pytest.mark.parametrize("whole", [True, False])
def test_a_copy_elsewhere_is_the_same_and_two_files_exchanged_are_not(
    root: Path, whole: bool, tmp_path_factory
) -> None:
    before = marks.fingerprint(root, SAMPLES, whole=whole)
    copy = tmp_path_factory.mktemp("copy") / "root"
    shutil.copytree(root, copy, copy_function=shutil.copyfile)  # with other times
    assert marks.fingerprint(copy, SAMPLES, whole=whole) == before
    (copy / "a.png").rename(copy / "x.png")
    (copy / "c.png").rename(copy / "a.png")
    (copy / "x.png").rename(copy / "c.png")
    assert marks.fingerprint(copy, SAMPLES, whole=whole) != before


def test_a_file_is_counted_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    each = (root / "a.png").stat().st_size
    monkeypatch.setattr(marks, "FEW", 3 * each)
    assert marks.are_few(root, [*SAMPLES, *SAMPLES])
    monkeypatch.setattr(marks, "FEW", 3 * each - 1)
    assert not marks.are_few(root, SAMPLES)


def test_a_dataset_of_many_files_says_what_it_does_not_see(shared, monkeypatch: pytest.MonkeyPatch) -> None:
    options = DatasetOptions(root=shared("data"), partial=True)
    few = open_dataset("ucf101", options)
    assert few.remarks == ()
    monkeypatch.setattr(marks, "FEW", 0)
    many = open_dataset("ucf101", options)
    (remark,) = many.remarks
    assert "noticed by its size and its last bytes" in remark
    assert many.fingerprint != few.fingerprint
