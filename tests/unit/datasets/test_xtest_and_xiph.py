from __future__ import annotations

import shutil

import numpy as np
import pytest

from vfibench.contracts import DatasetOptions
from vfibench.doctor import dataset_report
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_datasets.source import read_list
from vfibench_datasets.xiph import CROPPED, RESIZED
from vfibench_datasets.xtest import FULL, HALF

SCENE = "Type1/TEST01_003_f0433"
XTEST = "X4K1000FPS/test"


def scene_files(scenes, folder=XTEST):
    return [f"{folder}/{scene}/{number:04d}.png" for scene in scenes for number in range(33)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A data root with one scene of 4096x2160: frame k has level 8 * k, but for noise in one corner."""
    from PIL import Image

    root = tmp_path_factory.mktemp("xtest")
    folder = root / XTEST / SCENE
    folder.mkdir(parents=True)
    for number in (0, 32, *range(4, 29, 4)):
        pixels = np.full((2160, 4096, 3), min(8 * number, 255), np.uint8)
        pixels[:64, :128] = np.random.default_rng(number).integers(0, 256, (64, 128, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04d}.png", compress_level=1)
    return root


def own(tmp_path, line):
    path = tmp_path / "own.txt"
    path.write_text(f"{line}\n")
    return path


@pytest.mark.parametrize("source", [FULL, HALF])
@pytest.mark.parametrize("folder", ["X4K1000FPS/test", "X4K1000FPS", "xtest"])
def test_fifteen_scenes_make_the_set_whole(empty_files, tmp_path, source, folder):
    empty_files(tmp_path, scene_files(read_list("xtest.txt"), folder))
    dataset = source(DatasetOptions(root=tmp_path))
    assert dataset.selection.ranked
    assert dataset.selection.sha256 == source.card.list_sha256
    assert len(dataset) == 15
    assert dataset.times == (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)


def test_the_seven_targets_are_every_fourth_frame_between_the_first_and_the_last(scene, tmp_path):
    dataset = FULL(DatasetOptions(root=scene, list_file=own(tmp_path, SCENE)))
    sample = dataset[0]
    assert sample.id == SCENE
    assert dict(sample.tags) == {"clip": SCENE}
    assert sample.frames.shape == (2, 3, 2160, 4096)
    assert sample.frames[:, 0, -1, -1].tolist() == [0, 255]
    assert sample.targets[:, 0, -1, -1].tolist() == [32, 64, 96, 128, 160, 192, 224]
    assert sample.times == tuple(number / 32 for number in range(4, 29, 4))


def test_half_the_size_is_the_mean_of_four_pixels_of_inputs_and_targets(scene, tmp_path):
    sample = HALF(DatasetOptions(root=scene, list_file=own(tmp_path, SCENE)))[0]
    assert sample.frames.shape == (2, 3, 1080, 2048)
    for found, number in [(sample.frames[1], 32), (sample.targets[2], 12)]:
        full = read_image(scene / XTEST / SCENE / f"{number:04d}.png").astype(int)
        assert np.array_equal(found, (full.reshape(3, 1080, 2, 2048, 2).sum((2, 4)) + 2) // 4)


def test_four_input_frames_are_refused(scene):
    with pytest.raises(VfibenchError, match="'xtest-4k' gives 2 input frames, asked for 4"):
        FULL(DatasetOptions(root=scene, inputs=4))


def test_a_frame_of_another_size_is_named(picture, tmp_path):
    for number in (0, 32, *range(4, 29, 4)):
        path = picture(tmp_path / XTEST / SCENE / f"{number:04d}.png", (16, 8))
    dataset = FULL(DatasetOptions(root=tmp_path, partial=True))
    assert str(dataset.selection) == "1 of 15 (partial)"
    with pytest.raises(VfibenchError, match=rf"expected 4096x2160 pixels, found 16x8, in {path.parent}"):
        dataset[0]


def test_a_missing_frame_is_the_first_missing_file_and_doctor_counts_the_rest(empty_files, tmp_path):
    empty_files(tmp_path, scene_files(read_list("xtest.txt")))
    gone = tmp_path / XTEST / SCENE / "0012.png"
    gone.unlink()
    with pytest.raises(VfibenchError, match=rf"found 14 of 15 in .*first missing {gone}"):
        HALF(DatasetOptions(root=tmp_path))
    report = dataset_report("xtest-2k", tmp_path)
    assert report.status == "partial: 14 of 15 samples; needs --partial, and is never ranked"
    assert report.missing == (gone,)
    assert "INTER_AREA" in report.card.notes


@pytest.mark.parametrize("line", ["TEST01_003_f0433", "Type1/TEST01_003", "Type1/../TEST01_003_f0433"])
def test_an_unknown_scene_gets_the_nearest_name(scene, tmp_path, line):
    with pytest.raises(VfibenchError, match=f"unknown sequence {line!r}"):
        FULL(DatasetOptions(root=scene, list_file=own(tmp_path, line)))


XIPH_LAYOUTS = ["xiph/{}/{:03d}.png", "xiph/{}-{:03d}.png", "netflix/{}-{:03d}.png"]


def xiph_files(layout):
    return [layout.format(clip, number) for clip in read_list("xiph.txt") for number in range(1, 101)]


@pytest.mark.parametrize("source", [RESIZED, CROPPED])
@pytest.mark.parametrize("layout", XIPH_LAYOUTS)
def test_eight_clips_make_392_samples_whichever_way_the_files_lie(empty_files, tmp_path, source, layout):
    empty_files(tmp_path, xiph_files(layout))
    dataset = source(DatasetOptions(root=tmp_path, inputs=4))
    assert dataset.selection.ranked
    assert len(dataset) == source.card.count == 8 * 49
    assert dataset.ids[48:50] == ("BoxingPractice/098", "Crosswalk/002")
    assert {item.tags["clip"] for item in dataset.items} == set(read_list("xiph.txt"))


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("Tango/002", 2, (1, 3)),
        ("Tango/098", 2, (97, 99)),
        ("Tango/050", 4, (47, 49, 51, 53)),
        ("Tango/002", 4, (1, 1, 3, 5)),
        ("Tango/098", 4, (95, 97, 99, 99)),
    ],
)
def test_even_frames_are_predicted_from_their_odd_neighbours(empty_files, tmp_path, name, inputs, expected):
    empty_files(tmp_path, xiph_files(XIPH_LAYOUTS[0]))
    dataset = CROPPED(DatasetOptions(root=tmp_path, inputs=inputs))
    item = dataset.items[dataset.ids.index(name)]
    assert item.inputs == tuple(f"xiph/Tango/{number:03d}.png" for number in expected)
    assert item.targets == (f"xiph/{name}.png",)
    assert item.tags.get("edge", "") == ("replicated" if len(set(expected)) < len(expected) else "")


def test_the_hundredth_frame_is_not_needed_but_belongs_to_no_sample(empty_files, tmp_path):
    empty_files(tmp_path, [name for name in xiph_files(XIPH_LAYOUTS[2]) if not name.endswith("-100.png")])
    assert RESIZED(DatasetOptions(root=tmp_path)).selection.ranked


def test_one_protocol_reduces_the_frame_and_the_other_cuts_its_middle_out(scene, tmp_path):
    root = tmp_path / "root"
    (root / "xiph/Tango").mkdir(parents=True)
    for number, taken in ((1, 0), (2, 4), (3, 32)):
        shutil.copy(scene / XTEST / SCENE / f"{taken:04d}.png", root / f"xiph/Tango/{number:03d}.png")
    options = DatasetOptions(root=root, list_file=own(tmp_path, "Tango/002"))
    full = read_image(root / "xiph/Tango/002.png")
    assert np.array_equal(CROPPED(options)[0].targets[0], full[:, 540:-540, 1024:-1024])
    sums = full.astype(int).reshape(3, 1080, 2, 2048, 2).sum((2, 4))
    assert np.array_equal(RESIZED(options)[0].targets[0], (sums + 2) // 4)


def test_a_crop_that_was_saved_as_the_frame_is_refused(picture, tmp_path):
    for number in (1, 2, 3):
        path = picture(tmp_path / f"xiph/Tango/{number:03d}.png", (16, 8))
    options = DatasetOptions(root=tmp_path, list_file=own(tmp_path, "Tango/002"))
    with pytest.raises(VfibenchError, match=f"expected 4096x2160 pixels, found 16x8, in {path.parent}"):
        CROPPED(options)[0]


def test_doctor_tells_how_to_make_the_frames_and_that_4k_is_none(tmp_path):
    report = dataset_report("xiph-4k", tmp_path)
    assert "-pix_fmt rgb24 -frames:v 100 xiph/BoxingPractice/%03d.png" in report.card.layout
    assert "is no 4K" in report.card.notes
    assert report.status.startswith("not found; get it from https://media.xiph.org")
