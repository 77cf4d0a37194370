"""Random scenes: layers with a surface, a shape and a motion that is linear in time.

A layer's coordinates are frame pixels from its centre at t = 1/2. Its matrix takes them to the frame; its
surface takes them to a photograph. Scenes are drawn for a square frame and all sizes are in its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vfibench_datasets.synthetic.geometry import Matrix, Pose, between, pose_matrix
from vfibench_datasets.synthetic.outlines import OUTLINES
from vfibench_datasets.synthetic.photographs import PHOTOGRAPHS
from vfibench_datasets.synthetic.stream.shapes import Shape, bars, blob, wire

if TYPE_CHECKING:
    import numpy as np

    Generator = np.random.Generator

PICTURES = tuple(name for name in PHOTOGRAPHS if name != "horse")  # black and white: only an outline
CUT_OUTS = tuple(OUTLINES)


@dataclass(frozen=True)
class Surface:
    """Where a layer's colours come from.

    Attributes:
        picture: a photograph, or an outline of which the cut-out is shown.
        cut_out: whether `picture` is an outline; it then also gives the shape.
        scale: frame pixels per photograph pixel.
        angle: of the photograph against the layer, radians.
        offset: photograph pixels from its centre to the layer's centre.
        colours: [3, 4], a matrix for RGB in 0..1 and a constant.
    """

    picture: str
    cut_out: bool
    scale: float
    angle: float
    offset: tuple[float, float]
    colours: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class MovingLayer:
    """A surface, its shape (None: all of the surface) and its matrices at t = 0 and t = 1."""

    surface: Surface
    shape: Shape | None
    start: Matrix
    end: Matrix

    def at(self, time: float) -> Matrix:
        """The matrix, layer to frame, at a time."""
        return between(self.start, self.end, time)


@dataclass(frozen=True)
class Speeds:
    """Least and greatest speeds, pixels from one input frame to the next; log-uniform between them.

    Attributes:
        camera: of everything, where the camera moves.
        own: of a foreground layer, which is added to the camera's in half of the cases.
    """

    camera: tuple[float, float]
    own: tuple[float, float]


MODERATE = Speeds(camera=(0.15, 12.0), own=(0.3, 20.0))
FAST = Speeds(camera=(0.5, 24.0), own=(0.5, 40.0))


def draw_scene(rng: Generator, size: int, speeds: Speeds = MODERATE) -> list[MovingLayer]:
    """A scene for frames of [size, size]: layers from the backdrop to the front."""
    camera = _velocity(rng, *speeds.camera) if rng.random() > 0.25 else (0.0, 0.0)  # a camera on a tripod
    layers = [_layer(rng, size, None, camera, at=(size / 2, size / 2))]
    for _ in range(rng.choice(5, p=(0.1, 0.25, 0.3, 0.2, 0.15))):
        own = _velocity(rng, *speeds.own)
        follow = 1.0 if rng.random() < 0.5 else 0.0
        velocity = (own[0] + follow * camera[0], own[1] + follow * camera[1])
        at = (size * rng.uniform(0.0, 1.0), size * rng.uniform(0.0, 1.0))
        layers.append(_foreground(rng, size, velocity, at))
    return layers


def _foreground(
    rng: Generator, size: int, velocity: tuple[float, float], at: tuple[float, float]
) -> MovingLayer:
    kind = rng.random()
    if kind < 0.3:
        return _cut_out(rng, size, velocity, at)
    if kind < 0.75:
        return _layer(rng, size, blob(rng, size), velocity, at)
    return _layer(rng, size, (bars if kind < 0.9 else wire)(rng, size), velocity, at)


def _velocity(rng: Generator, least: float, most: float) -> tuple[float, float]:
    """Pixels from t = 0 to t = 1: any direction, the length log-uniform."""
    length = math.exp(rng.uniform(math.log(least), math.log(most)))
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return length * math.cos(angle), length * math.sin(angle)


def _layer(
    rng: Generator, size: int, shape: Shape | None, velocity: tuple[float, float], at: tuple[float, float]
) -> MovingLayer:
    spread = 100.0
    surface = Surface(
        PICTURES[rng.integers(len(PICTURES))],
        False,
        math.exp(rng.uniform(math.log(0.3), math.log(1.3))),
        rng.uniform(-math.pi, math.pi),
        (rng.uniform(-spread, spread), rng.uniform(-spread, spread)),
        _colours(rng),
    )
    return _moving(rng, size, surface, shape, velocity, at)


def _cut_out(
    rng: Generator, size: int, velocity: tuple[float, float], at: tuple[float, float]
) -> MovingLayer:
    surface = Surface(
        CUT_OUTS[rng.integers(len(CUT_OUTS))],
        True,
        math.exp(rng.uniform(math.log(0.15), math.log(0.7))),
        rng.uniform(-math.pi, math.pi) if rng.random() < 0.5 else 0.0,
        (0.0, 0.0),
        _colours(rng),
    )
    return _moving(rng, size, surface, None, velocity, at)


def _moving(
    rng: Generator,
    size: int,
    surface: Surface,
    shape: Shape | None,
    velocity: tuple[float, float],
    at: tuple[float, float],
) -> MovingLayer:
    """Add rotation, zoom and a slight tilt in about half of the cases each."""
    speed = math.hypot(*velocity)
    turn = rng.normal() * 0.3 * (speed + 1.0) / size if rng.random() < 0.5 else 0.0
    zoom = math.exp(rng.normal() * 0.3 * (speed + 1.0) / size) if rng.random() < 0.5 else 1.0
    tilt = tuple(rng.normal(size=2) * 0.3e-3) if rng.random() < 0.3 else (0.0, 0.0)
    poses = [
        Pose(
            at[0] + side * velocity[0],
            at[1] + side * velocity[1],
            zoom**side,
            math.tan(side * turn / 2),
            (float(tilt[0]), float(tilt[1])),
        )
        for side in (-0.5, 0.5)
    ]
    return MovingLayer(surface, shape, pose_matrix(poses[0]), pose_matrix(poses[1]))


def _colours(rng: Generator) -> tuple[tuple[float, ...], ...]:
    """Channels in any order, more or less saturated, and the light changed."""
    import numpy as np

    order = np.eye(3)[rng.permutation(3)] if rng.random() < 0.5 else np.eye(3)
    saturation = rng.uniform(0.2, 1.2)
    grey = np.full((3, 3), 1.0 / 3.0)
    contrast, brightness = rng.uniform(0.5, 1.2), rng.uniform(-0.15, 0.15)
    matrix = contrast * (saturation * order + (1.0 - saturation) * grey)
    constant = np.full((3, 1), 0.5 - 0.5 * contrast + brightness)
    return tuple(map(tuple, np.hstack([matrix, constant]).tolist()))
