from __future__ import annotations

import shutil
import time

import numpy as np
import pytest

from vfibench.contracts import Dataset, DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.source import read_list
from vfibench_datasets.vimeo90k import MID, SEPTUPLET, TRIPLET

CLIP = "00001/0001"


@pytest.fixture
def own(shared, shared_root):
    """Options for the eight shared clips, which are of the official train list."""
    return lambda inputs: shared_root(
        inputs=inputs, list_file=shared("data", "vimeo_septuplet", "sep_testlist.txt")
    )


def numbers(dataset, name):
    """Which im<k>.png are the inputs and target of a sample, found by comparing pixels."""
    sample = dataset[dataset.ids.index(name)]
    clip = dataset.root / "vimeo_septuplet" / "sequences" / CLIP
    images = {k: read_image(clip / f"im{k}.png") for k in range(1, 8)}
    pictures = [*sample.frames, *sample.targets]
    return [next(k for k, image in images.items() if np.array_equal(image, frame)) for frame in pictures]


@pytest.mark.parametrize(
    ("inputs", "target", "expected", "tags"),
    [
        (4, 2, [1, 1, 3, 5, 2], {"edge": "replicated"}),
        (4, 4, [1, 3, 5, 7, 4], {}),
        (4, 6, [3, 5, 7, 7, 6], {"edge": "replicated"}),
        (2, 2, [1, 3, 2], {}),
        (2, 4, [3, 5, 4], {}),
        (2, 6, [5, 7, 6], {}),
    ],
)
def test_superslomo_r_windows_are_the_named_frames(own, inputs, target, expected, tags):
    dataset = SEPTUPLET(own(inputs))
    name = f"{CLIP}/im{target}"
    assert numbers(dataset, name) == expected
    assert dict(dataset[dataset.ids.index(name)].tags) == tags | {"clip": CLIP}


@pytest.mark.parametrize(("inputs", "expected"), [(4, [1, 3, 5, 7, 4]), (2, [3, 5, 4])])
def test_the_middle_task_predicts_im4(own, inputs, expected):
    assert numbers(MID(own(inputs)), CLIP) == expected


def test_an_own_list_of_clips_gives_three_samples_a_clip_in_order(own):
    dataset = SEPTUPLET(own(4))
    assert isinstance(dataset, Dataset)
    assert len(dataset) == 24
    assert dataset.ids[:4] == (f"{CLIP}/im2", f"{CLIP}/im4", f"{CLIP}/im6", "00001/0002/im2")
    assert str(dataset.selection) == "24 samples (own list)"
    assert dataset.times == dataset[0].times == (0.5,)


