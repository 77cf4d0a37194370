from __future__ import annotations

import numpy as np
import pytest

from vfibench.cli.doctor import dataset_lines
from vfibench.contracts import DatasetOptions
from vfibench.datasets.selection import list_hash
from vfibench.doctor import dataset_report
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets import adobe240, gopro
from vfibench_datasets.source import read_list

FOLDER = "GOPRO_Large_all/test"
VIDEOS = read_list("gopro_test.txt")


def gopro_files(lengths, first=1, folder=FOLDER):
    return [
        f"{folder}/{video}/{number:06d}.png"
        for video, length in lengths.items()
        for number in range(first, first + length)
    ]


@pytest.fixture
def whole(empty_files, tmp_path):
    """A root of empty files: eleven videos, the first of 25 frames, the others of 17."""
    lengths = dict.fromkeys(VIDEOS, 17) | {VIDEOS[0]: 25}
    empty_files(tmp_path, gopro_files(lengths))
    return DatasetOptions(root=tmp_path)


def test_eleven_videos_of_any_length_are_the_official_set(whole):
    dataset = gopro.TEST(whole)
    assert (dataset.selection.kind, dataset.selection.official) == ("official", None)
    assert dataset.selection.ranked
    assert str(dataset.selection) == "23 samples"
    assert dataset.ids[:3] == tuple(f"{VIDEOS[0]}/0000{k}" for k in ("02", "10", "18"))
    assert dataset.ids[3] == f"{VIDEOS[1]}/000002"
    assert dataset.selection.sha256 == list_hash(dataset.ids)
    assert dataset.times == tuple(step / 8 for step in range(1, 8))


@pytest.mark.parametrize(
    ("sample", "inputs", "expected"),
    [("10", 2, (9, 17)), ("02", 4, (1, 1, 9, 17)), ("10", 4, (1, 9, 17, 25)), ("18", 4, (9, 17, 25, 25))],
)
def test_windows_share_their_ends_and_replicate_at_the_videos_ends(whole, sample, inputs, expected):
    dataset = gopro.TEST(DatasetOptions(root=whole.root, inputs=inputs))
    item = dataset.items[dataset.ids.index(f"{VIDEOS[0]}/0000{sample}")]
    assert item.inputs == tuple(f"{FOLDER}/{VIDEOS[0]}/{number:06d}.png" for number in expected)
    first = int(sample)
    assert item.targets == tuple(f"{FOLDER}/{VIDEOS[0]}/{n:06d}.png" for n in range(first, first + 7))
    edge = {"edge": "replicated"} if len(set(expected)) < len(expected) else {}
    assert dict(item.tags) == {"clip": VIDEOS[0]} | edge


def test_numbers_may_begin_anywhere(empty_files, tmp_path):
    empty_files(tmp_path, gopro_files(dict.fromkeys(VIDEOS, 9), first=47))
    dataset = gopro.TEST(DatasetOptions(root=tmp_path))
    assert dataset.ids[0] == f"{VIDEOS[0]}/000048"


def test_the_middle_512_pixels_are_shown(picture, tmp_path):
    for number in range(1, 10):
        picture(tmp_path / FOLDER / VIDEOS[0] / f"{number:06d}.png", (1280, 720), seed=number)
    sample = gopro.TEST(DatasetOptions(root=tmp_path, partial=True))[0]
    assert sample.frames.shape == (2, 3, 512, 512)
    assert sample.targets.shape == (7, 3, 512, 512)
    full = read_image(tmp_path / FOLDER / VIDEOS[0] / "000005.png")
    assert np.array_equal(sample.targets[3], full[:, 104:616, 384:896])


def test_frames_that_are_not_1280x720_are_named(picture, tmp_path):
    for number in range(1, 10):
        path = picture(tmp_path / FOLDER / VIDEOS[0] / f"{number:06d}.png", (16, 8))
    dataset = gopro.TEST(DatasetOptions(root=tmp_path, partial=True))
    with pytest.raises(VfibenchError, match=rf"expected 1280x720 pixels, found 16x8, in {path.parent}"):
        dataset[0]


