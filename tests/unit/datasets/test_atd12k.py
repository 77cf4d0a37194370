from __future__ import annotations

import numpy as np
import pytest

from vfibench.contracts import DatasetOptions
from vfibench.doctor import dataset_report
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.atd12k import TEST

FOLDER = "ATD-12K/test_2k_540p"


def files(count, folder=FOLDER, suffix="png"):
    return [
        f"{folder}/Scene_v4_0_{number:06d}_s2/frame{frame}.{suffix}"
        for number in range(count)
        for frame in (1, 2, 3)
    ]


@pytest.mark.parametrize(("folder", "suffix"), [(FOLDER, "png"), ("test_2k_540p", "jpg")])
def test_two_thousand_folders_are_the_set_in_sorted_order(empty_files, tmp_path, folder, suffix):
    empty_files(tmp_path, files(2000, folder, suffix))
    dataset = TEST(DatasetOptions(root=tmp_path))
    assert dataset.selection.ranked
    assert (len(dataset), dataset.selection.official) == (2000, 2000)
    assert list(dataset.ids) == sorted(dataset.ids)
    assert dataset_report("atd12k", tmp_path).status == "complete: 2000 of 2000 samples"


def test_the_first_and_third_frame_give_the_second(picture, tmp_path):
    for name in files(1):
        picture(tmp_path / name, (960, 540), seed=int(name[-5]))
    sample = TEST(DatasetOptions(root=tmp_path, partial=True))[0]
    for frame, number in zip([*sample.frames, *sample.targets], (1, 3, 2), strict=True):
        path = tmp_path / FOLDER / sample.id / f"frame{number}.png"
        assert np.array_equal(frame, read_image(path))


def test_a_folder_too_few_is_partial_and_one_too_many_is_refused(empty_files, tmp_path):
    empty_files(tmp_path, files(1999))
    with pytest.raises(VfibenchError, match=r"2000 samples of atd12k, found 1999 of 2000 in [^,]*; do"):
        TEST(DatasetOptions(root=tmp_path))
    selection = TEST(DatasetOptions(root=tmp_path, partial=True)).selection
    assert (str(selection), selection.ranked) == ("1999 of 2000 (partial)", False)
    empty_files(tmp_path, files(2001))
    with pytest.raises(VfibenchError, match=r"official 2000 samples of atd12k, found 2001 in .*--list FILE"):
        TEST(DatasetOptions(root=tmp_path, partial=True))
    assert dataset_report("atd12k", tmp_path).status == "too many: 2001 samples, the official set has 2000"


def test_an_incomplete_triplet_is_named(empty_files, tmp_path):
    empty_files(tmp_path, files(2000)[:-1])
    gone = tmp_path / files(2000)[-1]
    with pytest.raises(VfibenchError, match=f"found 1999 of 2000 in .*first missing {gone}"):
        TEST(DatasetOptions(root=tmp_path))
    assert dataset_report("atd12k", tmp_path).missing == (gone,)


def test_pictures_of_the_original_size_are_refused(picture, tmp_path):
    for name in files(1):
        path = picture(tmp_path / name, (1920, 1080))
    with pytest.raises(VfibenchError, match=f"expected 960x540 pixels, found 1920x1080, in {path.parent}"):
        TEST(DatasetOptions(root=tmp_path, partial=True))[0]


def test_an_own_list_names_folders(empty_files, tmp_path):
    empty_files(tmp_path, files(3))
    own = tmp_path / "own.txt"
    own.write_text("Scene_v4_0_000002_s2\nScene_v4_0_000000_s2\n")
    dataset = TEST(DatasetOptions(root=tmp_path, list_file=own))
    assert dataset.ids == ("Scene_v4_0_000002_s2", "Scene_v4_0_000000_s2")
    own.write_text("Scene_v4_0_000007_s2\n")
    with pytest.raises(VfibenchError, match=r"unknown sequence 'Scene_v4_0_000007_s2'.*did you mean"):
        TEST(DatasetOptions(root=tmp_path, list_file=own))


def test_a_root_without_it_says_where_to_get_it(tmp_path):
    report = dataset_report("atd12k", tmp_path)
    assert (report.ok, report.found, report.total) == (False, 0, 2000)
    assert "github.com/lisiyao21/AnimeInterp" in report.status
    with pytest.raises(VfibenchError, match=r"expected atd12k in .*found nothing there"):
        TEST(DatasetOptions(root=tmp_path))
