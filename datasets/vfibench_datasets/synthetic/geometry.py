"""Homographies whose matrix is linear in time, in plain Python floats.

A layer's matrix H(t) takes a point of the layer (photograph pixels from the layer's centre) to the frame
(pixels, x right, y down, pixel centres at whole numbers). H(t) = (1 - t) H(0) + t H(1), entry by entry:
the motion of a plane patch that travels through space at constant velocity before a pinhole camera. Each
point therefore moves along a straight line of the image, at constant speed wherever the last row is
constant in time, and the layer's centre always at constant speed. Only + - * / and sqrt are used, so
that every machine gets the same bits.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Float64Array = npt.NDArray[np.float64]

Matrix = tuple[float, float, float, float, float, float, float, float, float]


class Pose(NamedTuple):
    """Where a layer stands at one time.

    Attributes:
        x, y: the layer's centre in the frame, pixels.
        scale: frame pixels per photograph pixel at the centre.
        turn: tangent of half the angle of rotation.
        tilt: (g, h), the perspective row: relative change of depth per photograph pixel in x and y.
    """

    x: float
    y: float
    scale: float
    turn: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)


def pose_matrix(pose: Pose) -> Matrix:
    """The matrix of a pose, with 1 in its last place."""
    square = pose.turn * pose.turn
    cosine = pose.scale * (1.0 - square) / (1.0 + square)
    sine = pose.scale * 2.0 * pose.turn / (1.0 + square)
    (g, h), x, y = pose.tilt, pose.x, pose.y
    return (cosine + x * g, x * h - sine, x, sine + y * g, cosine + y * h, y, g, h, 1.0)


def between(start: Matrix, end: Matrix, time: float) -> Matrix:
    """H(time) of a layer that has the matrix `start` at time 0 and `end` at time 1."""
    a = [(1.0 - time) * s + time * e for s, e in zip(start, end, strict=True)]
    return (a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8])


def inverse(m: Matrix) -> Matrix:
    """The inverse by cofactors, scaled so that it equals the true inverse."""
    a, b, c, d, e, f, g, h, i = m
    first, second, third = e * i - f * h, f * g - d * i, d * h - e * g
    scale = 1.0 / (a * first + b * second + c * third)
    return (
        first * scale,
        (c * h - b * i) * scale,
        (b * f - c * e) * scale,
        second * scale,
        (a * i - c * g) * scale,
        (c * d - a * f) * scale,
        third * scale,
        (b * g - a * h) * scale,
        (a * e - b * d) * scale,
    )


def apply(m: Matrix, x: Float64Array, y: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Take points through a homography.

    Args:
        x, y: coordinates, of shapes that broadcast.

    Returns:
        The new coordinates, of the broadcast shape.
    """
    a, b, c, d, e, f, g, h, i = m
    depth = g * x + (h * y + i)
    return (a * x + (b * y + c)) / depth, (d * x + (e * y + f)) / depth


def corners(m: Matrix, half_width: float, half_height: float) -> list[tuple[float, float]]:
    """Where a matrix takes the corners of a centred rectangle; empty if one lies behind the camera."""
    found = []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        px, py = x * half_width, y * half_height
        depth = m[6] * px + m[7] * py + m[8]
        if depth <= 0.0:
            return []
        found.append(((m[0] * px + m[1] * py + m[2]) / depth, (m[3] * px + m[4] * py + m[5]) / depth))
    return found


def length(x: float, y: float) -> float:
    """Euclidean length; sqrt is correctly rounded everywhere, hypot is not."""
    return math.sqrt(x * x + y * y)
