"""HD's raw videos: which frames make a sample, and the colours against Pillow and scikit-image."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from vfibench.cli.doctor import dataset_lines
from vfibench.contracts import DatasetOptions
from vfibench.doctor import dataset_report
from vfibench.errors import VfibenchError
from vfibench_datasets.hd import ALL_2X, LARGE_4X, MIDDLE_4X, SMALL_4X
from vfibench_datasets.source import read_list
from vfibench_datasets.yuv import count_frames, read_frame, to_rgb

SIZES = {"HD544p_GT": (1280, 544), "HD720p_GT": (1280, 720), "HD1080p_GT": (1920, 1080)}
VIDEO = "HD544p_GT/Sintel_Alley2_1280x544"


@pytest.fixture
def videos(tmp_path):
    """`videos(frames)` makes all eleven files, sparse, each of so many frames."""

    def make(frames, lines=None):
        for line in lines or read_list("hd.txt"):
            width, height = SIZES[line.partition("/")[0]]
            path = tmp_path / "HD_dataset" / line
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(frames * width * height * 3 // 2)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("source", "frames", "each"),
    [
        (ALL_2X, 150, 50),
        (ALL_2X, 101, 50),
        (ALL_2X, 50, 24),
        (SMALL_4X, 150, 25),
        (SMALL_4X, 50, 12),
        (MIDDLE_4X, 101, 25),
        (LARGE_4X, 100, 24),
    ],
)
def test_frames_to_the_hundredth_are_used_or_as_many_as_there_are(videos, source, frames, each):
    dataset = source(DatasetOptions(root=videos(frames)))
    assert dataset.selection.ranked
    clips = {"hd": 11, "hd-4x-544p": 4, "hd-4x-720p": 3, "hd-4x-1080p": 4}[source.card.name]
    assert len(dataset) == clips * each
    assert len({item.tags["clip"] for item in dataset.items}) == clips
    report = dataset_report(source.card.name, dataset.root)
    assert report.status == f"complete: {clips} of {clips} clips, {clips * each} samples"


def test_a_sample_is_called_after_its_first_target(videos):
    root = videos(101)
    assert ALL_2X(DatasetOptions(root=root)).ids[:2] == (f"{VIDEO}/001", f"{VIDEO}/003")
    four = SMALL_4X(DatasetOptions(root=root))
    assert four.ids[:2] == (f"{VIDEO}/001", f"{VIDEO}/005")
    assert four.times == (0.25, 0.5, 0.75)


def planes(frame, size):
    """Y, Cb, Cr at full size of a random frame, chroma constant over 2x2 pixels, and its bytes."""
    generator = np.random.default_rng(frame)
    width, height = size
    luma = generator.integers(0, 256, (height, width), np.uint8)
    small = [generator.integers(96, 160, (height // 2, width // 2), np.uint8) for _ in range(2)]
    data = b"".join(plane.tobytes() for plane in (luma, *small))
    return [luma, *(np.kron(plane, np.ones((2, 2), np.uint8)) for plane in small)], data


@pytest.mark.parametrize(("inputs", "expected"), [(2, [0, 2]), (4, [0, 0, 2, 4])])
def test_frames_are_cut_out_of_the_file_at_their_place(tmp_path, inputs, expected):
    size = SIZES["HD544p_GT"]
    path = tmp_path / "HD_dataset" / f"{VIDEO}.yuv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(planes(number, size)[1] for number in range(5)))
    dataset = ALL_2X(DatasetOptions(root=tmp_path, inputs=inputs, partial=True))
    assert str(dataset.selection) == "2 samples (partial)"
    sample = dataset[0]
    for found, number in zip([*sample.frames, *sample.targets], [*expected, 1], strict=True):
        assert np.array_equal(found, to_rgb(*planes(number, size)[0]))
    assert sample.frames.transpose(0, 2, 3, 1).flags.c_contiguous


def test_colours_are_those_of_jpeg_as_pillow_and_opencv_have_them():
    three = [plane[:64, :64] for plane in planes(3, (64, 64))[0]]
    expected = Image.merge("YCbCr", [Image.fromarray(plane) for plane in three]).convert("RGB")
    gap = np.abs(to_rgb(*three).transpose(1, 2, 0).astype(int) - np.asarray(expected).astype(int))
    assert gap.max() <= 1  # Pillow rounds each term by itself
    order = cv2.merge([three[0], three[2], three[1]])
    gap = np.abs(to_rgb(*three).transpose(1, 2, 0).astype(int) - cv2.cvtColor(order, cv2.COLOR_YCrCb2RGB))
    assert gap.max() <= 1
    assert (gap == 0).mean() > 0.95


def test_the_y_of_scikit_images_rgb2yuv_is_the_files_own():
    from skimage.color import rgb2yuv

    luma, blue, red = planes(4, (64, 64))[0]
    luma = luma // 2 + 64  # far enough from black and white that no colour is clipped
    found = rgb2yuv(to_rgb(luma, blue, red).transpose(1, 2, 0))[..., 0] * 255
    assert np.abs(found - luma).max() <= 0.51


def test_grey_keeps_its_level_from_black_to_white():
    levels = np.arange(256, dtype=np.uint8)[None]
    neutral = np.full_like(levels, 128)
    assert (to_rgb(levels, neutral, neutral) == levels).all()


def test_a_file_that_ends_within_a_frame_counts_as_missing_and_says_why(videos, tmp_path):
    root = videos(5)
    path = root / "HD_dataset" / f"{VIDEO}.yuv"
    path.write_bytes(bytes(1_100_000))
    why = "it ends within a frame: 1100000 bytes, yuv420p frames of 1280x544 have 1044480 each"
    with pytest.raises(VfibenchError, match=rf"found 10 of 11 in .*, first incomplete {path}: {why}"):
        ALL_2X(DatasetOptions(root=root))
    part = ALL_2X(DatasetOptions(root=root, partial=True))
    assert (len(part), part.selection.ranked) == (20, False)
    report = dataset_report("hd", root)
    assert (report.found, report.folder, report.missing) == (10, root / "HD_dataset", (path,))
    assert report.status.startswith("partial: 10 of 11 clips, 20 samples")
    assert f"  incomplete {path}: {why}" in dataset_lines(report)
    own = tmp_path / "own.txt"
    own.write_text("HD720p_GT/parkrun_1280x720_50.yuv\n")
    assert len(ALL_2X(DatasetOptions(root=root, list_file=own))) == 2
    for line in (f"{VIDEO}.yuv", f"{VIDEO}/001"):
        own.write_text(f"{line}\n")
        with pytest.raises(VfibenchError, match=f"incomplete {path}: {why}"):
            ALL_2X(DatasetOptions(root=root, list_file=own))


def test_a_file_cut_short_after_opening_is_named(tmp_path):
    path = tmp_path / "short.yuv"
    path.write_bytes(bytes(8 * 4 * 3))
    assert count_frames(path, (8, 4)) == 2
    with pytest.raises(VfibenchError, match=f"expected frame 2 in {path}, found its end"):
        read_frame(path, 2, (8, 4))
    with pytest.raises(VfibenchError, match=r"cannot read video .*nowhere"):
        read_frame(tmp_path / "nowhere.yuv", 0, (8, 4))


def test_a_missing_video_is_counted_and_named(videos):
    root = videos(9, read_list("hd.txt")[1:])
    gone = root / "HD_dataset" / f"{VIDEO}.yuv"
    with pytest.raises(VfibenchError, match=rf"official 11 clips of hd, found 10 of 11 in .*missing {gone}"):
        ALL_2X(DatasetOptions(root=root))
    assert MIDDLE_4X(DatasetOptions(root=root)).selection.ranked
    report = dataset_report("hd", root)
    assert report.status.startswith("partial: 10 of 11 clips, 40 samples")
    assert report.missing == (gone,)


@pytest.mark.parametrize("frames", [0, 2])
def test_a_video_too_short_for_one_sample_is_missing(videos, frames):
    root = videos(9)
    short = root / "HD_dataset" / f"{VIDEO}.yuv"
    short.write_bytes(bytes(frames * 1280 * 544 * 3 // 2))
    why = f"it has {frames} frames, one sample needs 3"
    with pytest.raises(VfibenchError, match=rf"found 10 of 11 in .*first incomplete {short}: {why}"):
        ALL_2X(DatasetOptions(root=root))
    part = ALL_2X(DatasetOptions(root=root, partial=True))
    assert len(part) == 40
    assert not part.selection.ranked
    assert dataset_report("hd", root).status.startswith("partial: 10 of 11 clips")


def test_own_lists_name_videos_or_samples(videos, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text(f"HD720p_GT/parkrun_1280x720_50.yuv\n{VIDEO}/003\n")
    dataset = ALL_2X(DatasetOptions(root=videos(5), list_file=own))
    assert dataset.ids == (*(f"HD720p_GT/parkrun_1280x720_50/{k}" for k in ("001", "003")), f"{VIDEO}/003")
    for line in ("HD720p_GT/park.yuv", f"{VIDEO}/002", f"../{VIDEO}.yuv", VIDEO):
        own.write_text(f"{line}\n")
        with pytest.raises(VfibenchError, match=f"unknown sequence '{line}'"):
            ALL_2X(DatasetOptions(root=tmp_path, list_file=own))


def test_the_fingerprint_follows_the_files(videos):
    short, longer = (ALL_2X(DatasetOptions(root=videos(frames))).fingerprint for frames in (101, 102))
    assert short != longer
