"""The one place that decides how the bytes of a picture become numbers, and which pictures are refused.

docs/pictures.md has the rules as a table. Frames are 8-bit RGB. A file that says just that in another way
(grey, a palette, 1, 2 or 4 bits, an opaque alpha channel, 16-bit values that are 257 times a level) is read
exactly; of all else one sentence says what was found. Predictions may have 16 bits or floating point.

PNG and TIFF are looked into before they are decoded, since decoders hide what matters here: Pillow gives
16-bit RGB as 8 bits, and both Pillow and libjpeg leave missing rows black or grey.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from vfibench.frames import png, tiff
from vfibench.frames.jpeg import check_scan
from vfibench.frames.png import Broken

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from vfibench.contracts import UInt8Array

    Pixels: TypeAlias = npt.NDArray[np.uint8 | np.uint16 | np.float32]

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
MODES = ("1", "L", "P", "PA", "LA", "RGB", "RGBX", "RGBA")
"""Pillow's names of what is 8-bit RGB, or a part of it, or has it with an alpha channel."""
TO_PNG = "save it as 8-bit RGB PNG"
_RGB_8 = b"\x08\x02\x00\x00\x00"  # a PNG's header from byte 24: 8 bits, RGB, not interlaced
_TELLING = {b"tRNS", b"acTL", b"eXIf"}  # chunks by which an RGB PNG may be more than its pixels
_ORIENTATION = 274  # in EXIF
_STEP = 257  # from one 8-bit level to the next in 16 bits


class Unfit(Exception):
    """A whole picture that is no frame.

    Args:
        found: what it is, as the end of "expected ..., found ...".
        hint: what to do about it.
    """

    def __init__(self, found: str, hint: str = TO_PNG) -> None:
        super().__init__(found)
        self.found, self.hint = found, hint


def eight_bit(data: bytes, colours_alone: bool = False) -> UInt8Array:
    """The pixels of a frame; for `colours_alone` see `vfibench.frames.files.read_image`.

    Returns:
        [H, W, 3] uint8 RGB.

    Raises:
        Unfit: it is a picture that 8-bit RGB cannot hold.
        OSError, ValueError, SyntaxError, DecompressionBombError: it is damaged, or no picture.
    """
    import numpy as np

    pixels = decoded(data, colours_alone)
    if pixels.dtype == np.float32:
        raise Unfit("floating-point values", f"{TO_PNG}; only predictions may be floating-point")
    if pixels.dtype == np.uint16:
        levels, rest = np.divmod(pixels, _STEP)
        if rest.any():
            raise Unfit(
                "16-bit values between the 8-bit levels", f"{TO_PNG}, which rounds them once for all methods"
            )
        pixels = levels.astype(np.uint8)
    return cast("UInt8Array", pixels)


def decoded(data: bytes, colours_alone: bool = False) -> Pixels:
    """The pixels of a PNG, JPEG, TIFF, BMP or WebP file, [H, W, 3] RGB as deep as they are stored.

    Raises:
        Unfit: see `eight_bit`; 16 bits and floating point are fit here.
        OSError, ValueError, SyntaxError, DecompressionBombError: it is damaged, or no picture.
    """
    if data.startswith(png.SIGNATURE):
        plain = _plain_png(data)
        return _colours(_png(data), colours_alone) if plain is None else plain
    if data.startswith(tiff.SIGNATURES):
        return _colours(_tiff(data), colours_alone)
    return _colours(_other(data), colours_alone)


def _plain_png(data: bytes) -> UInt8Array | None:
    """Decode a whole 8-bit RGB PNG with OpenCV, a quarter faster than Pillow; None for anything else.

    PNG is lossless, so the pixels are the same. Where rows are missing OpenCV gives nothing (and libpng
    writes a line to standard error); then, as with all that is odd, the slower way finds the words.
    """
    import cv2
    import numpy as np

    if data[24:29] != _RGB_8 or _TELLING & png.chunk_kinds(data):
        return None
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        return cast("UInt8Array | None", cv2.imdecode(np.frombuffer(data, np.uint8), flags))
    except cv2.error:  # such as more pixels than it is willing to decode
        return None


