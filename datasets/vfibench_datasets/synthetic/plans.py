"""The scenes by hand: what is seen and how fast it moves. `scenes` adds what a seed draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One layer of a scene, before the draws.

    Attributes:
        picture: a photograph (for the backdrop) or an outline.
        scale: frame pixels per photograph pixel at t = 1/2.
        at: the layer's centre at t = 1/2, as a share of width and height.
        move: motion of the centre from t = 0 to t = 1, pixels.
        turn: tangent of half the angle turned from t = 0 to t = 1.
        zoom: scale at t = 1 over scale at t = 0.
        tilt: perspective row at t = 1/2, in thousandths a photograph pixel.
        swing: change of the perspective row from t = 0 to t = 1, in the same unit.
        angle: tangent of half the angle at t = 1/2.
        exact: the seed leaves place and motion alone.
    """

    picture: str
    scale: float
    at: tuple[float, float] = (0.5, 0.5)
    move: tuple[float, float] = (0.0, 0.0)
    turn: float = 0.0
    zoom: float = 1.0
    tilt: tuple[float, float] = (0.0, 0.0)
    swing: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    exact: bool = False


# (name, seed, layers from the backdrop to the front); the order of motion is small to large, roughly
PLANS: tuple[tuple[str, int, tuple[Plan, ...]], ...] = (
    ("cat-drift", 101, (Plan("cat", 1.15, move=(0.9, 0.5)), Plan("cup", 0.5, (0.2, 0.7), (-1.4, 0.6)))),
    (
        "moon-coins",
        102,
        (
            Plan("moon", 1.0, move=(-0.8, 0.6)),
            Plan("coin", 1.7, (0.2, 0.3), (2.6, 1.2), turn=0.02),
            Plan("coin-large", 1.7, (0.45, 0.62), (-2.2, 2.0), turn=-0.02),
            Plan("coin-face", 2.2, (0.74, 0.35), (-1.5, -2.4), turn=0.03),
            Plan("coin-old", 1.6, (0.84, 0.72), (1.0, -3.0)),
        ),
    ),
    (
        "tissue-turn",
        103,
        (Plan("tissue", 1.0, turn=0.015), Plan("helmet", 0.55, (0.3, 0.6), (3.0, -1.5), turn=0.02)),
    ),
    (
        "garage-walk",
        104,
        (
            Plan("motorcycle", 0.85, (0.45, 0.45), (-3.0, 0.0)),
            Plan("astronaut", 0.6, (0.72, 0.62), (5.5, 0.4)),
        ),
    ),
    (
        "flag-zoom",
        105,
        (
            Plan("astronaut", 1.0, (0.5, 0.8), zoom=1.03),
            Plan("shuttle", 0.7, (0.82, 0.5), (-2.0, -6.0), zoom=1.02),
        ),
    ),
    (
        "brick-horse",
        106,
        (
            Plan("brick", 1.0, move=(2.0, 0.5), tilt=(0.3, 0.5)),
            Plan("horse", 0.6, (0.5, 0.6), (9.0, 0.0), turn=0.01),
        ),
    ),
    ("fence-rear", 107, (Plan("cat", 1.2, move=(-6.5, 0.5)), Plan("railing", 1.0, (0.5, 0.5), (25.0, 0.0)))),
    (
        "gravel-leaves",
        108,
        (
            Plan("gravel", 1.2, move=(2.0, 3.0), turn=0.01),
            Plan("leaf", 0.55, (0.25, 0.4), (-7.0, 8.0), turn=0.06),
            Plan("leaf", 0.45, (0.7, 0.35), (9.0, 5.0), turn=-0.08, angle=0.8),
            Plan("stones", 0.3, (0.55, 0.8), (2.0, -10.0), turn=0.05),
        ),
    ),
    (
        "table-tilt",
        109,
        (
            Plan("coffee", 0.95, (0.5, 0.5), (6.0, 3.0), tilt=(0.2, 0.4), swing=(0.06, 0.1)),
            Plan("page", 0.6, (0.68, 0.62), (-9.0, 4.0), tilt=(0.4, 0.6), swing=(0.15, -0.1), turn=0.03),
        ),
    ),
    (
        "fence-period",
        110,
        (
            Plan("motorcycle", 0.85, (0.5, 0.45), (-5.0, 0.0)),
            Plan("fence", 1.0, (0.5, 0.5), (64.0, 0.0), exact=True),
        ),
    ),
    (
        "tripod-pan",
        111,
        (
            Plan("camera", 1.0, (0.45, 0.45), (-10.0, 0.5)),
            Plan("man", 0.8, (0.25, 0.62), (-16.0, 0.0)),
            Plan("tripod", 0.9, (0.66, 0.55), (14.0, 0.0)),
        ),
    ),
    (
        "coffee-spin",
        112,
        (
            Plan("coffee", 1.0, turn=0.03, zoom=1.02),
            Plan("cup", 0.55, (0.62, 0.5), (6.0, -4.0), turn=-0.08),
            Plan("coin-large", 1.6, (0.2, 0.3), (12.0, 9.0), turn=0.05),
        ),
    ),
    (
        "two-riders",
        113,
        (
            Plan("moon", 1.1, move=(-4.0, 0.0)),
            Plan("motorcycle", 0.5, (0.35, 0.4), (17.0, 1.0)),
            Plan("motorcycle", 0.62, (0.65, 0.66), (-22.0, 1.5)),
        ),
    ),
    (
        "cat-zoom",
        114,
        (Plan("cat", 1.3, zoom=1.09, turn=0.01), Plan("tripod", 0.9, (0.5, 0.5), (-18.0, 4.0), turn=0.03)),
    ),
    (
        "lattice-cross",
        115,
        (
            Plan("grass", 1.2, move=(-9.0, 1.0)),
            Plan("railing", 0.9, (0.5, 0.5), (57.6, 0.0), exact=True),
            Plan("fence", 1.1, (0.5, 0.5), (-20.0, 2.0)),
        ),
    ),
    (
        "street-pan",
        116,
        (
            Plan("brick", 1.2, move=(-17.0, 2.0), tilt=(0.3, 0.0), swing=(0.08, 0.03)),
            Plan("man", 0.7, (0.3, 0.6), (10.0, 0.5)),
            Plan("horse", 0.65, (0.7, 0.55), (-25.0, 1.5)),
        ),
    ),
    (
        "rocket-launch",
        117,
        (
            Plan("camera", 1.1, (0.45, 0.55), (2.0, 14.0)),
            Plan("shuttle", 0.75, (0.55, 0.5), (3.0, -32.0), turn=0.01),
            Plan("stones", 0.35, (0.2, 0.7), (20.0, 12.0), turn=0.06),
        ),
    ),
    (
        "garage-sweep",
        118,
        (
            Plan("motorcycle", 0.9, (0.5, 0.45), (-24.0, 1.0), tilt=(0.15, 0.0)),
            Plan("cat", 0.6, (0.35, 0.6), (-6.0, 3.0), zoom=1.04),
            Plan("astronaut", 0.55, (0.75, 0.66), (-38.0, 0.0)),
        ),
    ),
    (
        "gravel-roll",
        119,
        (
            Plan("gravel", 1.3, move=(22.0, -16.0), turn=0.02),
            Plan("coin", 2.2, (0.3, 0.35), (-14.0, 18.0), turn=0.15),
            Plan("coin-large", 2.4, (0.66, 0.58), (8.0, 30.0), turn=-0.18),
        ),
    ),
    (
        "page-flight",
        120,
        (
            Plan("astronaut", 1.1, (0.5, 0.8), (-30.0, 4.0)),
            Plan("page", 0.7, (0.4, 0.45), (36.0, -12.0), turn=0.08, tilt=(0.5, 0.3), swing=(0.2, 0.2)),
            Plan("slab", 0.28, (0.75, 0.7), (-12.0, -26.0), turn=-0.1),
        ),
    ),
    (
        "tissue-rush",
        121,
        (
            Plan("tissue", 1.2, move=(36.0, 18.0), turn=-0.02),
            Plan("helmet", 0.6, (0.55, 0.55), (-30.0, 6.0), zoom=1.1),
            Plan("leaf", 0.4, (0.25, 0.3), (44.0, -10.0), turn=0.1),
        ),
    ),
    (
        "lawn-chase",
        122,
        (
            Plan("grass", 1.3, move=(-42.0, 5.0), tilt=(0.0, 0.4)),
            Plan("motorcycle", 0.6, (0.55, 0.55), (14.0, -2.0)),
            Plan("fence", 1.2, (0.5, 0.5), (-58.0, 0.0)),
        ),
    ),
    (
        "coffee-dash",
        123,
        (
            Plan("coffee", 1.15, move=(-20.0, -48.0)),
            Plan("cup", 0.7, (0.5, 0.5), (46.0, 44.0), turn=0.05, zoom=1.1),
            Plan("coin-face", 2.4, (0.25, 0.5), (80.0, -20.0), turn=0.1),
        ),
    ),
    (
        "express",
        124,
        (
            Plan("motorcycle", 0.95, (0.5, 0.4), (-66.0, 2.0)),
            Plan("man", 0.85, (0.4, 0.65), (-92.0, 0.0)),
            Plan("astronaut", 0.7, (0.75, 0.68), (58.0, 3.0), zoom=1.08),
        ),
    ),
)
