from __future__ import annotations

import numpy as np
import pytest

from vfibench.contracts import DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.davis import TRAINVAL_2016, TRIPLETS, VAL_2017
from vfibench_datasets.source import read_list


def test_the_shared_triplets_are_15_of_30_with_the_frame_between(shared, shared_root):
    dataset = TRIPLETS(shared_root(partial=True))
    assert str(dataset.selection) == "15 of 30 (partial)"
    sample = dataset[dataset.ids.index("turtle")]
    folder = shared("data", "davis")
    first, last = (read_image(folder / "input" / "turtle" / f"frame{k}.png") for k in (10, 11))
    assert np.array_equal(sample.frames, np.stack([first, last]))
    assert np.array_equal(sample.targets[0], read_image(folder / "gt" / "turtle" / "frame10i11.png"))


def test_sizes_may_differ_between_samples(shared_root):
    dataset = TRIPLETS(shared_root(partial=True))
    assert len({dataset[k].frames.shape for k in range(len(dataset))}) == 6


def test_the_29_that_adacof_evaluates_are_an_own_list(empty_files, tmp_path):
    scenes = read_list("davis_adacof.txt")
    files = [f"davis/input/{name}/frame{k}.png" for name in scenes for k in (10, 11)]
    empty_files(tmp_path, files + [f"davis/gt/{name}/frame10i11.png" for name in scenes])
    assert TRIPLETS(DatasetOptions(root=tmp_path)).selection.ranked
    own = tmp_path / "29.txt"
    own.write_text("\n".join(name for name in scenes if name != "dog-control"))
    assert str(TRIPLETS(DatasetOptions(root=tmp_path, list_file=own)).selection) == "29 samples (own list)"


def test_the_shared_sequence_gives_39_of_1684_samples(shared_root):
    """car-turn has 80 frames: targets 1, 3, ... 77; frame 79 has no right neighbour."""
    dataset = TRAINVAL_2016(shared_root(partial=True))
    assert str(dataset.selection) == "39 of 1684 (partial)"
    assert dataset.ids == tuple(f"car-turn/{k:05d}" for k in range(1, 78, 2))


@pytest.mark.parametrize(
    ("name", "inputs", "expected", "tags"),
    [
        ("00001", 4, (0, 0, 2, 4), {"edge": "replicated"}),
        ("00003", 4, (0, 2, 4, 6), {}),
        ("00075", 4, (72, 74, 76, 78), {}),
        ("00077", 4, (74, 76, 78, 78), {"edge": "replicated"}),
        ("00001", 2, (0, 2), {}),
        ("00077", 2, (76, 78), {}),
    ],
)
def test_windows_are_the_even_neighbours(shared, shared_root, name, inputs, expected, tags):
    dataset = TRAINVAL_2016(shared_root(partial=True, inputs=inputs))
    sample = dataset[dataset.ids.index(f"car-turn/{name}")]
    folder = shared("data", "DAVIS", "JPEGImages", "480p", "car-turn")
    wanted = np.stack([read_image(folder / f"{k:05d}.jpg") for k in expected])
    assert np.array_equal(sample.frames, wanted)
    assert np.array_equal(sample.targets[0], read_image(folder / f"{name}.jpg"))
    assert dict(sample.tags) == tags | {"clip": "car-turn"}


def test_car_turn_is_not_in_the_2017_val_list(shared_root):
    with pytest.raises(VfibenchError, match="found 0 of 974"):
        VAL_2017(shared_root(partial=True))


def test_an_own_list_names_sequences_or_samples(shared_root, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("car-turn/00041\r\ncar-turn/00003\r\n\r\n")
    assert TRAINVAL_2016(shared_root(list_file=own)).ids == ("car-turn/00041", "car-turn/00003")
    own.write_text("car-turn\n")
    assert len(VAL_2017(shared_root(list_file=own))) == 39


@pytest.mark.parametrize("line", ["car-turns", "car-turn/00002", "car-turn/00079"])
def test_an_unknown_sequence_or_frame_gets_the_nearest_name(shared_root, tmp_path, line):
    own = tmp_path / "own.txt"
    own.write_text(f"{line}\n")
    with pytest.raises(VfibenchError, match=rf"unknown sequence '{line}' in .*did you mean car-turn"):
        TRAINVAL_2016(shared_root(list_file=own))


def test_a_sequence_of_neither_list_is_as_long_as_on_disk(empty_files, tmp_path):
    empty_files(tmp_path, [f"DAVIS/JPEGImages/480p/my-clip/{k:05d}.jpg" for k in range(8)])
    own = tmp_path / "own.txt"
    own.write_text("my-clip\n")
    dataset = TRAINVAL_2016(DatasetOptions(root=tmp_path, list_file=own))
    assert dataset.ids == ("my-clip/00001", "my-clip/00003", "my-clip/00005")


@pytest.mark.parametrize(("source", "year"), [(TRAINVAL_2016, "2016"), (VAL_2017, "2017_val")])
def test_all_sequences_make_the_set_official_and_one_frame_less_does_not(empty_files, tmp_path, source, year):
    rows = [row.split(",") for row in read_list(f"davis_{year}_frames.csv")[1:]]
    files = [f"DAVIS/JPEGImages/480p/{name}/{k:05d}.jpg" for name, count in rows for k in range(int(count))]
    empty_files(tmp_path, files)
    dataset = source(DatasetOptions(root=tmp_path, inputs=4))
    assert dataset.selection.ranked
    assert len(dataset) == source.card.count == sum((int(count) - 1) // 2 for _, count in rows)
    (tmp_path / "DAVIS/JPEGImages/480p/soapbox/00010.jpg").unlink()
    with pytest.raises(VfibenchError, match=r"first missing .*soapbox/00010\.jpg"):
        source(DatasetOptions(root=tmp_path))
