"""From a plan and a seed to layers in motion.

Draws come from `random.Random(seed).random()`, whose stream Python promises never to change.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from vfibench_datasets.synthetic.geometry import Matrix, Pose, between, pose_matrix
from vfibench_datasets.synthetic.plans import PLANS, Plan

HEIGHT, WIDTH = 256, 448
FIRST, LAST = -1.0, 2.0
SHARPEST = 0.75  # smallest scale at which a picture is shown without halving it


@dataclass(frozen=True)
class Layer:
    """A picture in motion: its name, how often it is halved, and its matrices at t = 0 and t = 1."""

    picture: str
    level: int
    start: Matrix
    end: Matrix

    def at(self, time: float) -> Matrix:
        """The matrix, layer to frame, at a time."""
        return between(self.start, self.end, time)


@dataclass(frozen=True)
class Scene:
    """A sequence: its id, its seed and its layers from the backdrop to the front."""

    id: str
    seed: int
    layers: tuple[Layer, ...]


@functools.cache
def scene(index: int) -> Scene:
    """Scene `index` of the set."""
    name, seed, plans = PLANS[index]
    rng = random.Random(seed)  # noqa: S311 - a reproducible stream is wanted, not a secret
    return Scene(f"{index:02d}-{name}", seed, tuple(draw(plan, rng) for plan in plans))


def ids() -> list[str]:
    """Sample ids in scoring order."""
    return [f"{index:02d}-{name}" for index, (name, _, _) in enumerate(PLANS)]


def draw(plan: Plan, rng: random.Random) -> Layer:
    """Vary a plan: place by 4% of the frame, motion by 10%, rotation by 20%, and a slight tilt.

    Eight numbers are drawn whether or not they are used, so that layers do not depend on each other.
    """
    vary = [2.0 * rng.random() - 1.0 for _ in range(8)]
    loose = 0.0 if plan.exact else 1.0
    x = WIDTH * (plan.at[0] + loose * 0.04 * vary[0])
    y = HEIGHT * (plan.at[1] + loose * 0.04 * vary[1])
    dx = plan.move[0] * (1.0 + loose * 0.1 * vary[2])
    dy = plan.move[1] * (1.0 + loose * 0.1 * vary[3])
    turn = plan.turn * (1.0 + loose * 0.2 * vary[4])
    tilt = (plan.tilt[0] + loose * 0.04 * vary[5], plan.tilt[1] + loose * 0.04 * vary[6])
    angle = plan.angle + loose * 0.02 * vary[7]
    start = _pose(plan, (x - dx / 2, y - dy / 2), _minus(angle, turn / 2), tilt, -0.5)
    end = _pose(plan, (x + dx / 2, y + dy / 2), _minus(angle, -turn / 2), tilt, 0.5)
    layer = Layer(plan.picture, 0, pose_matrix(start), pose_matrix(end))
    return Layer(plan.picture, _level(start.scale, end.scale), layer.start, layer.end)


def _pose(
    plan: Plan, place: tuple[float, float], turn: float, tilt: tuple[float, float], side: float
) -> Pose:
    """The pose half an interval before (side -1/2) or after (1/2) the middle."""
    scale = plan.scale * 2.0 * (plan.zoom if side > 0 else 1.0) / (1.0 + plan.zoom)
    row = tuple((value + side * change) / 1000.0 for value, change in zip(tilt, plan.swing, strict=True))
    return Pose(place[0], place[1], scale, turn, (row[0], row[1]))


def _minus(a: float, b: float) -> float:
    """Tangent of the difference of two angles given by their tangents."""
    return (a - b) / (1.0 + a * b)


def _level(start: float, end: float) -> int:
    """Halvings until a picture is shown at SHARPEST of its size or larger, from t = -1 to 2."""
    smallest = min((1.0 - time) * start + time * end for time in (FIRST, LAST))
    level = 0
    while smallest * (1 << level) < SHARPEST:
        level += 1
    return level
