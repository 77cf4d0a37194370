"""What becomes of a picture: the exact pixels, or one line that says why not."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import hand_made_png as made
import numpy as np
import pytest
from PIL import Image

from vfibench.errors import VfibenchError
from vfibench.frames.files import image_size, read_image, read_prediction

RNG = np.random.default_rng(5)
H, W = 11, 13
ORIENTED = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # EXIF: orientation 6


@pytest.fixture(autouse=True)
def _drawn_anew() -> None:
    """The same pictures whatever tests ran before."""
    RNG.bit_generator.state = np.random.default_rng(5).bit_generator.state


def stored(folder: Path, data: bytes, name: str = "p.png") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def samples(depth: int, channels: int) -> np.ndarray:
    """[H, W, C] with both ends of the range among them."""
    drawn = RNG.integers(0, 2**depth, (H, W, channels))
    drawn[0, 0], drawn[-1, -1] = 0, 2**depth - 1
    return drawn


def pillow(pixels: np.ndarray, form: str, **how: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **how)
    return file.getvalue()


def opencv(pixels: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1].tobytes()


def refused(path: Path, reason: str, read: Callable[[Path], object] = read_image) -> str:
    with pytest.raises(VfibenchError, match=reason) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_every_depth_is_scaled_as_png_says(tmp_path: Path, depth: int, interlaced: bool) -> None:
    levels = samples(min(depth, 8), 1)
    scale = {1: 255, 2: 85, 4: 17, 8: 1, 16: 1}[depth]
    kept = levels * 257 if depth == 16 else levels
    path = stored(tmp_path, made.png(kept, depth, made.GREY, interlaced=interlaced))
    assert np.array_equal(read_image(path), np.repeat(levels * scale, 3, axis=2).transpose(2, 0, 1))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_gives_its_colours(tmp_path: Path, depth: int, interlaced: bool) -> None:
    indices, palette = samples(depth, 1), RNG.integers(0, 256, (2**depth, 3), dtype=np.uint8)
    chunks = ((b"PLTE", palette.tobytes()), (b"tRNS", b"\xff\xff"))  # opaque
    path = stored(tmp_path, made.png(indices, depth, made.PALETTE, before=chunks, interlaced=interlaced))
    assert np.array_equal(read_image(path), palette[indices[..., 0]].transpose(2, 0, 1))


@pytest.mark.parametrize(("depth", "step"), [(8, 1), (16, 257)])
@pytest.mark.parametrize(
    ("colour", "channels"), [(made.RGB, 3), (made.RGBA, 4), (made.GREY_ALPHA, 2), (made.GREY, 1)]
)
def test_8_and_16_bits_with_and_without_an_opaque_alpha_are_the_same_frame(
    tmp_path: Path, depth: int, step: int, colour: int, channels: int
) -> None:
    levels = samples(8, channels)
    if channels in {2, 4}:
        levels[..., -1] = 255
    path = stored(tmp_path, made.png(levels * step, depth, colour))
    colours = levels[..., : 3 if channels > 2 else 1]
    assert np.array_equal(read_image(path), np.broadcast_to(colours, (H, W, 3)).transpose(2, 0, 1))


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colour", "channels"), [(made.RGBA, 4), (made.GREY_ALPHA, 2)])
def test_one_pixel_that_lets_something_through_is_refused(
    tmp_path: Path, depth: int, colour: int, channels: int
) -> None:
    kept = samples(8, channels) * (257 if depth == 16 else 1)
    kept[..., -1] = 2**depth - 1
    kept[3, 4, -1] -= 1
    path = stored(tmp_path, made.png(kept, depth, colour))
    refused(path, "found transparent pixels")
    refused(path, "found transparent pixels", read_prediction)


@pytest.mark.parametrize(("depth", "used"), [(2, True), (4, True), (8, True), (8, False)])
@pytest.mark.parametrize(("colour", "channels"), [(made.GREY, 1), (made.RGB, 3), (made.PALETTE, 1)])
def test_a_transparent_colour_matters_where_it_occurs(
    tmp_path: Path, depth: int, used: bool, colour: int, channels: int
) -> None:
    depth = 8 if colour == made.RGB else depth
    kept = RNG.integers(0, 2, (H, W, channels))
    kept[2, 2] = 3 if used else 0
    palette = bytes(range(30))
    if colour == made.PALETTE:
        chunks = ((b"PLTE", palette[: 3 * 4]), (b"tRNS", b"\xff\xff\xff\x00"))
    else:
        chunks = ((b"tRNS", struct.pack(">H", 3) * channels),)
    path = stored(tmp_path, made.png(kept, depth, colour, before=chunks))
    if used:
        refused(path, "found transparent pixels")
        return
    colours = (
        np.frombuffer(palette, np.uint8).reshape(-1, 3)[kept[..., 0]] if colour == made.PALETTE else kept
    )
    assert np.array_equal(read_image(path), np.broadcast_to(colours, (H, W, 3)).transpose(2, 0, 1))


def test_16_bits_between_the_levels_are_no_frame_but_a_raw_prediction(tmp_path: Path) -> None:
    for channels, colour in ((1, made.GREY), (3, made.RGB)):
        kept = samples(16, channels)
        path = stored(tmp_path, made.png(kept, 16, colour), f"{channels}.png")
        assert "8-bit RGB PNG" in refused(path, "found 16-bit values between the 8-bit levels")
        wanted = np.broadcast_to(kept, (H, W, 3)).transpose(2, 0, 1) / 65535
        assert read_prediction(path).dtype == np.float32
        np.testing.assert_allclose(read_prediction(path), wanted, rtol=0, atol=6e-8)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("shape", [(H, W), (H, W, 3)])
def test_16_bit_files_of_opencv_are_read(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    levels = RNG.integers(0, 256, shape).astype(np.uint16)
    expected = np.broadcast_to(levels.reshape(H, W, -1), (H, W, 3)).transpose(2, 0, 1)
    path = stored(tmp_path, opencv(levels * 257, suffix), f"a{suffix}")
    assert np.array_equal(read_image(path), expected)
    between = levels * 257
    between[3, 4] = 257 * 9 + 1
    fine = stored(tmp_path, opencv(between, suffix), f"b{suffix}")
    refused(fine, "found 16-bit values between the 8-bit levels")


def test_a_16_bit_prediction_of_whole_levels_is_the_same_as_in_8_bits(tmp_path: Path) -> None:
    levels = np.arange(256).reshape(16, 16, 1)
    path = stored(tmp_path, made.png(levels * 257, 16, made.GREY))
    exact = np.arange(256, dtype=np.float32).reshape(16, 16) / np.float32(255)
    assert np.array_equal(read_prediction(path)[1], exact)


LOSSLESS = [(form, mode) for form in ("PNG", "TIFF") for mode in ("RGB", "L", "P", "1", "LA", "RGBA")]
LOSSLESS += [("BMP", mode) for mode in ("RGB", "L", "P", "1", "RGBA")] + [("WEBP", "RGB"), ("WEBP", "RGBA")]


@pytest.mark.parametrize(("form", "mode"), LOSSLESS)
def test_what_pillow_writes_without_loss_is_read_as_it_was(tmp_path: Path, form: str, mode: str) -> None:
    pixels = RNG.integers(0, 256, (H, W, 3), dtype=np.uint8)
    pixels = (pixels > 127) * np.uint8(255) if mode in {"1", "P"} else pixels
    pixels = np.repeat(pixels[..., :1], 3, axis=2) if mode in {"L", "LA", "1"} else pixels
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    image = image.quantize(8, dither=Image.Dither.NONE) if mode == "P" else image.convert(mode)
    image.save(file, form, **({"lossless": True} if form == "WEBP" else {}))
    path = stored(tmp_path, file.getvalue())
    assert np.array_equal(read_image(path), pixels.transpose(2, 0, 1))
    assert np.array_equal(read_prediction(path), pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_lossy_files_are_as_pillow_decodes_them(tmp_path: Path, form: str) -> None:
    rows, columns = np.mgrid[0:40, 0:56]
    pixels = np.stack([rows * 5, columns * 4, rows + columns], axis=-1).astype(np.uint8)
    path = stored(tmp_path, pillow(pixels, form, quality=80))
    found = read_image(path)
    assert np.array_equal(found, np.array(Image.open(path).convert("RGB")).transpose(2, 0, 1))
    assert np.abs(found.astype(int) - pixels.transpose(2, 0, 1)).mean() < 4


def in_mode(mode: str, form: str) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (W, H), 7).save(file, form)
    return file.getvalue()


def frames_of(form: str, count: int = 2) -> bytes:
    file = io.BytesIO()
    first, *others = [Image.new("RGB", (W, H), (40 * k, 0, 90)) for k in range(count)]
    first.save(file, form, save_all=True, append_images=others)
    return file.getvalue()


REFUSED = {
    "float.tif": (lambda: in_mode("F", "TIFF"), "found floating-point values"),
    "cmyk.tif": (lambda: in_mode("CMYK", "TIFF"), "found CMYK colours"),
    "cmyk.jpg": (lambda: in_mode("CMYK", "JPEG"), "found CMYK colours"),
    "lab.tif": (lambda: in_mode("LAB", "TIFF"), "found LAB colours"),
    "32.tif": (lambda: in_mode("I", "TIFF"), "found 32-bit TIFF values"),
    "apng.png": (lambda: frames_of("PNG"), "found 2 pictures in one file"),
    "animated.webp": (lambda: frames_of("WEBP"), "found 2 pictures in one file"),
    "pages.tif": (lambda: frames_of("TIFF"), "found several pictures in one file"),
    "gif.png": (lambda: in_mode("L", "GIF"), "found a file of format GIF"),
    "ppm.png": (lambda: in_mode("RGB", "PPM"), "found a file of format PPM"),
    "turned.jpg": (
        lambda: pillow(np.zeros((H, W, 3), np.uint8), "JPEG", exif=b"Exif\0\0" + ORIENTED),
        "found pixels to be turned",
    ),
    "turned.tif": (
        lambda: pillow(np.zeros((H, W, 3), np.uint8), "TIFF", tiffinfo={274: 6}),
        "found pixels to be turned",
    ),
    "turned.png": (
        lambda: made.png(samples(8, 3), 8, made.RGB, before=((b"eXIf", ORIENTED),)),
        "found pixels to be turned",
    ),
    "15.bmp": (
        lambda: b"BM" + struct.pack("<IHHI", 54 + 8 * 4, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 3, 4, 1, 16, 0, 32, 0, 0, 0, 0) + bytes(32),
        "found 5 or 6 bits a channel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_8_bit_rgb_is_refused_and_named(tmp_path: Path, name: str) -> None:
    make, reason = REFUSED[name]
    refused(stored(tmp_path, make(), name), reason)


def test_colour_profiles_change_no_pixel(tmp_path: Path) -> None:
    levels = samples(8, 3)
    chunks = ((b"gAMA", struct.pack(">I", 100000)), (b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    path = stored(tmp_path, made.png(levels, 8, made.RGB, before=chunks))
    assert np.array_equal(read_image(path), levels.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("depth", "colour", "channels"),
    [(8, made.RGB, 3), (8, made.GREY, 1), (16, made.RGB, 3), (4, made.GREY, 1)],
)
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("lost", ["a row", "half", "all"])
def test_missing_rows_are_told_though_all_checksums_fit(
    tmp_path: Path, depth: int, colour: int, channels: int, interlaced: bool, lost: str
) -> None:
    row = 1 + -(-W * channels * depth // 8)
    gone = {"a row": row, "half": row * H // 2, "all": row * H}[lost]
    path = stored(
        tmp_path, made.png(samples(depth, channels), depth, colour, lost=gone, interlaced=interlaced)
    )
    refused(path, "cannot read image .*rows are missing")
    refused(path, "cannot read image .*rows are missing", read_prediction)


@pytest.mark.parametrize(
    ("depth", "colour", "channels"),
    [(8, made.RGB, 3), (8, made.GREY, 1), (1, made.GREY, 1), (16, made.RGBA, 4)],
)
def test_a_changed_byte_in_any_kind_of_png_is_told(
    tmp_path: Path, depth: int, colour: int, channels: int
) -> None:
    whole = bytearray(made.png(np.full((H, W, channels), 2**depth - 1), depth, colour))
    read_prediction(stored(tmp_path, bytes(whole)))
    whole[whole.index(b"IDAT") + 12] ^= 16
    refused(stored(tmp_path, bytes(whole)), "cannot read image .*checksum")


@pytest.mark.parametrize("colour", [made.RGB, made.GREY])
@pytest.mark.parametrize(
    "damage", [lambda stream: stream[:-4], lambda stream: stream[:-1] + bytes([stream[-1] ^ 1])]
)
def test_a_stream_without_its_end_or_of_another_checksum_is_told(
    tmp_path: Path, colour: int, damage: Callable[[bytes], bytes]
) -> None:
    """The chunks' own checksums fit."""
    levels = samples(8, 3 if colour == made.RGB else 1)
    stream = damage(zlib.compress(made.rows(levels, 8)))
    header = struct.pack(">IIBBBBB", W, H, 8, colour, 0, 0, 0)
    chunks = made.chunk(b"IHDR", header) + made.chunk(b"IDAT", stream) + made.chunk(b"IEND", b"")
    refused(stored(tmp_path, b"\x89PNG\r\n\x1a\n" + chunks), "cannot read image .*the compressed pixels")


