"""Which files of a folder are the frames of a clip, and what makes it no clip."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.frames.files import SUFFIXES
from vfibench.frames.folders import frame_names, named_folder


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).touch()
    return root


def numbered(*numbers: int, form: str = "im{}.png") -> list[str]:
    return [form.format(number) for number in numbers]


def refused(root: Path, reason: str, *, strict: bool = False) -> str:
    with pytest.raises(VfibenchError, match=re.escape(reason)) as caught:
        frame_names(root, SUFFIXES, strict=strict)
    assert caught.value.message.endswith(f", in {root}")
    return str(caught.value)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("form", "first"),
    [
        ("im{}.png", 1),
        ("{:05d}.jpg", 0),
        ("s2_shot10_{:04d}.PNG", 8),
        ("{}_1920x1080.tif", 95),
        ("im{}_left.bmp", 9),
    ],
)
def test_frames_follow_one_another_by_number(tmp_path: Path, form: str, first: int, strict: bool) -> None:
    names = numbered(*range(first, first + 12), form=form)
    found = frame_names(folder_of(tmp_path, *reversed(names)), SUFFIXES, strict=strict)
    assert list(found.frames) == names
    assert (found.step, found.others) == (1, ())


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        (2, "expected frame 2 after im1.png and found im3.png"),
        (5, "expected frame 5 after im4.png and found im6.png"),
        (8, "expected frame 8 after im7.png and found im9.png"),
    ],
)
def test_a_missing_number_is_named(tmp_path: Path, lost: int, reason: str, strict: bool) -> None:
    folder_of(tmp_path, *numbered(*(set(range(1, 10)) - {lost})))
    assert "restore the frame" in refused(tmp_path, reason, strict=strict)


def test_a_gap_of_three_frames_is_a_gap(tmp_path: Path) -> None:
    refused(folder_of(tmp_path, *numbered(1, 3, 4)), "expected frame 2 after im1.png and found im3.png")


@pytest.mark.parametrize("strict", [False, True])
def test_a_number_with_and_without_zeros_is_there_twice(tmp_path: Path, strict: bool) -> None:
    folder_of(tmp_path, *numbered(1, 2, 3), "im02.png")
    reason = "expected frame 3 after im02.png and found im2.png"
    assert "remove the one that is not of the clip" in refused(tmp_path, reason, strict=strict)


def test_a_name_in_two_formats_is_there_twice(tmp_path: Path) -> None:
    refused(
        folder_of(tmp_path, *numbered(1, 2, 3), "im2.jpg"), "expected one frame called 'im2', found several"
    )


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "name", ["im3 (1).png", "im3 copy 2.png", "im3-1.png", "IM4.png", "im10_mask.png", "b4.png", "im4~.png"]
)
def test_a_copy_or_a_frame_of_another_clip_is_named(tmp_path: Path, name: str, strict: bool) -> None:
    folder_of(tmp_path, *numbered(1, 2, 3), name)
    refused(tmp_path, f"expected frames called like im1.png, found {name}", strict=strict)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["cover.png", "Copy of im.jpg"])
def test_a_picture_without_a_number_among_numbered_ones_is_named(
    tmp_path: Path, name: str, strict: bool
) -> None:
    folder_of(tmp_path, *numbered(1, 2, 3), name)
    refused(tmp_path, f"expected numbered frames, found {name}", strict=strict)


def test_two_clips_in_one_folder_are_refused(tmp_path: Path) -> None:
    refused(folder_of(tmp_path, "a1.png", "a2.png", "b1.png", "b2.png"), "found b1.png")
    (tmp_path / "two").mkdir()
    names = numbered(1, 2, 3, form="s1_{}.png") + numbered(1, 2, 3, form="s2_{}.png")
    refused(folder_of(tmp_path / "two", *names), "expected frame 4 after s1_3.png and found s2_1.png")


def test_hidden_files_and_other_suffixes_are_told_and_no_frames(tmp_path: Path) -> None:
    others = ("._im2.png", ".DS_Store", "Thumbs.db", "im2.png~", "im2.png.tmp", "notes.txt")
    folder_of(tmp_path, *numbered(1, 2, 3), *others)
    (tmp_path / "im9.png").mkdir()
    found = frame_names(tmp_path, SUFFIXES)
    assert list(found.frames) == numbered(1, 2, 3)
    assert found.others == tuple(sorted(others))


def test_every_second_number_is_a_clip_unless_it_must_be_every_one(tmp_path: Path) -> None:
    folder_of(tmp_path, *numbered(0, 8, 16, 24))
    assert frame_names(tmp_path, SUFFIXES).step == 8
    refused(tmp_path, "expected frame 1 after im0.png and found im8.png", strict=True)


def test_names_without_numbers_are_in_their_order_unless_there_must_be_some(tmp_path: Path) -> None:
    folder_of(tmp_path, "second.png", "first.png", "third.png")
    found = frame_names(tmp_path, SUFFIXES)
    assert (found.frames, found.step) == (("first.png", "second.png", "third.png"), 0)
    refused(tmp_path, "expected numbered frames, found first.png", strict=True)


def test_a_folder_has_one_name_however_it_is_spelt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "film"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    words = ("film", "./film", "film/", str(folder), "link", "film/../film", "link/.")
    assert {named_folder(word)[1] for word in words} == {"film"}
    assert {named_folder(word)[0].resolve() for word in words} == {folder}
    monkeypatch.chdir(folder)
    assert named_folder(".")[1] == "film"


def test_a_name_after_an_equals_sign_is_the_users(tmp_path: Path) -> None:
    assert named_folder(f"{tmp_path}=mine") == (tmp_path, "mine")
    (tmp_path / "a=b").mkdir()
    assert named_folder(f"{tmp_path}/a=b") == (tmp_path / "a=b", "a=b")
    assert named_folder(f"{tmp_path}/a=b=c") == (tmp_path / "a=b", "c")


def test_a_name_is_text_whatever_the_file_system_holds(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    assert named_folder(odd)[1] == r"caf\xe9"
    assert named_folder(f"{tmp_path}/cafe\u0301")[1] == "caf\u00e9"
    assert named_folder("/")[1] == "root"