def test_a_missing_video_is_counted_in_videos_and_named(whole):
    gone = whole.root / FOLDER / VIDEOS[4]
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    with pytest.raises(VfibenchError, match=rf"11 clips of gopro, found 10 of 11 in .*missing {gone}"):
        gopro.TEST(whole)
    selection = gopro.TEST(DatasetOptions(root=whole.root, partial=True)).selection
    assert str(selection) == "21 samples (partial)"
    assert not selection.ranked
    report = dataset_report("gopro", whole.root)
    assert report.status == "partial: 10 of 11 clips, 21 samples; needs --partial, and is never ranked"
    assert (report.ok, report.missing) == (False, (gone,))


def test_a_frame_missing_within_a_video_does_not_shift_the_windows(whole):
    gone = whole.root / FOLDER / VIDEOS[0] / "000012.png"
    gone.unlink()
    with pytest.raises(VfibenchError, match=f"found 10 of 11 in .*first missing {gone}"):
        gopro.TEST(whole)
    ids = gopro.TEST(DatasetOptions(root=whole.root, partial=True)).ids
    assert ids[:2] == (f"{VIDEOS[0]}/000002", f"{VIDEOS[0]}/000018")


def test_a_video_too_short_for_a_window_is_missing(whole):
    for path in sorted((whole.root / FOLDER / VIDEOS[0]).iterdir())[8:]:
        path.unlink()
    why = f"incomplete {whole.root / FOLDER / VIDEOS[0]}: it has 8 frames, one sample needs 9"
    with pytest.raises(VfibenchError, match=f"found 10 of 11 in .*first {why}"):
        gopro.TEST(whole)
    assert any(why in line for line in dataset_lines(dataset_report("gopro", whole.root)))


def test_a_stray_frame_of_a_far_number_is_named_at_once(whole, tmp_path):
    stray = whole.root / FOLDER / VIDEOS[2] / "000999999999.png"
    stray.touch()
    why = f"incomplete {stray.parent}: no frame between 000017.png and 000999999999.png"
    with pytest.raises(VfibenchError, match=f"found 10 of 11 in .*first {why}"):
        gopro.TEST(whole)
    report = dataset_report("gopro", whole.root)
    assert report.status == "partial: 10 of 11 clips, 21 samples; needs --partial, and is never ranked"
    assert len(gopro.TEST(DatasetOptions(root=whole.root, partial=True))) == 21
    for line in (VIDEOS[2], f"{VIDEOS[2]}/000002"):
        with pytest.raises(VfibenchError, match=f"sample '{line}' in .*: {why}"):
            gopro.TEST(DatasetOptions(root=whole.root, list_file=own(tmp_path, line)))


def test_doctor_counts_a_whole_set_in_videos(whole):
    report = dataset_report("gopro", whole.root)
    assert report.ok
    assert report.status == "complete: 11 of 11 clips, 23 samples"
    assert "GOPRO_Large holds blurred" in report.card.notes


def test_doctor_says_where_to_get_a_set_that_is_not_there(tmp_path):
    report = dataset_report("gopro", tmp_path)
    assert (report.ok, report.found, report.total) == (False, 0, 11)
    assert "not found; get it from https://seungjunnah.github.io" in report.status
    assert report.looked_for[0] == tmp_path / "GOPRO_Large_all/test/*/*.png"


def own(tmp_path, *lines):
    path = tmp_path / "own.txt"
    path.write_text("\n".join(lines))
    return path


