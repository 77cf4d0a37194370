from __future__ import annotations

import builtins
import io
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from vfibench.contracts import DatasetOptions
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.source import read_list
from vfibench_datasets.ucf101 import ALL, MASKED, NODUP

NAMES = ("frame_00.png", "frame_01_gt.png", "frame_02.png")


def test_the_shared_part_needs_partial_and_says_so(shared_root):
    with pytest.raises(
        VfibenchError, match=r"found 100 of 379 .*first missing .*/1/frame_00\.png.*--partial"
    ):
        ALL(shared_root())


def test_the_shared_part_is_100_of_379_in_numeric_order(shared_root):
    dataset = ALL(shared_root(partial=True))
    assert str(dataset.selection) == "100 of 379 (partial)"
    assert dataset.ids[:3] == ("31", "71", "111")
    assert list(dataset.ids) == sorted(dataset.ids, key=int)


def test_the_inputs_are_frames_0_and_2_and_the_target_is_the_ground_truth(shared, shared_root):
    folder = shared("data", "ucf101_interp_ours", "31")
    sample = ALL(shared_root(partial=True))[0]
    first, truth, last = (read_image(folder / name) for name in NAMES)
    assert np.array_equal(sample.frames, np.stack([first, last]))
    assert np.array_equal(sample.targets, truth[None])
    assert not np.array_equal(truth, read_image(folder / "frame_01_ours.png"))


@pytest.fixture
def three(shared, tmp_path):
    """A data root with three shared triplets, of which 721 repeats an input, without frame_01_ours.png."""
    for name in ("31", "71", "721"):
        for file in NAMES:
            target = tmp_path / "ucf101_interp_ours" / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(shared("data", "ucf101_interp_ours", name, file), target)
    return tmp_path


def test_the_prediction_of_another_method_need_not_be_there(three):
    dataset = ALL(DatasetOptions(root=three, partial=True))
    assert [dataset[k].id for k in range(3)] == ["31", "71", "721"]


