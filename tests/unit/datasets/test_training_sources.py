"""Training clips on disk: which frames a sample is made of, and what is refused.

Frames made here say what they are: red is the frame's number, green and blue are a pixel's column and row.
"""

from __future__ import annotations

import pickle
import shutil
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import vfibench.frames
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench.registry import SOURCES, load_target
from vfibench.trainable import SourceOptions, Wanted
from vfibench.training.recipes import Data
from vfibench.training.samples import Place, Samples, batches
from vfibench_datasets.source import read_list
from vfibench_datasets.training.clips import open_clips
from vfibench_datasets.training.parts import part_of
from vfibench_datasets.training.vimeo90k import open_septuplets, open_triplets

SIZE = (44, 40)  # width, height
TRIPLETS = ("vimeo_triplet", "tri_trainlist.txt", 3, open_triplets)
SEPTUPLETS = ("vimeo_septuplet", "sep_trainlist.txt", 7, open_septuplets)


def frame(path, number, size=SIZE):
    rows, columns = np.mgrid[: size[1], : size[0]]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack([0 * rows + number, columns, rows], -1).astype(np.uint8)).save(path)
    return path


def numbers(pictures):
    return [int(picture[0, 0, 0]) for picture in pictures]


def corners(clip):
    """(column, row) of the upper left pixel of every picture; also checks that each is one whole crop."""
    found = set()
    for picture in [*clip.frames, *clip.targets]:
        left, top = int(picture[1, 0, 0]), int(picture[2, 0, 0])
        rows, columns = np.mgrid[top : top + picture.shape[1], left : left + picture.shape[2]]
        assert np.array_equal(picture[1], columns)
        assert np.array_equal(picture[2], rows)
        found.add((left, top))
    return found


def draw(source, index, wanted, seed=0):
    return source.sample(index, np.random.default_rng([seed, index]), wanted)


@pytest.fixture
def vimeo(tmp_path):
    """`vimeo(edition, clips)` lays out so many clips; frame k of clip c is numbered 10 c + k, from 1."""

    def make(edition, clips=2, size=SIZE):
        folder, train, frames, _ = edition
        names = [f"00001/{clip + 1:04d}" for clip in range(clips)]
        for clip, name in enumerate(names):
            for k in range(1, frames + 1):
                frame(tmp_path / folder / "sequences" / name / f"im{k}.png", 10 * clip + k, size)
        (tmp_path / folder / train).write_text("\r\n".join(names) + "\n\n")
        return tmp_path

    return make


@pytest.fixture
def footage(tmp_path):
    """`footage(a=30, b=9)` makes clips of so many frames, the n-th numbered from 0 or `first`."""

    def make(suffix="png", first=0, **lengths):
        for clip, length in lengths.items():
            (tmp_path / clip).mkdir()
            for number in range(length):
                frame(tmp_path / clip / f"im{first + number}.{suffix}", number)
        return tmp_path

    return make