@pytest.mark.parametrize("channels", [1, 3])
def test_large_and_flat_pictures_are_whole(tmp_path: Path, channels: int) -> None:
    """Their streams are inflated in several pieces."""
    flat = np.full((1500, 1600, channels), 200)
    path = stored(tmp_path, made.png(flat, 8, made.GREY if channels == 1 else made.RGB, interlaced=True))
    assert (read_image(path) == 200).all()


def test_white_may_be_zero_in_a_tiff(tmp_path: Path) -> None:
    levels = RNG.integers(0, 256, (H, W), dtype=np.uint8)
    data = pillow(levels, "TIFF")
    tag = struct.pack("<HHIHH", 262, 3, 1, 1, 0)  # photometric interpretation: black is zero
    assert data.count(tag) == 1
    path = stored(tmp_path, data.replace(tag, struct.pack("<HHIHH", 262, 3, 1, 0, 0)), "a.tif")
    assert np.array_equal(read_image(path)[0], 255 - levels)


def test_what_follows_the_end_of_a_png_is_no_part_of_it(tmp_path: Path) -> None:
    levels = samples(8, 3)
    path = stored(tmp_path, made.png(levels, 8, made.RGB) + b"left over")
    assert np.array_equal(read_image(path), levels.transpose(2, 0, 1))