def _png(data: bytes) -> npt.NDArray[Any]:
    """[H, W] or [H, W, 2..4], as `_colours` takes it."""
    import numpy as np
    from PIL import Image

    facts = png.parsed(data)
    png.check_rows(facts)
    with Image.open(BytesIO(data)) as image:  # which refuses more pixels than memory should hold
        _check_single(image)
        _check_upright(image.getexif().get(_ORIENTATION, 1))
        key = facts.chunks.get(b"tRNS")
        if facts.depth == 16:
            if key:
                raise Unfit("a transparent colour")
            return _by_opencv(data)
        image.info.pop("transparency", None)  # looked at here, as the file has it
        if facts.colour == png.PALETTE:
            return _of_palette(np.array(image), facts.chunks.get(b"PLTE", b""), key or b"")
        pixels = np.array(image.convert("L") if image.mode == "1" else image)
    if key:
        _check_key(pixels, key, 255 // (2**facts.depth - 1))
    return pixels


def _of_palette(indices: UInt8Array, palette: bytes, alpha: bytes) -> UInt8Array:
    """[H, W, 3], and a fourth channel where colours that occur are transparent."""
    import numpy as np

    colours = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    if indices.max() >= len(colours):
        raise Broken(f"colour {indices.max()} of a palette of {len(colours)}")
    if not alpha:
        return colours[indices]
    opacity = np.full(len(colours), 255, np.uint8)
    opacity[: len(alpha)] = np.frombuffer(alpha, np.uint8)[: len(colours)]
    return np.dstack([colours[indices], opacity[indices]])


def _check_key(pixels: UInt8Array, key: bytes, scale: int) -> None:
    """Refuse a picture in which the transparent colour of its tRNS chunk occurs."""
    import numpy as np

    colour = np.frombuffer(key, ">u2").astype(int) * scale
    same = pixels.reshape(*pixels.shape[:2], -1) == colour
    if same.all(axis=-1).any():
        raise Unfit("transparent pixels", "save it without transparency")


def _tiff(data: bytes) -> npt.NDArray[Any]:
    facts = tiff.parsed(data)
    if facts.pages:
        raise Unfit("several pictures in one file", "save each as a file of its own")
    _check_upright(facts.orientation)
    if facts.photometric == tiff.CMYK:
        raise Unfit("CMYK colours")
    if facts.bits[-1] <= 8 and facts.kind == tiff.UNSIGNED:
        return _other(data)
    told = f"{facts.bits[-1]}-bit {'floating-point' if facts.kind == tiff.FLOAT else 'TIFF'} values"
    plain = facts.photometric in {tiff.BLACK_IS_ZERO, tiff.RGB} and not facts.apart
    if not plain or (facts.bits, facts.kind) not in {((16,), tiff.UNSIGNED), ((32,), tiff.FLOAT)}:
        raise Unfit(f"{told} in an arrangement that is not read")
    return _by_opencv(data)


def _other(data: bytes) -> npt.NDArray[Any]:
    """What Pillow reads without losing anything."""
    import numpy as np
    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        _check_single(image)
        if image.format not in FORMATS:
            raise Unfit(f"a file of format {image.format}")
        _check_upright(image.getexif().get(_ORIENTATION, 1))
        if image.mode not in MODES:
            raise Unfit(f"{image.mode} colours")
        if image.format == "BMP" and int.from_bytes(data[28:30], "little") == 16:
            raise Unfit("5 or 6 bits a channel")
        wanted = "RGB" if image.mode in {"1", "L", "P", "RGBX"} else "RGBA"
        if "transparency" in image.info:
            wanted = "RGBA"
        pixels = np.array(image if image.mode == "RGB" and wanted == "RGB" else image.convert(wanted))
        if image.format == "JPEG":
            check_scan(data, pixels[..., :3])
    return pixels


def _check_single(image: Image) -> None:
    pictures = getattr(image, "n_frames", 1)
    if pictures > 1:
        raise Unfit(f"{pictures} pictures in one file", "save each as a file of its own")


def _check_upright(orientation: object) -> None:
    """Refuse pixels that a viewer would turn: some tools turn them, some do not, and scores would differ."""
    if orientation not in {0, 1}:
        raise Unfit(f"pixels to be turned (EXIF orientation {orientation})", "turn them once and save that")


def _by_opencv(data: bytes) -> npt.NDArray[Any]:
    """16 bits or floating point, RGB: what Pillow has no mode for."""
    import cv2
    import numpy as np

    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise Broken(f"OpenCV cannot decode it ({error.err})") from error
    if pixels is None or pixels.dtype not in (np.uint16, np.float32):
        raise Broken("OpenCV cannot decode it")
    return pixels[..., [2, 1, 0, 3][: pixels.shape[-1]]] if pixels.ndim == 3 else pixels


def _colours(pixels: npt.NDArray[Any], alone: bool) -> Pixels:
    """[H, W, 3] of grey or RGB, with a last channel of opacity or not.

    Raises:
        Unfit: a pixel lets something through, and colours are not to be taken alone.
    """
    import numpy as np

    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[-1] in {2, 4}:
        whole = 1.0 if pixels.dtype == np.float32 else np.iinfo(pixels.dtype).max
        if not alone and (pixels[..., -1] != whole).any():
            raise Unfit("transparent pixels", "save it without transparency")
        pixels = pixels[..., :-1]
    return np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else np.ascontiguousarray(pixels)
