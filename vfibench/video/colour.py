"""Between a video's planes and RGB, for the frames that are made; frames of the source never come here.

The matrix, the range and the depth are the stream's own (ITU-T H.273). RGB keeps the stream's transfer: a
network is given the values that a display would be given. Chroma is repeated to the size of luma, and
averaged back: what goes there and back is what it was, and a chroma plane that moves by a pixel of luma
is interpolated linearly. RGB is not clamped on the way, so codes that no RGB picture has survive too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    from av import VideoFrame

    from vfibench.contracts import UInt8Array

Plane = npt.NDArray[np.integer[Any]]
"""[H, W] uint8 or uint16."""

PLANAR = re.compile(r"(yuv|yuva|yuvj)4(20|22|44|40|11|10)p(9|1[0-6])?(le)?|(gbrp|gbrap|gray)(9|1[0-6])?(le)?")
"""Pixel formats that are read and written plane by plane."""

ALIKE = {
    **dict.fromkeys(("nv12", "nv21"), "yuv420p"),
    **dict.fromkeys(("nv16", "yuyv422", "uyvy422", "yvyu422"), "yuv422p"),
    **dict.fromkeys(("nv24", "nv42"), "yuv444p"),
    "p010le": "yuv420p10le",
    "p210le": "yuv422p10le",
    **dict.fromkeys(("rgb24", "bgr24", "rgb0", "bgr0", "0rgb", "0bgr"), "gbrp"),
    **dict.fromkeys(("rgba", "bgra", "argb", "abgr", "pal8", "ya8"), "gbrap"),
    **dict.fromkeys(("rgb48le", "rgb48be"), "gbrp16le"),
    **dict.fromkeys(("rgba64le", "rgba64be", "ya16le", "ya16be"), "gbrap16le"),
    "gray16be": "gray16le",
    **dict.fromkeys(("monow", "monob"), "gray"),
}
"""The planar format that holds every value of another one."""

# Codes of H.273 (MatrixCoefficients): the luma weights of red and blue.
WEIGHTS = {1: (0.2126, 0.0722), 4: (0.3, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087)}
WEIGHTS |= {9: (0.2627, 0.0593)}
NAMES = {1: "BT.709", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 9: "BT.2020"}
UNSPECIFIED = 2
LIMITED, FULL = 1, 2
"""Ranges, as FFmpeg counts them; grey of which nothing is said is full, as FFmpeg's scaler has it."""
LINES_OF_601 = 576


@dataclass(frozen=True)
class Coding:
    """How the values of a picture's planes stand for colours.

    Attributes:
        pixel_format: FFmpeg's name of a planar format.
        matrix: H.273's code of the luma weights; without meaning for RGB and grey.
        full: whether codes span the full range.
        guessed: whether the stream does not say the matrix.
    """

    pixel_format: str
    matrix: int
    full: bool
    guessed: bool = False

    @property
    def bits(self) -> int:
        """Of a sample.

        >>> Coding("yuv420p10le", 1, False).bits, Coding("gray", 1, False).bits
        (10, 8)
        """
        found = re.search(r"(?:p|gray)(\d+)(le)?$", self.pixel_format)
        return int(found[1]) if found else 8

    @property
    def kind(self) -> str:
        """One of "gbr", "gray" and "yuv"."""
        return next(kind for kind in ("gbr", "gray", "yuv") if self.pixel_format.startswith(kind))

    @property
    def alpha(self) -> bool:
        """Whether the last plane is one of opacity."""
        return self.pixel_format.startswith(("yuva", "gbra"))

    def describe(self) -> str:
        """In words, for the summary."""
        if self.kind != "yuv":
            return self.pixel_format
        matrix = NAMES.get(self.matrix, "BT.709 in place of one that is not known here")
        said = " (the stream does not say)" if self.guessed else ""
        return f"{self.pixel_format}, {matrix}{said}, {'full' if self.full else 'limited'} range"


def coding_of(frame: VideoFrame) -> Coding:
    """How a decoded frame codes colours; what the stream leaves open is BT.601 up to 576 lines, else BT.709.

    Raises:
        VfibenchError: a pixel format that is neither planar nor held by a planar one.
    """
    name = frame.format.name
    planar = name if PLANAR.fullmatch(name) else ALIKE.get(name)
    if planar is None:
        raise VfibenchError(
            f"expected 8 to 16 bits per sample of YUV, RGB or grey, found the pixel format {name}",
            "convert the video first, such as: ffmpeg -i IN -pix_fmt yuv420p OUT",
        )
    matrix, guessed = int(frame.colorspace), False
    if matrix in (0, UNSPECIFIED):
        matrix, guessed = (6 if frame.height <= LINES_OF_601 else 1), True
    level = int(frame.color_range)
    full = level == FULL or planar.startswith("yuvj") or (planar.startswith("gray") and level != LIMITED)
    return Coding(planar.replace("yuvj", "yuv"), matrix, full, guessed)