def test_an_index_beyond_the_palette_is_told(tmp_path: Path) -> None:
    chunks = ((b"PLTE", bytes(range(9))),)
    refused(
        stored(tmp_path, made.png(samples(2, 1), 2, made.PALETTE, before=chunks)),
        "colour 3 of a palette of 3",
    )


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".webp", ".tiff"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_cut_file_of_every_format_is_told(tmp_path: Path, suffix: str, share: float) -> None:
    data = opencv(RNG.integers(0, 256, (64, 80, 3), dtype=np.uint8), suffix)
    refused(stored(tmp_path, data[: int(share * len(data))], f"a{suffix}"), "cannot read image")


@pytest.mark.parametrize("depth", [np.uint16, np.float32])
def test_a_cut_16_bit_or_float_tiff_is_told(
    tmp_path: Path, depth: type, capfd: pytest.CaptureFixture[str]
) -> None:
    file = io.BytesIO()
    pixels = RNG.integers(0, 256, (64, 80)).astype(depth)
    Image.fromarray(pixels).save(file, "TIFF")  # tags first, then pixels
    path = stored(tmp_path, file.getvalue()[:-300], "a.tif")
    refused(path, "cannot read image .*the file ends before its", read_prediction)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_jpeg_that_lost_its_last_rows_and_has_an_end_is_told(
    tmp_path: Path, share: float, progressive: bool
) -> None:
    pixels = np.kron(RNG.integers(0, 256, (16, 20, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    data = pillow(pixels, "JPEG", progressive=progressive, quality=90)
    assert read_image(stored(tmp_path, data, "whole.jpg")).shape == (3, 128, 160)
    cut = data[: int(share * len(data))] + b"\xff\xd9"
    refused(stored(tmp_path, cut, "cut.jpg"), "cannot read image .*its pixels end early")


def test_a_whole_jpeg_that_ends_in_grey_is_read(tmp_path: Path) -> None:
    pixels = np.full((40, 56, 3), 128, np.uint8)
    assert np.array_equal(read_image(stored(tmp_path, pillow(pixels, "JPEG"))), pixels.transpose(2, 0, 1))


def saved(folder: Path, array: np.ndarray, **more: np.ndarray) -> Path:
    if more:
        np.savez_compressed(folder / "a.npz", array, **more)
        return folder / "a.npz"
    np.save(folder / "a.npy", array)
    return folder / "a.npy"


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "uint8", "uint16"])
@pytest.mark.parametrize("first", [True, False])
def test_arrays_are_raw_predictions(tmp_path: Path, kind: str, first: bool) -> None:
    top = {"uint8": 255, "uint16": 65535}.get(kind, 1)
    pixels = (RNG.random((3, H, W)) * top).astype(kind)
    pixels = np.asfortranarray(pixels) if first else pixels.transpose(1, 2, 0)
    found = [read_prediction(saved(tmp_path, pixels))]
    np.savez_compressed(tmp_path / "b.npz", pixels)
    found.append(read_prediction(tmp_path / "b.npz"))
    chosen = pixels if first else pixels.transpose(2, 0, 1)
    for one in found:
        assert one.dtype == (np.uint8 if kind == "uint8" else np.float32)
        wanted = chosen if kind == "uint8" else chosen.astype(np.float64) / top
        np.testing.assert_allclose(one, wanted, rtol=0, atol=6e-8)


def test_a_float_tiff_is_a_raw_prediction_a_little_beyond_its_range_too(tmp_path: Path) -> None:
    raw = (RNG.random((H, W, 3)) * 1.2 - 0.1).astype(np.float32)
    path = stored(tmp_path, opencv(raw, ".tiff"), "a.tiff")
    assert np.array_equal(read_prediction(path), raw.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.full((3, 4, 5), 254.0), "found values from 254 to 254"),
        (np.full((3, 4, 5), -1.5), "found values from -1.5 to -1.5"),
        (np.zeros((3, 4, 3)), r"found an array of shape \[3, 4, 3\]"),
        (np.zeros((4, 5)), r"found an array of shape \[4, 5\]"),
        (np.zeros((4, 5, 4)), r"found an array of shape \[4, 5, 4\]"),
        (np.zeros((3, 4, 5), np.int64), "found numbers of type int64"),
        (np.array([[["x"]]]), "found numbers of type str"),
    ],
)
def test_arrays_of_another_range_or_shape_are_refused(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    refused(saved(tmp_path, array), reason, read_prediction)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    refused(tmp_path / "a.npy", "found numbers of type object", read_prediction)


def test_damaged_arrays_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, np.zeros((3, 40, 50)))
    path.write_bytes(path.read_bytes()[:-9])
    refused(path, "cannot read image .*47991 of 48000 bytes are there", read_prediction)
    two = saved(tmp_path, np.zeros((3, 4, 5)), other=np.zeros((3, 4, 5)))
    refused(two, "found 2 arrays in one file", read_prediction)
    two.write_bytes(two.read_bytes()[:60])
    refused(two, "cannot read image", read_prediction)


