"""Reading pictures, and the one padding implementation."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vfibench.contracts import Padding
from vfibench.errors import VfibenchError
from vfibench.frames.files import natural_key, read_image, write_image
from vfibench.frames.padding import crop, margins, pad

RULES = [
    Padding(32),
    Padding(32, place="centred"),
    Padding(64, "reflect"),
    Padding(16, "constant", "centred", value=(0.485, 0.456, 0.406)),
    Padding(8, extra=5),
    Padding(128, extra=32, place="centred"),
    Padding(32, place="centred", extra_when_fitting=16),
    Padding(1),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [(64, 96), (33, 47), (65, 97), (40, 56)])
@pytest.mark.parametrize("scale", [1, 4])
def test_cropping_undoes_padding_to_the_pixel(rule: Padding, size: tuple[int, int], scale: int) -> None:
    rule = Padding(32, "reflect") if rule.mode == "reflect" else rule  # reflection is bounded by the size
    frames = torch.rand(2, 3, 3, *size)
    padded = pad(frames, rule)
    for before, after in zip(size, padded.shape[-2:], strict=True):
        fits = before % rule.multiple == 0
        assert (after - fits * 2 * rule.extra_when_fitting) % rule.multiple == 0
    enlarged = padded.repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    expected = frames.repeat_interleave(scale, -1).repeat_interleave(scale, -2)
    assert torch.equal(crop(enlarged, *size, rule, scale), expected)


def test_padding_continues_or_fills_as_its_mode_says() -> None:
    frame = torch.arange(12.0).view(1, 1, 3, 2, 2) / 12
    replicated = pad(frame, Padding(4))
    assert torch.equal(replicated[0, 0, 0], frame[0, 0, 0][[0, 1, 1, 1]][:, [0, 1, 1, 1]])
    filled = pad(frame, Padding(4, "constant", "centred", value=(0.1, 0.2, 0.3)))
    assert torch.allclose(filled[0, 0, :, 0, 0], torch.tensor([0.1, 0.2, 0.3]))
    assert torch.equal(filled[..., 1:3, 1:3], frame)


def test_the_odd_pixel_of_centred_padding_goes_to_the_end() -> None:
    assert margins(33, 64, Padding(32, place="centred")) == (15, 16, 0, 0)
    assert margins(33, 64, Padding(32)) == (0, 31, 0, 0)
    assert margins(256, 256, Padding(128, extra=32, place="centred")) == (64, 64, 64, 64)


def test_a_side_that_fits_gets_its_own_extra_and_another_side_does_not() -> None:
    rule = Padding(128, place="centred", extra_when_fitting=32)
    assert margins(256, 448, rule) == (32, 32, 32, 32)
    assert margins(480, 640, rule) == (16, 16, 32, 32)
    assert margins(128, 129, rule) == (32, 32, 63, 64)
    assert margins(64, 96, replace(rule, extra=32)) == (32, 32, 80, 80)  # 64 + 2 * 32 had to grow to fit


def test_without_an_extra_for_fitting_sides_nothing_is_added_to_them() -> None:
    assert Padding().extra_when_fitting == 0
    assert margins(256, 512, Padding(128)) == margins(256, 512, Padding(128, place="centred")) == (0, 0, 0, 0)


def test_frames_that_fit_are_not_copied() -> None:
    frames = torch.rand(1, 2, 3, 32, 32)
    assert pad(frames, Padding(32)) is frames


def test_an_image_survives_writing_and_reading(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    write_image(tmp_path / "a" / "b.png", pixels)
    assert np.array_equal(read_image(tmp_path / "a" / "b.png"), pixels)


def test_grey_and_palette_images_become_rgb(tmp_path: Path) -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    for name in ("grey.png", "palette.png"):
        assert np.array_equal(read_image(tmp_path / name), np.stack([grey] * 3))


def test_a_truncated_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    write_image(path, np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(VfibenchError, match=r"cannot read image .*cut\.png"):
        read_image(path)


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match=r"missing image .*no\.png"):
        read_image(tmp_path / "no.png")


def test_a_text_file_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(VfibenchError, match=r"cannot read image .*text\.png"):
        read_image(tmp_path / "text.png")


def test_natural_sort_puts_im2_before_im10() -> None:
    names = [Path(name) for name in ("im10.png", "im2.png", "im1.png", "a.png")]
    ordered = [path.name for path in sorted(names, key=natural_key)]
    assert ordered == ["a.png", "im1.png", "im2.png", "im10.png"]


def test_every_shared_png_has_the_pixels_pillow_sees(shared: Callable[..., Path]) -> None:
    paths = [
        path
        for folder in ("davis", "middlebury_others", "middlebury_eval")
        for path in shared("data", folder).rglob("*.png")
    ]
    paths += sorted(shared("data", "ucf101_interp_ours").rglob("*.png"))[::7]
    assert len(paths) > 100
    for path in paths:
        assert np.array_equal(
            read_image(path), np.array(Image.open(path).convert("RGB")).transpose(2, 0, 1)
        ), path


def noise(path: Path) -> bytearray:
    """The bytes of a PNG of noise, written there."""
    write_image(path, np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8))
    return bytearray(path.read_bytes())


def flipped(data: bytearray) -> bytes:
    """A body that its checksum does not fit."""
    data[len(data) // 2] ^= 255
    return bytes(data)


def cut(data: bytearray) -> bytes:
    """Bytes lost in the middle, the end in its place."""
    return bytes(data[:2000] + data[-12:])


@pytest.mark.parametrize("damage", [flipped, cut])
def test_a_damaged_png_is_an_unreadable_image_and_libpng_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: Callable[[bytearray], bytes]
) -> None:
    path = tmp_path / "damaged.png"
    path.write_bytes(damage(noise(path)))
    with pytest.raises(VfibenchError, match=r"cannot read image .*damaged\.png"):
        read_image(path)
    assert capfd.readouterr().err == ""


def test_a_picture_larger_than_opencv_decodes_is_refused_in_one_line(tmp_path: Path) -> None:
    data = noise(tmp_path / "huge.png")
    data[16:24] = (40_000).to_bytes(4) * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    (tmp_path / "huge.png").write_bytes(data)
    with pytest.raises(VfibenchError, match=r"cannot read image .*huge\.png"):
        read_image(tmp_path / "huge.png")


def test_a_picture_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(VfibenchError, match=rf"cannot write {tmp_path}/file/a\.png: "):
        write_image(tmp_path / "file" / "a.png", np.zeros((3, 4, 4), np.uint8))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to("/dev/full")
    with pytest.raises(VfibenchError, match=r"cannot write .*a\.png: No space left"):
        write_image(tmp_path / "a.png", np.zeros((3, 4, 4), np.uint8))