def test_an_own_list_names_videos_or_samples(whole, tmp_path):
    listed = own(tmp_path, VIDEOS[1], f"{VIDEOS[0]}/000018")
    dataset = gopro.TEST(DatasetOptions(root=whole.root, list_file=listed))
    assert dataset.ids == (f"{VIDEOS[1]}/000002", f"{VIDEOS[1]}/000010", f"{VIDEOS[0]}/000018")
    assert str(dataset.selection) == "3 samples (own list)"


def test_an_own_list_may_name_other_videos_that_are_there(whole, empty_files, tmp_path):
    empty_files(whole.root, gopro_files({"mine": 9}))
    listed = own(tmp_path, "mine")
    assert gopro.TEST(DatasetOptions(root=whole.root, list_file=listed)).ids == ("mine/000002",)
    assert len(gopro.TEST(whole)) == 23


@pytest.mark.parametrize("line", ["GOPR0384", "GOPR0384_11_00/000003", "../GOPR0384_11_00", "a/b/c"])
def test_an_unknown_video_or_sample_is_named(whole, tmp_path, line):
    with pytest.raises(VfibenchError, match=f"unknown sequence '{line}'"):
        gopro.TEST(DatasetOptions(root=whole.root, list_file=own(tmp_path, line)))


def test_a_listed_official_video_that_is_not_there_is_missing_rather_than_left_out(empty_files, tmp_path):
    empty_files(tmp_path, gopro_files({VIDEOS[0]: 9}))
    listed = own(tmp_path, VIDEOS[0], VIDEOS[1])
    with pytest.raises(VfibenchError, match=f"missing image .*{VIDEOS[1]} of sample '{VIDEOS[1]}'"):
        gopro.TEST(DatasetOptions(root=tmp_path, list_file=listed))


def test_its_own_frame_rate_is_not_up_to_the_user(whole):
    with pytest.raises(VfibenchError, match="'gopro' has its own frame rate, found factor 4"):
        gopro.TEST(DatasetOptions(root=whole.root, factor=4))


ADOBE = [line.rpartition(".")[0] for line in read_list("adobe240_superslomo_test.txt")]


@pytest.mark.parametrize("folder", ["adobe240", "adobe240/test"])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_adobe240_is_the_eight_videos_of_the_list(empty_files, tmp_path, folder, suffix):
    empty_files(tmp_path, [f"{folder}/{name}/{n:04d}.{suffix}" for name in ADOBE for n in range(1, 18)])
    dataset = adobe240.TEST(DatasetOptions(root=tmp_path))
    assert dataset.selection.ranked
    assert len(dataset) == 16
    assert dataset.ids[:2] == ("720p_240fps_1/0002", "720p_240fps_1/0010")
    assert {item.tags["clip"] for item in dataset.items} == set(ADOBE)


def test_adobe240_frames_are_shown_whole_and_keep_their_own_size(picture, tmp_path):
    for name, size in (("IMG_0015", (64, 36)), ("IMG_0023", (32, 18))):
        for number in range(1, 10):
            picture(tmp_path / "adobe240" / name / f"{number:04d}.png", size, seed=number)
    dataset = adobe240.TEST(DatasetOptions(root=tmp_path, partial=True))
    assert [dataset[k].targets.shape for k in (0, 1)] == [(7, 3, 36, 64), (7, 3, 18, 32)]
    assert dataset_report("adobe240", tmp_path).status.startswith("partial: 2 of 8 clips, 2 samples")


def test_another_split_of_adobe240_is_an_own_list_with_or_without_suffixes(empty_files, tmp_path):
    names = ("GOPR9633", "IMG_0200")
    empty_files(tmp_path, [f"adobe240/{name}/{n:04d}.png" for name in names for n in range(1, 10)])
    listed = own(tmp_path, "GOPR9633.mp4", "IMG_0200", "")
    dataset = adobe240.TEST(DatasetOptions(root=tmp_path, list_file=listed))
    assert dataset.ids == ("GOPR9633/0002", "IMG_0200/0002")
    assert str(dataset.selection) == "2 samples (own list)"