def test_the_prediction_of_another_method_is_never_opened(three, monkeypatch):
    for name in ("31", "71", "721"):
        (three / "ucf101_interp_ours" / name / "frame_01_ours.png").write_text("poison")
    opened = []

    def spy(original):
        return lambda path, *args, **kwargs: opened.append(os.fspath(path)) or original(path, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", spy(builtins.open))
    monkeypatch.setattr(io, "open", spy(io.open))
    for source in (ALL, NODUP):
        dataset = source(DatasetOptions(root=three, partial=True))
        for index in range(len(dataset)):
            dataset[index]
    images = [path for path in opened if path.endswith(".png")]
    assert len(images) >= 9
    assert {os.path.basename(path) for path in images} == set(NAMES)  # noqa: PTH119


def test_the_archive_of_jiang_et_al_is_found_one_level_down(three, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "UCF101_results").symlink_to(three)
    assert len(ALL(DatasetOptions(root=root, partial=True))) == 3


def test_eleven_of_the_shared_triplets_repeat_an_input(shared_root):
    """Measured once with plain NumPy in float64 on the shared 100; DEFINITIONS.md says 40 of all 379."""
    dataset = NODUP(shared_root(partial=True))
    left_out = set(ALL(shared_root(partial=True)).ids) - set(dataset.ids)
    assert left_out == {
        "721", "981", "1091", "1321", "1401", "1441", "1811", "2381", "2531", "2881", "3061",
    }  # fmt: skip
    assert dataset.remarks == ("left out 11 of 100 triplets whose ground truth is within 50 dB of an input",)
    assert str(dataset.selection) == "89 of 339 (partial)"


@pytest.fixture
def complete(tmp_path):
    """`complete(k)` is a root with all 379 triplets, made up, in k of which the truth repeats an input."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3), dtype=np.uint8)
    sources = [tmp_path / f"{k}.png" for k in range(3)]
    for pixels, path in zip(noise, sources, strict=True):
        Image.fromarray(pixels).save(path, compress_level=0)

    def make(repeated):
        for index, name in enumerate(read_list("ucf101_dvf.txt")):
            folder = tmp_path / "ucf101_interp_ours" / name
            folder.mkdir(parents=True)
            for file, k in zip(NAMES, (0, 0 if index < repeated else 1, 2), strict=True):
                (folder / file).symlink_to(sources[k])
        return DatasetOptions(root=tmp_path)

    return make


def test_a_complete_set_with_40_repeats_is_official(complete):
    options = complete(40)
    assert ALL(options).selection.ranked
    selection = NODUP(options).selection
    assert (selection.kind, selection.chosen, selection.official) == ("official", 339, 339)


def test_a_complete_set_with_another_number_of_repeats_is_not_the_released_one(complete):
    dataset = NODUP(complete(39))
    assert str(dataset.selection) == "340 samples (own list)"
    assert "expected 40: these are not the released frames" in dataset.remarks[0]


def write_mask(path, white):
    pixels = np.zeros((256, 256), np.uint8)
    pixels[:white] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.mark.parametrize("place", ["motion_masks_ucf101_interp", "ucf101_interp_ours"])
def test_masks_are_read_from_their_archive_or_beside_the_frames(three, place):
    for name, white in (("31", 10), ("71", 0), ("721", 256)):
        write_mask(three / place / name / "motion_mask.png", white)
    dataset = MASKED(DatasetOptions(root=three, partial=True))
    assert dataset.ids == ("31", "721")
    assert dataset.remarks == ("left out 1 of 3 triplets whose motion mask is empty",)
    assert str(dataset.selection) == "2 of 379 (partial)"
    mask = dataset[0].mask
    assert mask.shape == (256, 256)
    assert mask.dtype == bool
    assert mask[:10].all()
    assert not mask[10:].any()
    assert ALL(DatasetOptions(root=three, partial=True))[0].mask is None


def test_missing_masks_are_named_with_their_source(three):
    with pytest.raises(
        VfibenchError, match=r"motion_masks_ucf101_interp or .*motion_mask\.png, found nothing.*the masks are"
    ):
        MASKED(DatasetOptions(root=three, partial=True))


def test_a_triplet_without_a_mask_is_not_complete(three):
    write_mask(three / "ucf101_interp_ours" / "71" / "motion_mask.png", 5)
    assert MASKED(DatasetOptions(root=three, partial=True)).ids == ("71",)


def test_a_mask_of_another_size_is_named(three):
    for name in ("31", "71", "721"):
        write_mask(three / "ucf101_interp_ours" / name / "motion_mask.png", 5)
    odd = three / "ucf101_interp_ours" / "71" / "motion_mask.png"
    Image.new("L", (128, 128), 255).save(odd)
    with pytest.raises(VfibenchError, match=f"expected 256x256 pixels, found 128x128, in {odd}"):
        MASKED(DatasetOptions(root=three, partial=True))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"inputs": 4}, "gives 2 input frames, asked for 4"),
        ({"argument": "x"}, "no argument"),
        ({"factor": 2}, "factor 2"),
    ],
)
def test_options_that_do_not_apply_are_refused(shared_root, changes, reason):
    with pytest.raises(VfibenchError, match=reason):
        ALL(shared_root(partial=True, **changes))


def test_the_fingerprint_tells_another_file_and_stays_for_another_place(three, tmp_path_factory):
    options = DatasetOptions(root=three, partial=True)
    elsewhere = tmp_path_factory.mktemp("copy") / "UCF101_results"
    shutil.copytree(three, elsewhere)
    before = ALL(options).fingerprint
    assert ALL(DatasetOptions(root=elsewhere.parent, partial=True)).fingerprint == before
    frame = three / "ucf101_interp_ours" / "71" / "frame_02.png"
    frame.write_bytes(frame.read_bytes() + b" ")
    assert ALL(options).fingerprint != before
