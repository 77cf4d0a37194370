"""Planes to RGB and back: nothing is lost on the way, and the colours are those of FFmpeg's scaler."""

from __future__ import annotations

import av
import numpy as np
import pytest
from made_videos import Look, filled, noise

from vfibench.errors import VfibenchError
from vfibench.video.colour import coding_of, from_rgb, planes_of, to_rgb
from vfibench.video.layouts import converted, planar

FORMATS = [
    "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuvj420p", "yuv420p10le",
    "yuv422p12le", "yuv444p16le", "gray", "gray10le", "gbrp", "gbrp10le",
]  # fmt: skip


@pytest.mark.parametrize("size", [(48, 32), (47, 33), (3, 5)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_any_codes_come_back_as_they_were(pixel_format, matrix, full, size):
    frame = noise(Look(pixel_format, *size, matrix, full), seed=1)
    coding, planes = coding_of(frame), planes_of(frame)
    assert (coding.matrix, coding.guessed) == (matrix, False)
    back = from_rgb(to_rgb(planes, coding), coding, planes[-1].shape)
    for expected, found in zip(planes, back, strict=True):
        assert found.dtype == expected.dtype
        assert np.abs(expected.astype(int) - found).max() <= (coding.bits == 16)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("matrix", "name"), [(1, "ITU709"), (5, "ITU601"), (9, 9)])
def test_colours_are_those_of_ffmpegs_scaler(matrix, name, full):
    """Of 4:4:4, where no chroma is interpolated; inside the RGB cube, for the scaler clamps."""
    draw = np.random.default_rng(0)
    planes = [draw.integers(100, 150, (32, 48)).astype(np.uint8) for _ in range(3)]
    frame = filled(Look("yuv444p", 48, 32, matrix, full), planes)
    found = to_rgb(planes_of(frame), coding_of(frame)).mul(255).permute(1, 2, 0).numpy()
    reference = frame.reformat(
        format="rgb24", src_colorspace=name, src_color_range=2 if full else 1, dst_color_range=2
    )
    expected = reference.to_ndarray()
    assert expected.std() > 10
    assert np.abs(found - expected).max() <= 1.5


@pytest.mark.parametrize(("height", "matrix"), [(576, 6), (578, 1)])
def test_what_the_stream_leaves_open_is_bt601_up_to_576_lines(height, matrix):
    coding = coding_of(noise(Look(height=height), seed=0))
    assert (coding.matrix, coding.guessed) == (matrix, True)
    assert "does not say" in coding.describe()


@pytest.mark.parametrize(
    ("name", "row"),
    [("nv12", 48), ("rgb24", 144), ("yuyv422", 96), ("p010le", 96), ("rgb48le", 288), ("gray16be", 96)],
)
def test_other_layouts_become_planes_of_the_same_values(name, row):
    """Each time: with several threads FFmpeg's scaler loses rows of chroma once in some forty times."""
    wide = noise(Look("gbrp16le" if "rgb48" in name else "yuv444p", 48, 32), seed=2)
    packed = wide.reformat(format=name, threads=1)
    for _ in range(200):
        again = converted(planar(packed), name)
        for one, other in zip(packed.planes, again.planes, strict=True):
            used = [
                np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, :row] for plane in (one, other)
            ]
            assert np.array_equal(*used)


def test_a_format_of_floats_is_refused():
    frame = av.VideoFrame(16, 16, "gbrpf32le")
    with pytest.raises(VfibenchError, match="found the pixel format gbrpf32le"):
        coding_of(frame)