def test_a_header_that_promises_too_much_reserves_no_memory(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f4", "fortran_order": False, "shape": (3, 10**6, 10**6)}
    )
    refused(stored(tmp_path, file.getvalue(), "a.npy"), "found an array of shape", read_prediction)


def test_arrays_are_no_frames(tmp_path: Path) -> None:
    refused(saved(tmp_path, np.zeros((3, 4, 5), np.uint8)), "cannot read image")


def test_an_openexr_picture_is_read_as_it_is(tmp_path: Path) -> None:
    library = pytest.importorskip("OpenEXR")
    raw = RNG.random((H, W, 3)).astype(np.float32)
    header = {"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}
    with library.File(header, {"RGB": raw}) as file:
        file.write(str(tmp_path / "a.exr"))
    assert np.array_equal(read_prediction(tmp_path / "a.exr"), raw.transpose(2, 0, 1))
    cut = stored(tmp_path, (tmp_path / "a.exr").read_bytes()[:-200], "cut.exr")
    refused(cut, "cannot read image", read_prediction)


def test_without_the_openexr_library_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    path = stored(tmp_path, b"\x76\x2f\x31\x01" + bytes(40), "a.exr")
    assert "pip install 'vfibench[exr]'" in refused(path, "no OpenEXR library", read_prediction)


def test_the_size_is_told_by_the_header(tmp_path: Path) -> None:
    assert image_size(stored(tmp_path, made.png(samples(8, 3), 8, made.RGB))) == (W, H)
    refused(stored(tmp_path, b"no picture"), "cannot read image", image_size)
