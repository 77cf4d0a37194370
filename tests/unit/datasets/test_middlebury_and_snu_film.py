from __future__ import annotations

import numpy as np
import pytest

from vfibench.contracts import DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.middlebury import OTHER
from vfibench_datasets.snu_film import EASY, EXTREME, HARD, MEDIUM
from vfibench_datasets.source import read_list

LAYOUTS = [
    ("middlebury_others/", "input", "gt"),
    ("middlebury/", "input", "gt"),
    ("middlebury/", "other-data", "other-gt-interp"),
    ("", "other-data", "other-gt-interp"),
]


@pytest.fixture
def twelve(picture, tmp_path):
    """`twelve(folder, inputs, truth)` makes all 12 sequences, each of another size."""

    def make(folder, inputs, truth):
        for k, name in enumerate(read_list("middlebury_other.txt")):
            for file in (
                f"{inputs}/{name}/frame10",
                f"{inputs}/{name}/frame11",
                f"{truth}/{name}/frame10i11",
            ):
                picture(tmp_path / f"{folder}{file}.png", (8 + k, 6), seed=len(file))
        return DatasetOptions(root=tmp_path)

    return make


@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_twelve_make_an_official_ranked_selection(twelve, layout):
    dataset = OTHER(twelve(*layout))
    assert (dataset.selection.kind, dataset.selection.ranked, len(dataset)) == ("official", True, 12)
    assert dataset.selection.sha256 == OTHER.card.list_sha256
    sample = dataset[3]
    folder, inputs, truth = layout
    assert np.array_equal(
        sample.targets[0], read_image(dataset.root / f"{folder}{truth}/{sample.id}/frame10i11.png")
    )
    assert np.array_equal(
        sample.frames[1], read_image(dataset.root / f"{folder}{inputs}/{sample.id}/frame11.png")
    )


def test_the_shared_part_is_6_of_12(shared_root):
    dataset = OTHER(shared_root(partial=True))
    assert str(dataset.selection) == "6 of 12 (partial)"
    assert dataset[dataset.ids.index("Venus")].frames.shape == (2, 3, 380, 420)


def test_a_missing_ground_truth_is_the_first_missing_file(twelve):
    options = twelve(*LAYOUTS[2])
    gone = options.root / "middlebury/other-gt-interp/Grove3/frame10i11.png"
    gone.unlink()
    with pytest.raises(VfibenchError, match=f"found 11 of 12 in .*first missing {gone}"):
        OTHER(options)


def test_frames_of_one_sample_must_share_a_size(twelve, picture):
    options = twelve(*LAYOUTS[0])
    odd = picture(options.root / "middlebury_others/gt/Beanbags/frame10i11.png", (5, 4))
    with pytest.raises(VfibenchError, match=f"expected 8x6 pixels, found 5x4, in {odd}"):
        OTHER(options)[0]


def test_a_misspelt_sequence_gets_the_nearest_name(shared_root, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("Venus\r\nUrban22\r\n")
    with pytest.raises(VfibenchError, match=r"unknown sequence 'Urban22' in .*own\.txt.*did you mean Urban2"):
        OTHER(shared_root(list_file=own))


def test_an_own_list_keeps_its_order(shared_root, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("Venus\nBeanbags\n")
    assert OTHER(shared_root(list_file=own)).ids == ("Venus", "Beanbags")


def snu_files(source, folder="SNU-FILM"):
    items = [item for line in source.lines() for item in source.layouts[0].items(None, line, 2)]
    return sorted({name.replace("SNU-FILM", folder, 1) for item in items for name in item.files})


@pytest.mark.parametrize("folder", ["SNU-FILM", "snu_film"])
def test_the_baked_in_prefix_is_re_rooted(empty_files, tmp_path, folder):
    files = snu_files(HARD, folder)
    empty_files(tmp_path, files)
    dataset = HARD(DatasetOptions(root=tmp_path))
    assert dataset.selection.ranked
    item = dataset.items[0]
    assert item.id == "GOPRO_test/GOPR0384_11_00/000017"
    assert [path.rpartition("/")[2] for path in item.inputs] == ["000013.png", "000021.png"]
    assert item.targets == (f"{folder}/test/GOPRO_test/GOPR0384_11_00/000017.png",)


def test_the_four_lists_differ_in_the_distance_of_the_inputs_alone(empty_files, tmp_path):
    empty_files(tmp_path, snu_files(EASY) + snu_files(MEDIUM) + snu_files(HARD) + snu_files(EXTREME))
    four = [source(DatasetOptions(root=tmp_path)) for source in (EASY, MEDIUM, HARD, EXTREME)]
    assert len({dataset.ids for dataset in four}) == 1
    assert len({dataset.items[0].inputs for dataset in four}) == 4


def test_own_lists_hold_ids_or_three_paths_as_in_official_files(empty_files, tmp_path):
    empty_files(tmp_path, snu_files(HARD))
    folder = "data/SNU-FILM/test/YouTube_test/0019"
    own = tmp_path / "own.txt"
    own.write_text(f"{folder}/00399.png {folder}/00403.png {folder}/00407.png\nYouTube_test/0019/00411\n")
    dataset = HARD(DatasetOptions(root=tmp_path, list_file=own))
    assert dataset.ids == ("YouTube_test/0019/00403", "YouTube_test/0019/00411")


@pytest.mark.parametrize(
    "line",
    [
        "YouTube_test/0019/00402 YouTube_test/0019/00403 YouTube_test/0019/00404",
        "test/YouTube_test/0019/00402.png test/YouTube_test/0019/00403.png test/YouTube_test/0019/00404.png",
        "YouTube_test/0019/00404 YouTube_test/0019/00403",
        "YouTube_test/0019/99999",
    ],
)
def test_triplets_of_another_distance_or_form_are_refused(empty_files, tmp_path, line):
    empty_files(tmp_path, snu_files(HARD))
    own = tmp_path / "own.txt"
    own.write_text(f"{line}\n")
    with pytest.raises(VfibenchError, match="unknown sequence"):
        HARD(DatasetOptions(root=tmp_path, list_file=own))
