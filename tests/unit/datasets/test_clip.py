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
        ({"argument": ""}, "expected a video or a folder of frames, found none; do --dataset clip:VIDEO"),
        ({"argument": "/no/such/folder"}, "found nothing at /no/such/folder"),
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


def test_the_same_frames_are_one_dataset_however_the_folder_is_spelt(picture, tmp_path, monkeypatch):
    film = tmp_path / "film"
    for k in range(5):
        picture(film / f"im{k}.png", seed=k)
    (tmp_path / "link").symlink_to(film)
    moved = tmp_path / "elsewhere" / "film"
    shutil.copytree(film, moved)
    monkeypatch.chdir(tmp_path)
    opened = [clip(word) for word in ("film", "./film", "film/", film, "link", moved)]
    assert {one.label for one in opened} == {"clip:film"}
    assert len({(one.selection.sha256, one.fingerprint) for one in opened}) == 1
    assert {tag for one in opened for item in one.items for tag in item.tags.items()} == {("clip", "film")}
    assert clip(f"{film}=take 2").label == "clip:take 2"


def test_other_frames_in_a_folder_of_the_same_name_have_another_fingerprint(picture, tmp_path):
    for k in range(3):
        picture(tmp_path / "a" / "film" / f"{k}.png", seed=k)
        picture(tmp_path / "b" / "film" / f"{k}.png", seed=k + 1)
    one, other = clip(tmp_path / "a" / "film"), clip(tmp_path / "b" / "film")
    assert one.label == other.label
    assert one.fingerprint != other.fingerprint


def test_what_is_left_out_or_taken_in_an_order_of_its_own_is_told(picture, tmp_path):
    for name in ("begin", "end", "middle"):
        picture(tmp_path / f"{name}.png")
    assert clip(tmp_path).remarks == (
        f"frames of {tmp_path} have no numbers: they are taken by name, from begin.png to middle.png",
    )
    for name in ("begin", "end", "middle"):
        (tmp_path / f"{name}.png").unlink()
    for k in (0, 4, 8, 12):
        picture(tmp_path / f"{k}.png")
    (tmp_path / "._4.png").touch()
    (tmp_path / "Thumbs.db").touch()
    assert clip(tmp_path).remarks == (
        f"frames of {tmp_path} are numbered by 4: each is taken as next to the one before",
        f"2 files of {tmp_path} are no frames, left out: ._4.png, Thumbs.db",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda folder: (folder / "3.png").unlink(), "expected frame 3 after 2.png and found 4.png"),
        (
            lambda folder: shutil.copy(folder / "3.png", folder / "03.png"),
            "expected frame 4 after 03.png and found 3.png",
        ),
        (lambda folder: shutil.copy(folder / "3.png", folder / "3 (1).png"), r"found 3 \(1\)\.png"),
    ],
)
def test_a_folder_that_is_no_one_sequence_is_refused(picture, tmp_path, change, reason):
    for k in range(1, 6):
        picture(tmp_path / f"{k}.png", seed=k)
    change(tmp_path)
    with pytest.raises(VfibenchError, match=reason):
        clip(tmp_path)


def test_a_16_bit_clip_of_whole_levels_is_the_8_bit_clip_and_others_are_refused(tmp_path):
    import cv2

    levels = np.random.default_rng(0).integers(0, 256, (3, 6, 8)).astype(np.uint16)
    for k, level in enumerate(levels):
        cv2.imwrite(str(tmp_path / f"{k}.png"), level * 257)
    assert np.array_equal(clip(tmp_path)[0].targets[0], np.stack([levels[1]] * 3))
    cv2.imwrite(str(tmp_path / "1.png"), levels[1] * 256)
    with pytest.raises(VfibenchError, match=rf"16-bit values between the 8-bit levels, in {tmp_path}/1\.png"):
        clip(tmp_path)[0]
