from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from vfibench.contracts import Dataset, DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.clip import open_clip


@pytest.fixture
def basketball(shared):
    """100 frames im1.png ... im100.png, which sort wrongly by name."""
    return shared("data", "clips", "BasketballPass_416x240_50")


def clip(folder, **changes):
    return open_clip(DatasetOptions(argument=str(folder), **changes))


def frame_numbers(dataset, index, folder):
    """Inputs and targets of a sample as numbers of the files with the same pixels."""
    sample = dataset[index]
    near = {k: read_image(folder / f"im{k}.png") for k in range(1, 26)}
    find = lambda picture: next(k for k, image in near.items() if np.array_equal(image, picture))  # noqa: E731
    return [find(frame) for frame in sample.frames], [find(target) for target in sample.targets]


@pytest.mark.parametrize(
    ("factor", "index", "expected"),
    [
        (None, 4, ([9, 11], [10])),
        (2, 0, ([1, 3], [2])),
        (4, 2, ([9, 13], [10, 11, 12])),
        (8, 1, ([9, 17], [10, 11, 12, 13, 14, 15, 16])),
    ],
)
def test_frames_follow_each_other_in_natural_order(basketball, factor, index, expected):
    assert frame_numbers(clip(basketball, factor=factor), index, basketball) == expected


@pytest.mark.parametrize(
    ("factor", "samples", "times"),
    [(2, 49, (0.5,)), (4, 24, (0.25, 0.5, 0.75)), (8, 12, tuple(k / 8 for k in range(1, 8)))],
)
def test_times_and_counts_follow_from_the_factor(basketball, factor, samples, times):
    dataset = clip(basketball, factor=factor)
    assert isinstance(dataset, Dataset)
    assert len(dataset) == samples
    assert dataset.times == dataset[0].times == times
    assert dataset[0].targets.shape == (factor - 1, 3, 240, 416)


@pytest.mark.parametrize(("index", "expected", "edge"), [(0, [1, 1, 5, 9], True), (1, [1, 5, 9, 13], False)])
def test_four_frame_windows_replicate_at_the_start(basketball, index, expected, edge):
    dataset = clip(basketball, factor=4, inputs=4)
    assert frame_numbers(dataset, index, basketball)[0] == expected
    tags = {"clip": basketball.name} | ({"edge": "replicated"} if edge else {})
    assert dict(dataset[index].tags) == tags


def test_four_frame_windows_replicate_at_the_last_input(basketball):
    item = clip(basketball, factor=4, inputs=4).items[-1]
    assert item.inputs == ("im89.png", "im93.png", "im97.png", "im97.png")
    assert item.tags == {"clip": basketball.name, "edge": "replicated"}


def test_ids_are_the_file_names_of_the_first_targets(basketball):
    assert clip(basketball).ids[:6] == ("im2", "im4", "im6", "im8", "im10", "im12")
    assert clip(basketball, factor=4).ids[:3] == ("im2", "im6", "im10")


def test_the_selection_is_an_own_list_and_never_ranked(basketball):
    selection = clip(basketball).selection
    assert str(selection) == "49 samples (own list)"
    assert selection.official is None
    assert not selection.ranked


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "webp", "tif", "PNG"])
def test_every_common_format_is_read(picture, tmp_path, suffix):
    for k in range(3):
        picture(tmp_path / f"{k}.{suffix}", seed=k)
    (tmp_path / "notes.txt").write_text("not a frame")
    assert clip(tmp_path)[0].frames.shape == (2, 3, 6, 8)


def test_a_frame_of_another_size_is_named_before_anything_is_scored(picture, tmp_path):
    for k in range(5):
        picture(tmp_path / f"{k}.png")
    odd = picture(tmp_path / "3.png", (8, 7))
    with pytest.raises(VfibenchError, match=f"expected 8x6 pixels, found 8x7, in {odd}"):
        clip(tmp_path)


@pytest.mark.parametrize(("count", "factor"), [(0, None), (2, 2), (4, 4), (8, 8)])
def test_too_few_frames_say_how_many_are_needed(picture, tmp_path, count, factor):
    for k in range(count):
        picture(tmp_path / f"{k}.png")
    with pytest.raises(
        VfibenchError, match=f"expected {(factor or 2) + 1} frames or more .* found {count}, in"
    ):
        clip(tmp_path, factor=factor)


def test_a_file_that_is_no_picture_is_named(picture, tmp_path):
    for k in range(3):
        picture(tmp_path / f"{k}.png")
    (tmp_path / "1.png").write_text("not a picture")
    with pytest.raises(VfibenchError, match=rf"cannot read image {tmp_path / '1.png'}"):
        clip(tmp_path)


def test_a_truncated_frame_is_named_when_it_is_decoded(basketball, tmp_path):
    for k in (1, 2, 3):
        shutil.copy(basketball / f"im{k}.png", tmp_path)
    broken = tmp_path / "im2.png"
    broken.write_bytes(broken.read_bytes()[:20000])
    with pytest.raises(VfibenchError, match=f"cannot read image {broken}"):
        clip(tmp_path)[0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"argument": ""}, "expected a folder of frames, found none; do --dataset clip:DIR"),
        ({"argument": "/no/such/folder"}, "found no folder /no/such/folder"),
        ({"argument": ".", "factor": 3}, "expected factor 2, 4 or 8, found 3"),
        ({"argument": ".", "inputs": 3}, "gives 2 or 4 input frames, asked for 3"),
    ],
)
def test_wrong_options_end_in_one_line(options, reason):
    with pytest.raises(VfibenchError, match=reason) as caught:
        open_clip(DatasetOptions(**options))
    assert "\n" not in str(caught.value)


def test_two_frames_of_one_name_are_refused(picture, tmp_path):
    for name in ("1.png", "2.png", "3.png", "2.jpg"):
        picture(tmp_path / name)
    with pytest.raises(VfibenchError, match="expected one frame called '2', found several"):
        clip(tmp_path)


def test_an_own_list_picks_samples(basketball, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("im10\r\nim4\r\n\r\n")
    assert clip(basketball, list_file=own).ids == ("im10", "im4")
    own.write_text("im10\nim3\n")
    with pytest.raises(VfibenchError, match="unknown sequence 'im3' in"):
        clip(basketball, list_file=own)
    own.write_text("im10\nim10\n")
    with pytest.raises(VfibenchError, match="'im10' occurs twice"):
        clip(basketball, list_file=own)


def test_grey_frames_become_rgb(tmp_path):
    for k in range(3):
        Image.fromarray(np.full((6, 8), 40 * k, np.uint8)).save(tmp_path / f"{k}.png")
    assert clip(tmp_path)[0].targets[0, :, 0, 0].tolist() == [40, 40, 40]


def test_samples_are_decoded_alike_on_many_threads(basketball):
    from concurrent.futures import ThreadPoolExecutor

    dataset = clip(basketball)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(dataset.__getitem__, [0, 1, 2, 3] * 2))
    for index, sample in zip([0, 1, 2, 3] * 2, together, strict=True):
        assert np.array_equal(sample.frames, dataset[index].frames)