def planes_of(frame: VideoFrame) -> list[Plane]:
    """Views of a planar frame's planes: Y, U, V or R, G, B or Y, then opacity; [H, W] each."""
    deep = frame.format.components[0].bits > 8
    found: list[Plane] = []
    for component in frame.format.components:
        plane = frame.planes[component.plane]
        values: Plane = np.frombuffer(memoryview(plane), np.uint16 if deep else np.uint8)
        found.append(values.reshape(plane.height, -1)[:, : plane.width])
    return found


def to_rgb(planes: list[Plane], coding: Coding) -> torch.Tensor:
    """[3, H, W] float32, nominally in [0, 1] and not clamped."""
    values = [torch.from_numpy(plane.astype(np.float32)) for plane in planes]
    top = 2**coding.bits - 1
    if coding.kind == "gbr":
        return torch.stack(values[:3]).div_(top)
    low, luma, chroma = _levels(coding)
    y = (values[0] - low) / luma
    if coding.kind == "gray":
        return y.expand(3, -1, -1).contiguous()
    middle = 2.0 ** (coding.bits - 1)
    u, v = (_repeated((value - middle) / chroma, y.shape) for value in values[1:3])
    kr, kb = _weights(coding)
    red, blue = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
    return torch.stack([red, (y - kr * red - kb * blue) / (1 - kr - kb), blue])


def to_levels(planes: list[Plane], coding: Coding) -> UInt8Array:
    """[H, W, 3] uint8: RGB in 8 bits, ties to even."""
    levels = to_rgb(planes, coding).mul_(255).round_().clamp_(0, 255)
    pixels: UInt8Array = levels.byte().permute(1, 2, 0).contiguous().numpy()
    return pixels


def from_rgb(rgb: torch.Tensor, coding: Coding, chroma_shape: tuple[int, int]) -> list[Plane]:
    """The planes of a made picture [3, H, W], without opacity; rounded to the nearest code.

    Args:
        rgb: on the CPU, as `to_rgb` gives it.
        chroma_shape: height and width of the chroma planes, where there are some.
    """
    if coding.kind == "gbr":
        return [_codes(plane * (2**coding.bits - 1), coding) for plane in rgb]
    low, luma, chroma = _levels(coding)
    kr, kb = _weights(coding)
    y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]
    found = [_codes(y * luma + low, coding)]
    if coding.kind == "gray":
        return found
    middle = 2.0 ** (coding.bits - 1)
    for difference, weight in ((rgb[2] - y, kb), (rgb[0] - y, kr)):
        scaled = difference * (chroma / (2 * (1 - weight))) + middle
        found.append(_codes(_averaged(scaled, chroma_shape), coding))
    return found


def _levels(coding: Coding) -> tuple[float, float, float]:
    """Of luma: the code of black, and the span to white; of chroma: the span."""
    if coding.full:
        top = 2.0**coding.bits - 1
        return 0.0, top, top
    unit = 2.0 ** (coding.bits - 8)
    return 16 * unit, 219 * unit, 224 * unit


def _weights(coding: Coding) -> tuple[float, float]:
    return WEIGHTS.get(coding.matrix, WEIGHTS[1])


def _codes(values: torch.Tensor, coding: Coding) -> Plane:
    codes = values.clamp(0, 2**coding.bits - 1).round().numpy()
    return codes.astype(np.uint16) if coding.bits > 8 else codes.astype(np.uint8)


def _steps(small: tuple[int, ...], large: tuple[int, ...]) -> tuple[int, int]:
    """Luma samples per chroma sample, down and across; an edge may have fewer."""
    down, across = (
        1 << (-(-whole // part) - 1).bit_length() for whole, part in zip(large, small, strict=True)
    )
    return down, across


def _repeated(chroma: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    down, across = _steps(tuple(chroma.shape), tuple(shape))
    wide = chroma.repeat_interleave(down, 0).repeat_interleave(across, 1)
    return wide[: shape[0], : shape[1]]


def _averaged(values: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    down, across = _steps(shape, tuple(values.shape))
    if (down, across) == (1, 1):
        return values
    missing = (0, shape[1] * across - values.shape[1], 0, shape[0] * down - values.shape[0])
    whole = torch.nn.functional.pad(values[None, None], missing, mode="replicate")
    return torch.nn.functional.avg_pool2d(whole, (down, across))[0, 0]