def test_an_own_list_may_name_single_samples(shared_root, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text(f"{CLIP}/im6\r\n00001/0003\r\n\r\n")
    dataset = SEPTUPLET(shared_root(list_file=own))
    assert dataset.ids == (f"{CLIP}/im6", *(f"00001/0003/im{k}" for k in (2, 4, 6)))


@pytest.mark.parametrize("line", ["00001/9999", "00001/0001/im3", "Basketball", "00001/00011"])
def test_an_unknown_line_of_an_own_list_is_named(shared_root, tmp_path, line):
    own = tmp_path / "own.txt"
    own.write_text(f"{CLIP}\n{line}\n")
    with pytest.raises(VfibenchError, match=f"unknown sequence '{line}' in {own}"):
        SEPTUPLET(shared_root(list_file=own))


def test_an_official_clip_that_is_not_on_disk_is_missing_rather_than_unknown(shared_root, tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("00001/0266\n")
    with pytest.raises(VfibenchError, match=r"missing image .*00001/0266/im1\.png"):
        SEPTUPLET(shared_root(list_file=own))


@pytest.mark.parametrize(("source", "count"), [(SEPTUPLET, 23472), (MID, 7824)])
def test_the_shared_train_clips_are_none_of_the_official_samples(shared_root, source, count):
    with pytest.raises(VfibenchError, match=rf"found 0 of {count} .*`--list FILE` scores another selection"):
        source(shared_root(partial=True))


def test_triplets_made_from_septuplets_are_never_taken_for_vimeo90k(shared_root):
    with pytest.raises(VfibenchError, match=r"expected vimeo90k in .*found nothing there"):
        TRIPLET(shared_root(partial=True))


def test_the_folder_of_the_set_itself_as_data_root_gets_the_right_one(shared, shared_root):
    root = shared("data", "vimeo_septuplet")
    with pytest.raises(VfibenchError, match=f"found {root}; do --data-root {root.parent}$"):
        MID(DatasetOptions(root=root, partial=True))


def test_memory_is_interleaved_so_that_torch_sees_channels_last(own):
    sample = MID(own(4))[0]
    assert sample.frames.shape == (4, 3, 256, 448)
    assert sample.targets.shape == (1, 3, 256, 448)
    for stack in (sample.frames, sample.targets):
        assert stack.dtype == np.uint8
        assert stack.transpose(0, 2, 3, 1).flags.c_contiguous


def test_a_replicated_frame_is_decoded_once(own, monkeypatch):
    import vfibench.frames

    decoded = []
    monkeypatch.setattr(
        vfibench.frames.files, "read_image", lambda path: decoded.append(path.name) or read_image(path)
    )
    SEPTUPLET(own(4))[0]
    assert sorted(decoded) == ["im1.png", "im2.png", "im3.png", "im5.png"]


@pytest.mark.parametrize("folder", ["vimeo_triplet/sequences", "vimeo_interp_test/target"])
def test_both_triplet_layouts_are_read(picture, tmp_path, folder):
    for k in (1, 2, 3):
        picture(tmp_path / folder / "00001/0389" / f"im{k}.png", (448, 256), seed=k)
    sample = TRIPLET(DatasetOptions(root=tmp_path, partial=True))[0]
    assert sample.id == "00001/0389"
    for frame, k in zip([*sample.frames, *sample.targets], (1, 3, 2), strict=True):
        assert np.array_equal(frame, read_image(tmp_path / folder / "00001/0389" / f"im{k}.png"))


def test_a_picture_of_another_size_than_official_is_named(picture, tmp_path):
    for k in (1, 2, 3):
        path = picture(tmp_path / "vimeo_triplet/sequences/00001/0389" / f"im{k}.png", (448, 250))
    dataset = TRIPLET(DatasetOptions(root=tmp_path, partial=True))
    with pytest.raises(VfibenchError, match=rf"expected 448x256 pixels, found 448x250, in {path.parent}"):
        dataset[0]


def test_a_truncated_picture_is_named(shared, tmp_path):
    clip = tmp_path / "vimeo_septuplet/sequences/00001/0001"
    shutil.copytree(shared("data", "vimeo_septuplet", "sequences", "00001", "0001"), clip)
    broken = clip / "im4.png"
    broken.write_bytes(broken.read_bytes()[:5000])
    own = tmp_path / "own.txt"
    own.write_text("00001/0001\n")
    with pytest.raises(VfibenchError, match=f"cannot read image {broken}"):
        MID(DatasetOptions(root=tmp_path, list_file=own))[0]


def triplet_files(ids):
    return [f"vimeo_triplet/sequences/{name}/im{k}.png" for name in ids for k in (1, 2, 3)]


def test_a_clip_without_one_of_its_files_counts_as_missing(empty_files, tmp_path):
    ids = read_list("vimeo90k_tri_testlist.txt")[:3]
    empty_files(tmp_path, triplet_files(ids)[:-1])
    with pytest.raises(VfibenchError) as caught:
        TRIPLET(DatasetOptions(root=tmp_path))
    assert "found 2 of 3782" in str(caught.value)
    assert str(tmp_path / triplet_files(ids)[-1]) in str(caught.value)
    assert TRIPLET(DatasetOptions(root=tmp_path, partial=True)).ids == tuple(ids[:2])


def test_a_broken_link_counts_as_missing(empty_files, tmp_path):
    ids = read_list("vimeo90k_tri_testlist.txt")[:1]
    files = triplet_files(ids)
    empty_files(tmp_path, files[:-1])
    (tmp_path / files[-1]).symlink_to(tmp_path / "nowhere.png")
    assert TRIPLET.inventory(tmp_path).present == []


def test_a_list_file_in_the_data_root_does_not_rule(empty_files, tmp_path):
    ids = read_list("vimeo90k_tri_testlist.txt")[:2]
    empty_files(tmp_path, triplet_files(ids))
    (tmp_path / "vimeo_triplet" / "tri_testlist.txt").write_text("\n".join(ids))
    assert TRIPLET(DatasetOptions(root=tmp_path, partial=True)).selection.kind == "partial"


@pytest.mark.slow
def test_all_septuplets_are_checked_for_existence_within_seconds(empty_files, tmp_path):
    clips = read_list("vimeo90k_sep_testlist.txt")
    files = [f"vimeo_septuplet/sequences/{clip}/im{k}.png" for clip in clips for k in range(1, 8)]
    empty_files(tmp_path, files)
    start = time.perf_counter()
    dataset = SEPTUPLET(DatasetOptions(root=tmp_path, inputs=4))
    assert time.perf_counter() - start < 5
    assert dataset.selection.ranked
    assert dataset.selection.sha256 == dataset.card.list_sha256
    assert len(dataset) == 23472
    (tmp_path / files[7 * 5000 + 3]).unlink()
    with pytest.raises(VfibenchError) as caught:
        SEPTUPLET(DatasetOptions(root=tmp_path, inputs=4))
    assert str(tmp_path / files[7 * 5000 + 3]) in str(caught.value)