class TestVimeo90K:
    @pytest.mark.parametrize(
        ("edition", "wanted", "inputs", "targets", "times"),
        [
            (TRIPLETS, Wanted(2, "middle", "random", 32), [1, 3], [2], (0.5,)),
            (TRIPLETS, Wanted(2, "windows", "midpoint", 32), [1, 3], [2], (0.5,)),
            (TRIPLETS, Wanted(2, "all", "random", 32), [1, 3], [1, 2, 3], (0, 0.5, 1)),
            (SEPTUPLETS, Wanted(4, "middle", "random", 32), [1, 3, 5, 7], [4], (0.5,)),
            (SEPTUPLETS, Wanted(4, "windows", "random", 32), [1, 3, 5, 7], [2, 4, 6], (-0.5, 0.5, 1.5)),
            (
                SEPTUPLETS,
                Wanted(4, "all", "midpoint", 32),
                [1, 3, 5, 7],
                [1, 2, 3, 4, 5, 6, 7],
                (-1, -0.5, 0, 0.5, 1, 1.5, 2),
            ),
        ],
    )
    def test_a_sample_is_the_named_frames(self, vimeo, edition, wanted, inputs, targets, times):
        source = edition[-1](SourceOptions(vimeo(edition, 3), inputs=wanted.inputs))
        clip = draw(source, 1, wanted)
        assert numbers(clip.frames) == [10 + k for k in inputs]
        assert numbers(clip.targets) == [10 + k for k in targets]
        assert clip.times == times
        assert clip.flows is None
        assert clip.frames.dtype == clip.targets.dtype == np.uint8
        assert clip.frames.shape[1:] == clip.targets.shape[1:] == (3, 32, 32)

    @pytest.mark.parametrize(("targets", "count"), [("middle", 1), ("windows", 1), ("all", 3)])
    def test_two_inputs_of_a_septuplet_are_one_of_its_windows_by_chance(self, vimeo, targets, count):
        source = open_septuplets(SourceOptions(vimeo(SEPTUPLETS)))
        found = Counter()
        for seed in range(90):
            clip = draw(source, 0, Wanted(2, targets, "midpoint", 32), seed)
            first, last = numbers(clip.frames)
            expected = [first, first + 1, last] if count == 3 else [first + 1]
            assert numbers(clip.targets) == expected
            found[first, last] += 1
        assert sorted(found) == [(1, 3), (3, 5), (5, 7)]
        assert min(found.values()) > 15

    def test_a_random_time_is_that_of_any_three_frames_of_a_septuplet_in_order(self, vimeo):
        source, found = open_septuplets(SourceOptions(vimeo(SEPTUPLETS))), set()
        for seed in range(300):
            clip = draw(source, 0, Wanted(2, "middle", "random", 32), seed)
            (first, last), (middle,) = numbers(clip.frames), numbers(clip.targets)
            assert first < middle < last
            assert clip.times == ((middle - first) / (last - first),)
            found.add((first, middle, last))
        assert len(found) == 35  # all of 3 in 7

    @pytest.mark.parametrize("edition", [TRIPLETS, SEPTUPLETS])
    def test_the_last_lines_of_the_train_list_are_held_out(self, vimeo, edition):
        root = vimeo(edition, 21)
        train, held_out = (edition[-1](SourceOptions(root, part)) for part in ("train", "validation"))
        assert (train.size, held_out.size) == (19, 2)
        wanted = Wanted(2, "middle", "midpoint", 32)
        clips = [numbers(draw(train, index, wanted).frames)[0] // 10 for index in range(19)]
        assert clips == list(range(19))
        assert [numbers(draw(held_out, k, wanted).frames)[0] // 10 for k in (0, 1)] == [19, 20]
        assert "19 clips, the first 95 % of 21 lines" in train.facts
        assert "2 clips, the last 5 % of 21 lines" in held_out.facts
        assert "licence: none stated" in train.facts

    @pytest.mark.parametrize(("lines", "train"), [(51312, 48746), (64612, 61381), (2, 1), (1, 1)])
    def test_training_has_rifes_share(self, lines, train):
        assert len(part_of(range(lines), "train", "x")) == train
        if lines > 1:
            assert part_of(range(lines), "validation", "x")[0] == train

    @pytest.mark.parametrize("edition", [TRIPLETS, SEPTUPLETS])
    def test_the_folder_itself_may_be_named_too(self, vimeo, edition):
        root = vimeo(edition)
        wanted = Wanted(2, "middle", "midpoint", 32)
        outer, inner = (edition[-1](SourceOptions(each)) for each in (root, root / edition[0]))
        assert np.array_equal(draw(outer, 0, wanted).frames, draw(inner, 0, wanted).frames)

    @pytest.mark.parametrize(
        ("edition", "inputs", "offered"), [(TRIPLETS, 4, "2"), (SEPTUPLETS, 6, "2 or 4")]
    )
    def test_a_number_of_inputs_it_has_not_is_refused(self, vimeo, edition, inputs, offered):
        root, message = vimeo(edition), f"gives {offered} input frames, the recipe asks for {inputs}"
        with pytest.raises(VfibenchError, match=message):
            edition[-1](SourceOptions(root, inputs=inputs))
        source = edition[-1](SourceOptions(root))
        with pytest.raises(VfibenchError, match=message):
            draw(source, 0, Wanted(inputs, "middle", "midpoint", 32))

    @pytest.mark.parametrize(
        ("edition", "test"),
        [(TRIPLETS, "vimeo90k_tri_testlist.txt"), (SEPTUPLETS, "vimeo90k_sep_testlist.txt")],
    )
    def test_a_clip_of_the_test_list_is_never_trained_on(self, vimeo, edition, test):
        root, line = vimeo(edition), read_list(test)[-1]
        path = root / edition[0] / edition[1]
        path.write_text(f"00001/0001\n{line}\n00001/0002\n")
        with pytest.raises(
            VfibenchError, match=rf"found {line} of the official test list, in line 2 of {path}"
        ):
            edition[-1](SourceOptions(root))

    def test_a_line_twice_would_be_trained_and_validated_on(self, vimeo):
        root = vimeo(TRIPLETS)
        (root / "vimeo_triplet" / "tri_trainlist.txt").write_text("00001/0001\n00001/0002\n00001/0001\n")
        with pytest.raises(VfibenchError, match="each clip once, found 00001/0001 again, in line 3 of"):
            open_triplets(SourceOptions(root))

    def test_a_line_that_is_no_clip_is_named(self, vimeo):
        root = vimeo(TRIPLETS)
        path = root / "vimeo_triplet" / "tri_trainlist.txt"
        path.write_text("00001/0001\n../secret\n")
        with pytest.raises(
            VfibenchError, match=rf"such as 00001/0001, found '\.\./secret', in line 2 of {path}"
        ):
            open_triplets(SourceOptions(root))

    def test_the_first_missing_file_is_named_with_the_layout(self, vimeo):
        root = vimeo(SEPTUPLETS, 5)
        missing = root / "vimeo_septuplet/sequences/00001/0003/im4.png"
        missing.unlink()
        (root / "vimeo_septuplet/sequences/00001/0004/im1.png").unlink()
        with pytest.raises(VfibenchError) as caught:
            open_septuplets(SourceOptions(root))
        assert str(missing) in caught.value.message
        assert "expected sequences/CLIP/im1.png to im7.png for every line of sep_trainlist.txt" in str(
            caught.value
        )
        assert "2 of 4 clips are incomplete" in str(caught.value)

    def test_a_missing_list_is_named(self, vimeo):
        root = vimeo(TRIPLETS)
        path = root / "vimeo_triplet" / "tri_trainlist.txt"
        path.unlink()
        with pytest.raises(
            VfibenchError, match=f"found No such file or directory for {path}; name the folder"
        ):
            open_triplets(SourceOptions(root))

    def test_a_list_of_one_clip_has_nothing_to_validate_on(self, vimeo):
        root = vimeo(TRIPLETS, 1)
        assert open_triplets(SourceOptions(root)).size == 1
        with pytest.raises(VfibenchError, match="expected two clips or more, of which one is held out"):
            open_triplets(SourceOptions(root, "validation"))


class TestClips:
    @pytest.mark.parametrize(("inputs", "length"), [(2, 9), (4, 25), (6, 41)])
    def test_samples_are_runs_that_share_no_frame(self, footage, inputs, length):
        source = open_clips(SourceOptions(footage(a=2 * length + 3, b=length, c=length), inputs=inputs))
        assert source.size == 3  # two of a and that of b; c is held out
        starts = []
        for index in range(3):
            clip = draw(source, index, Wanted(inputs, "middle", "midpoint", 32))
            assert np.diff(numbers(clip.frames)).tolist() == [8] * (inputs - 1)
            starts.append(numbers(clip.frames)[0])
        assert starts == [0, length, 0]
        assert f"3 samples of {length} frames, 2 clips (the first 95 % of 3 by name)" in source.facts

    @pytest.mark.parametrize(
        ("wanted", "targets", "times"),
        [
            (Wanted(2, "middle", "midpoint", 32), [4], (0.5,)),
            (Wanted(4, "middle", "midpoint", 32), [12], (0.5,)),
            (Wanted(4, "windows", "midpoint", 32), [4, 12, 20], (-0.5, 0.5, 1.5)),
            (Wanted(2, "all", "random", 32), [0, 4, 8], (0, 0.5, 1)),
            (Wanted(4, "all", "midpoint", 32), [0, 4, 8, 12, 16, 20, 24], (-1, -0.5, 0, 0.5, 1, 1.5, 2)),
        ],
    )
    def test_a_sample_is_the_named_frames(self, footage, wanted, targets, times):
        source = open_clips(SourceOptions(footage(a=25, b=25), inputs=wanted.inputs))
        clip = draw(source, 0, wanted)
        assert numbers(clip.frames) == [8 * k for k in range(wanted.inputs)]
        assert numbers(clip.targets) == targets
        assert clip.times == times

    @pytest.mark.parametrize("targets", ["middle", "windows"])
    def test_a_random_time_is_an_eighth_and_the_same_in_every_window(self, footage, targets):
        source = open_clips(SourceOptions(footage(a=25, b=25), inputs=4))
        found = Counter()
        for seed in range(140):
            clip = draw(source, 0, Wanted(4, targets, "random", 32), seed)
            (offset,) = {number % 8 for number in numbers(clip.targets)}
            assert numbers(clip.targets) == [8 * (time + 1) for time in clip.times]
            assert [int(np.floor(time)) for time in clip.times] == (
                [0] if targets == "middle" else [-1, 0, 1]
            )
            found[offset] += 1
        assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]
        assert min(found.values()) > 7

    def test_clips_too_short_are_left_out_and_counted(self, footage):
        root = footage(a=24, b=25, c=26, d=8, e=0)
        source = open_clips(SourceOptions(root, inputs=4))
        assert source.size == 1
        assert "1 clips (the first 95 % of 2 by name; 3 too short and left out)" in source.facts

    def test_where_none_is_long_enough_the_layout_is_named(self, footage):
        root = footage(a=24, b=3)
        with pytest.raises(VfibenchError) as caught:
            open_clips(SourceOptions(root, inputs=4))
        assert f"expected {root}/CLIP/0001.png" in str(caught.value)
        assert "25 frames or more for 4 inputs, found 2 sub-folders, the longest of 24 frames" in str(
            caught.value
        )

    def test_a_folder_of_frames_is_not_a_folder_of_clips(self, footage):
        with pytest.raises(VfibenchError, match="found 0 sub-folders"):
            open_clips(SourceOptions(footage(a=9) / "a"))

    def test_the_last_clips_in_natural_order_are_held_out(self, footage):
        root = footage(**{f"clip{n}": 9 + n for n in range(1, 12)})
        held_out = open_clips(SourceOptions(root, "validation"))
        assert [clip.folder.name for clip in held_out.footage] == ["clip11"]
        train = open_clips(SourceOptions(root))
        assert [clip.folder.name for clip in train.footage] == [f"clip{n}" for n in range(1, 11)]

    def test_one_clip_can_be_trained_on_but_not_validated_on(self, footage):
        root = footage(a=20)
        assert "the only one: none is held out" in open_clips(SourceOptions(root)).facts
        with pytest.raises(VfibenchError, match="expected two clips or more, of which one is held out"):
            open_clips(SourceOptions(root, "validation"))

    @pytest.mark.parametrize(("name", "source"), [("GOPR9635", "adobe240"), ("GOPR0384_11_05", "gopro")])
    def test_a_test_video_is_no_clip_to_train_on(self, footage, name, source):
        with pytest.raises(VfibenchError, match=f"{name} of the test list {source}.*; take the test videos"):
            open_clips(SourceOptions(footage(**{name: 9, "a": 9})))

    def test_frames_are_in_natural_order_whatever_number_is_first(self, footage):
        source = open_clips(SourceOptions(footage(first=95, a=9, b=9)))  # im99.png, im100.png
        assert numbers(draw(source, 0, Wanted(2, "middle", "midpoint", 32)).frames) == [0, 8]

    @pytest.mark.parametrize("suffix", ["jpg", "JPEG"])
    def test_jpeg_is_read(self, footage, suffix):
        source = open_clips(SourceOptions(footage(suffix, a=9, b=9)))
        clip = draw(source, 0, Wanted(2, "middle", "midpoint", 32))
        assert np.abs(clip.frames[1, 0].astype(int) - 8).max() < 6

    def test_a_frame_left_out_is_named(self, footage):
        root = footage(a=12, b=9)
        (root / "a" / "im7.png").unlink()
        with pytest.raises(
            VfibenchError, match=rf"expected frame 7 after im6\.png and found im8\.png, in {root}/a"
        ):
            open_clips(SourceOptions(root))

    def test_two_frames_of_one_number_are_refused(self, footage):
        root = footage(a=12, b=9)
        frame(root / "a" / "im7.jpg", 0)
        with pytest.raises(VfibenchError, match="expected frame 8 after im7"):
            open_clips(SourceOptions(root))

    def test_a_picture_without_a_number_is_named_and_other_files_are_let_be(self, footage):
        root = footage(a=12, b=9)
        (root / "a" / "notes.txt").touch()
        (root / "a" / "._im3.png").touch()
        (root / ".cache").mkdir()
        assert open_clips(SourceOptions(root)).size == 1
        frame(root / "a" / "thumb.png", 0)
        with pytest.raises(VfibenchError, match=rf"expected numbered frames, found thumb\.png, in {root}/a"):
            open_clips(SourceOptions(root))

    def test_a_damaged_or_unfit_frame_is_named_when_it_is_drawn(self, footage):
        root = footage(a=9, b=9)
        path, wanted = root / "a" / "im0.png", Wanted(2, "middle", "midpoint", 32)
        source = open_clips(SourceOptions(root))
        whole = path.read_bytes()
        path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
        with pytest.raises(VfibenchError, match=f"cannot read image {path}: the checksum"):
            draw(source, 0, wanted)
        Image.new("RGBA", SIZE, (1, 2, 3, 254)).save(path)
        with pytest.raises(VfibenchError, match=f"found transparent pixels, in {path}"):
            draw(source, 0, wanted)

    def test_another_number_of_inputs_than_opened_for_is_refused(self, footage):
        source = open_clips(SourceOptions(footage(a=30, b=30)))
        with pytest.raises(VfibenchError, match="was opened for 2 input frames, asked for 4"):
            draw(source, 0, Wanted(4, "middle", "midpoint", 32))


@pytest.fixture(params=["triplets", "septuplets", "clips"])
def opened(request, vimeo, footage):
    """A source of each kind, its root, and a frame that sample 0 needs for four (triplets: two) inputs."""
    if request.param == "clips":
        root = footage(a=50, b=25)
        return open_clips(SourceOptions(root, inputs=4)), 4, root / "a" / "im8.png"
    edition = {"triplets": TRIPLETS, "septuplets": SEPTUPLETS}[request.param]
    root = vimeo(edition, 3)
    path = root / edition[0] / "sequences/00001/0001/im3.png"
    return edition[-1](SourceOptions(root)), 2 if edition is TRIPLETS else 4, path


class TestEverySource:
    def test_all_frames_have_the_same_crop_and_every_crop_occurs(self, opened):
        source, inputs, _ = opened
        found = set()
        for seed in range(150):
            places = corners(draw(source, 0, Wanted(inputs, "middle", "random", 40), seed))
            assert len(places) == 1
            found |= places
        assert found == {(left, 0) for left in range(5)}
        found = {
            corners(draw(source, 0, Wanted(inputs, "all", "random", 32), seed)).pop() for seed in range(60)
        }
        assert {left for left, _ in found} >= {0, 12}
        assert {top for _, top in found} >= {0, 8}

    def test_equal_arguments_give_equal_clips_and_others_do_not(self, opened):
        source, inputs, _ = opened
        wanted = Wanted(inputs, "windows", "random", 32)
        one, again, other = draw(source, 0, wanted), draw(source, 0, wanted), draw(source, 0, wanted, 3)
        assert np.array_equal(one.frames, again.frames)
        assert np.array_equal(one.targets, again.targets)
        assert one.times == again.times
        assert not np.array_equal(one.frames, other.frames)

    def test_a_copy_by_pickle_gives_the_same(self, opened):
        source, inputs, _ = opened
        copy, wanted = pickle.loads(pickle.dumps(source)), Wanted(inputs, "middle", "random", 32)
        assert (copy.size, copy.facts) == (source.size, source.facts)
        for index in range(source.size):
            for one, other in zip(
                draw(source, index, wanted)[:2], draw(copy, index, wanted)[:2], strict=True
            ):
                assert np.array_equal(one, other)

    def test_worker_processes_give_the_same(self, opened):
        source, inputs, _ = opened
        samples = Samples(source, Data(inputs=inputs, targets="windows", crop=32, flip=True, rotate=True), 5)
        alone, helped = (list(batches(samples, Place(), 0, 3, 2, workers)) for workers in (0, 2))
        for one, other in zip(alone, helped, strict=True):
            assert all(a.equal(b) for a, b in zip(one[:3], other[:3], strict=True))
            assert one.flows is None
            assert other.flows is None

    @pytest.mark.parametrize("workers", [0, 2])
    def test_a_frame_that_has_gone_is_named_from_worker_processes_too(self, opened, workers):
        source, inputs, path = opened
        path.unlink()
        samples = Samples(source, Data(inputs=inputs, targets="all", crop=32), 5)
        with pytest.raises(VfibenchError, match=f"^missing image {path}"):
            list(batches(samples, Place(), 0, 8 * source.size, 1, workers))

    def test_only_the_frames_of_the_sample_are_read_and_each_once(self, opened, monkeypatch):
        source, inputs, _ = opened
        read = []
        monkeypatch.setattr(
            vfibench.frames.files, "read_image", lambda path: read.append(path) or read_image(path)
        )
        draw(source, 0, Wanted(inputs, "middle", "random", 32))
        assert len(read) == len(set(read)) == inputs + 1
        read.clear()
        draw(source, 0, Wanted(inputs, "all", "random", 32))
        assert len(read) == len(set(read)) == 2 * inputs - 1

    def test_a_frame_smaller_than_the_crop_is_named(self, opened):
        source, inputs, _ = opened
        with pytest.raises(
            VfibenchError, match=r"expected frames of 64x64 pixels or more, found 44x40, in .*im[01]\.png"
        ):
            draw(source, 0, Wanted(inputs, "middle", "midpoint", 64))

    def test_a_frame_of_another_size_is_named(self, opened):
        source, inputs, path = opened
        frame(path, 0, (44, 41))
        with pytest.raises(VfibenchError, match=f"expected 44x40 pixels, found 44x41, in {path}"):
            draw(source, 0, Wanted(inputs, "all", "midpoint", 32))

    def test_a_frame_that_cannot_be_read_is_named(self, opened):
        source, inputs, path = opened
        path.write_bytes(path.read_bytes()[:60])
        with pytest.raises(VfibenchError, match=f"cannot read image {path}"):
            draw(source, 0, Wanted(inputs, "all", "midpoint", 32))

    def test_a_frame_that_has_gone_is_named(self, opened):
        source, inputs, path = opened
        path.unlink()
        with pytest.raises(VfibenchError, match=f"missing image {path}"):
            draw(source, 0, Wanted(inputs, "all", "midpoint", 32))


@pytest.mark.parametrize("name", ["vimeo90k-triplets", "vimeo90k-septuplets", "clips"])
def test_the_catalogue_opens_it_and_a_missing_folder_is_told(name, tmp_path):
    card = SOURCES.card(name)
    assert card.layout
    assert "\n" not in card.layout
    opener = load_target(card.target)
    for root, found in ((None, "none"), (tmp_path / "nowhere", f"no folder {tmp_path}/nowhere")):
        with pytest.raises(VfibenchError, match=f"expected the folder of source '{name}', found {found}"):
            opener(SourceOptions(root))


def test_real_septuplets(shared, tmp_path):
    real = shared("data", "vimeo_septuplet")
    (tmp_path / "vimeo_septuplet").mkdir()
    (tmp_path / "vimeo_septuplet" / "sequences").symlink_to(real / "sequences")
    shutil.copy(real / "sep_testlist.txt", tmp_path / "vimeo_septuplet" / "sep_trainlist.txt")
    source = open_septuplets(SourceOptions(tmp_path, inputs=4))
    assert (source.size, open_septuplets(SourceOptions(tmp_path, "validation")).size) == (7, 1)
    clip = draw(source, 6, Wanted(4, "all", "midpoint", 256))
    for k, picture in enumerate(clip.targets, 1):
        whole = read_image(real / "sequences/00001/0007" / f"im{k}.png")
        left = next(x for x in range(193) if np.array_equal(whole[:, :, x : x + 256], picture))
        assert np.array_equal(
            clip.targets[0], read_image(real / "sequences/00001/0007/im1.png")[..., left : left + 256]
        )
    assert np.array_equal(clip.frames, clip.targets[::2])


def test_real_triplets(shared, tmp_path):
    real = shared("data", "vimeo_triplet_derived")
    (tmp_path / "sequences").symlink_to(real / "sequences")
    shutil.copy(real / "tri_testlist.txt", tmp_path / "tri_trainlist.txt")
    source = open_triplets(SourceOptions(tmp_path))
    clip = draw(source, 0, Wanted(2, "middle", "random", 256))
    whole = [read_image(real / "sequences/00001/0001" / f"im{k}.png") for k in (1, 3, 2)]
    left = next(x for x in range(193) if np.array_equal(whole[0][:, :, x : x + 256], clip.frames[0]))
    for picture, frame_there in zip([*clip.frames, *clip.targets], whole, strict=True):
        assert np.array_equal(picture, frame_there[:, :, left : left + 256])


def test_real_clips_of_several_sizes_and_namings(shared):
    root = shared("data", "clips")
    train, held_out = (open_clips(SourceOptions(root, part)) for part in ("train", "validation"))
    names = [clip.folder.name.partition("_")[0] for clip in (*train.footage, *held_out.footage)]
    assert names == ["BasketballPass", "sintel", "toflow", "vid2e"]
    assert (train.size, held_out.size) == (100 // 9 + 10 // 9 + 20 // 9, 1)
    for index in (1, 11, 13):
        clip = draw(train, index, Wanted(2, "windows", "random", 224))
        assert clip.frames.shape == (2, 3, 224, 224)
    four = open_clips(SourceOptions(root, inputs=4))
    assert four.size == 4
    assert "3 too short and left out" in four.facts
    (clip,) = four.footage
    assert all(int(after[2:-4]) == int(before[2:-4]) + 1 for before, after in pairwise(clip.frames))
