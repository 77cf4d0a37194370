from __future__ import annotations

import numpy as np
import pytest

from vfibench.contracts import Dataset, DatasetOptions
from vfibench.datasets.selection import list_hash
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench.frames.resize import reduced_pictures
from vfibench_datasets.source import read_list
from vfibench_datasets.stvsr import CARDS, FAST, MEDIUM, SLOW, TIMES, VID4, windows

LENGTHS = {"calendar": 41, "city": 34, "foliage": 49, "walk": 47}


@pytest.fixture
def own(shared, shared_root):
    return shared_root(inputs=4, list_file=shared("data", "vimeo_septuplet", "sep_testlist.txt"))


@pytest.fixture
def vid4(empty_files, tmp_path):
    """A complete Vid4 of empty files."""
    names = [f"vid4/GT/{clip}/{k:03d}.png" for clip, n in LENGTHS.items() for k in range(n)]
    empty_files(tmp_path, names)
    return tmp_path


@pytest.mark.parametrize(("source", "count"), [(FAST, 1225), (MEDIUM, 4977), (SLOW, 1613)])
def test_official_lists_have_the_published_counts(source, count):
    assert len(source.lines()) == len(set(source.lines())) == source.card.count == count
    assert list_hash(source.lines()) == source.card.list_sha256


def test_the_three_lists_part_the_septuplet_test_list_but_for_nine_clips():
    parts = [clip for source in (FAST, MEDIUM, SLOW) for clip in source.lines()]
    assert len(parts) == len(set(parts)) == 7815
    assert len(set(read_list("vimeo90k_sep_testlist.txt")) - set(parts)) == 9
    assert set(parts) <= set(read_list("vimeo90k_sep_testlist.txt"))


def test_odd_frames_go_in_a_quarter_as_large_and_all_seven_come_out(own):
    dataset = FAST(own)
    assert isinstance(dataset, Dataset)
    assert len(dataset) == 8
    sample = dataset[2]
    clip = dataset.root / "vimeo_septuplet/sequences/00001/0003"
    full = np.stack([read_image(clip / f"im{k}.png") for k in range(1, 8)])
    assert sample.id == "00001/0003"
    assert np.array_equal(sample.targets, full)
    assert np.array_equal(sample.frames, reduced_pictures(full[::2], 4))
    assert sample.frames.shape == (4, 3, 64, 112)
    assert sample.times == dataset.times == dataset.times_of(2) == TIMES


def test_official_clips_are_not_taken_for_those_on_disk(shared_root):
    with pytest.raises(VfibenchError, match=r"found 0 of 1225 .*`--list FILE` scores another selection"):
        FAST(shared_root(inputs=4, partial=True))


def test_two_inputs_are_not_offered(shared_root):
    with pytest.raises(VfibenchError, match="'vimeo90k-fast' gives 4 input frames, asked for 2"):
        FAST(shared_root(inputs=2))


def test_windows_share_one_frame_which_is_scored_once():
    items = windows([str(k) for k in range(15)], str, "clip")
    assert [item.id for item in items] == ["0", "6"]
    assert [item.inputs for item in items] == [("0", "2", "4", "6"), ("6", "8", "10", "12")]
    assert [target for item in items for target in item.targets] == [str(k) for k in range(13)]
    assert [item.times for item in items] == [TIMES, TIMES[1:]]
    assert windows(["0"] * 6, str, "clip") == []


def test_vid4_is_26_windows_with_160_scored_frames(vid4):
    dataset = VID4(DatasetOptions(root=vid4, inputs=4))
    assert dataset.selection.ranked
    assert dataset.selection.sha256 == VID4.card.list_sha256
    assert len(dataset) == VID4.card.count == 26
    assert sum(len(dataset.times_of(index)) for index in range(26)) == 160
    assert {item.tags["clip"] for item in dataset.items} == set(LENGTHS)
    assert [sum(name.startswith(clip) for name in dataset.ids) for clip in LENGTHS] == [6, 5, 8, 7]


def test_vid4_with_eight_digits_in_another_folder_has_the_same_ids(empty_files, tmp_path):
    names = [f"Vid4/GT/{clip}/{k:08d}.png" for clip, n in LENGTHS.items() for k in range(n)]
    empty_files(tmp_path, names)
    dataset = VID4(DatasetOptions(root=tmp_path, inputs=4))
    assert dataset.selection.sha256 == VID4.card.list_sha256


def test_a_missing_frame_of_vid4_is_named(vid4):
    (vid4 / "vid4/GT/walk/020.png").unlink()
    with pytest.raises(VfibenchError, match=r"found 25 of 26 .*first missing .*walk/020\.png"):
        VID4(DatasetOptions(root=vid4, inputs=4))


def test_own_lists_name_clips_or_windows(vid4, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("city/006\nwalk\n")
    dataset = VID4(DatasetOptions(root=vid4, inputs=4, list_file=own))
    assert dataset.ids[:2] == ("city/006", "walk/000")
    assert dataset.times == TIMES
    assert dataset.times_of(0) == TIMES[1:]
    own.write_text("city/007\n")
    with pytest.raises(VfibenchError, match="unknown sequence 'city/007'"):
        VID4(DatasetOptions(root=vid4, inputs=4, list_file=own))


def test_a_side_that_four_does_not_divide_is_refused(picture, tmp_path):
    for k in range(7):
        picture(tmp_path / "vid4/GT/clip" / f"{k:03d}.png", (20, 18))
    own = tmp_path / "own.txt"
    own.write_text("clip\n")
    dataset = VID4(DatasetOptions(root=tmp_path, inputs=4, list_file=own))
    with pytest.raises(VfibenchError, match="multiples of 4, found 20x18, in sample 'clip/000' of vid4"):
        dataset[0]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_cards_tell_scale_times_and_output_frames(card):
    assert (card.scale, card.inputs, card.times) == (4, (4,), TIMES)
    assert "7 output frames" in card.task
