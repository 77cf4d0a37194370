"""Outlines, in pixels of the photographs they were traced on."""

from __future__ import annotations

from dataclasses import dataclass

from vfibench_datasets.synthetic.geometry import length

Point = tuple[float, float]
Curve = tuple[Point, ...]


@dataclass(frozen=True)
class Outline:
    """What is cut out.

    Attributes:
        photograph: where the colours come from.
        curves: closed polygons, of which the union is cut out.
        rounding: how often corners are cut; 0 keeps straight edges.
        stencil: a black-and-white picture that gives the shape instead of curves.
        offset: where the stencil's first pixel lies on the photograph.
    """

    photograph: str
    curves: tuple[Curve, ...] = ()
    rounding: int = 2
    stencil: str = ""
    offset: tuple[int, int] = (0, 0)


def circle(x: float, y: float, radius: float) -> Curve:
    """24 points on a circle, without sine and cosine."""
    steps = [(k - 3) / 3 for k in range(6)]  # points on two sides of a square, pushed out to the circle
    half = [(s, -1.0) for s in steps] + [(1.0, s) for s in steps]
    both = half + [(-a, -b) for a, b in half]
    return tuple((x + radius * a / length(a, b), y + radius * b / length(a, b)) for a, b in both)


def rectangle(left: float, top: float, right: float, bottom: float) -> Curve:
    """Four corners, clockwise."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def bars(width: float) -> tuple[Curve, ...]:
    """Eight upright bars, 64 pixels apart, on a photograph of 512x512."""
    return tuple(rectangle(64 * k + 22, 4, 64 * k + 22 + width, 508) for k in range(8))


ASTRONAUT: Curve = (
    *((228, 18), (262, 31), (284, 51), (299, 80), (295, 110), (279, 131), (266, 137), (259, 155)),
    *((256, 172), (278, 188), (295, 208), (303, 233), (322, 245), (341, 268), (351, 300), (359, 330)),
    *((360, 346), (326, 363), (300, 395), (284, 430), (277, 470), (276, 506), (120, 506), (28, 506)),
    *((25, 460), (22, 400), (28, 340), (40, 286), (62, 251), (95, 223), (113, 209), (118, 186)),
    *((135, 163), (158, 151), (183, 149), (183, 133), (172, 112), (157, 98), (155, 72), (166, 51)),
    *((190, 37), (210, 21)),
)
HELMET: Curve = (
    *((300, 388), (325, 364), (360, 349), (400, 345), (440, 352), (470, 377), (489, 414), (498, 455)),
    *((505, 506), (400, 506), (281, 506), (279, 460), (286, 420)),
)
SHUTTLE: Curve = (
    *((403, 3), (428, 3), (436, 24), (438, 52), (445, 42), (453, 58), (454, 170), (455, 212)),
    *((452, 226), (457, 262), (438, 276), (371, 269), (369, 260), (375, 231), (357, 226), (356, 218)),
    *((376, 184), (377, 110), (379, 60), (386, 43), (397, 50), (397, 25)),
)
CUP: Curve = (
    *((78, 205), (85, 166), (104, 126), (136, 96), (166, 79), (176, 71), (187, 45), (216, 28)),
    *((250, 20), (290, 18), (330, 23), (364, 39), (388, 64), (400, 76), (408, 67), (423, 71)),
    *((419, 95), (415, 104), (439, 126), (463, 165), (476, 210), (474, 250), (454, 294), (420, 338)),
    *((375, 366), (330, 380), (280, 386), (230, 380), (180, 363), (136, 334), (106, 294), (88, 255)),
)
MOTORCYCLE: Curve = (
    *((95, 206), (115, 197), (134, 207), (139, 180), (136, 153), (150, 147), (162, 152), (166, 161)),
    *((200, 166), (240, 169), (262, 186), (300, 196), (340, 191), (357, 196), (390, 176), (425, 162)),
    *((465, 156), (480, 150), (469, 130), (495, 116), (500, 101), (520, 102), (535, 116), (555, 127)),
    *((560, 151), (555, 175), (546, 189), (556, 206), (574, 256), (600, 265), (630, 285), (642, 305)),
    *((660, 331), (674, 365), (681, 400), (674, 429), (655, 446), (620, 449), (585, 436), (556, 411)),
    *((531, 375), (516, 335), (511, 305), (517, 285), (504, 256), (498, 237), (476, 246), (476, 290)),
    *((470, 330), (455, 360), (430, 378), (400, 382), (345, 376), (331, 379), (337, 396), (340, 427)),
    *((328, 433), (325, 400), (321, 373), (280, 361), (265, 366), (250, 385), (225, 397), (195, 400)),
    *((160, 389), (136, 360), (123, 320), (126, 285), (140, 256), (150, 244), (113, 244), (106, 238)),
    *((120, 223), (94, 217)),
)
MAN: Curve = (
    *((205, 66), (230, 73), (250, 86), (264, 103), (270, 120), (268, 131), (295, 140), (324, 141)),
    *((323, 150), (318, 165), (329, 173), (330, 195), (321, 211), (300, 224), (295, 240), (303, 262)),
    *((301, 274), (280, 294), (250, 310), (228, 307), (208, 294), (190, 319), (165, 354), (142, 380)),
    *((147, 420), (148, 506), (136, 506), (116, 475), (100, 450), (91, 506), (3, 506), (3, 260)),
    *((20, 236), (35, 206), (55, 171), (75, 146), (105, 131), (130, 125), (145, 111), (160, 106)),
    *((165, 95), (179, 81)),
)
TRIPOD: tuple[Curve, ...] = (
    ((288, 216), (296, 216), (299, 486), (288, 486)),
    ((279, 313), (305, 313), (311, 338), (278, 330)),
    ((285, 330), (292, 332), (247, 508), (235, 508)),
    ((303, 330), (311, 327), (405, 508), (395, 508)),
)
CAT: Curve = (
    *((45, 5), (120, 4), (200, 4), (300, 5), (340, 28), (362, 7), (391, 4), (377, 35)),
    *((360, 65), (353, 90), (362, 120), (352, 160), (335, 200), (320, 235), (290, 263), (250, 272)),
    *((200, 268), (150, 250), (100, 215), (62, 175), (38, 130), (32, 70)),
)
LEAF: Curve = (
    *((60, 260), (110, 170), (190, 110), (280, 90), (370, 110), (440, 170), (486, 262), (420, 330)),
    *((340, 372), (250, 380), (160, 350), (100, 310)),
)

OUTLINES = {
    "astronaut": Outline("astronaut", (ASTRONAUT,)),
    "helmet": Outline("astronaut", (HELMET,)),
    "shuttle": Outline("astronaut", (SHUTTLE,), rounding=1),
    "cup": Outline("coffee", (CUP,)),
    "motorcycle": Outline("motorcycle", (MOTORCYCLE,), rounding=1),
    "man": Outline("camera", (MAN,)),
    "tripod": Outline("camera", TRIPOD, rounding=0),
    "cat": Outline("cat", (CAT,)),
    "page": Outline("page", (rectangle(3, 3, 380, 187),), rounding=0),
    "coin": Outline("coins", (circle(335, 43.5, 28.5),), rounding=1),
    "coin-large": Outline("coins", (circle(347.5, 187, 31),), rounding=1),
    "coin-old": Outline("coins", (circle(46, 260.5, 27),), rounding=1),
    "coin-face": Outline("coins", (circle(213, 193.5, 22.5),), rounding=1),
    "horse": Outline("tissue", stencil="horse", offset=(56, 90)),
    "leaf": Outline("grass", (LEAF,), rounding=3),
    "slab": Outline("brick", (rectangle(10, 40, 500, 470),), rounding=0),
    "stones": Outline("gravel", (circle(256, 256, 200),), rounding=1),
    "fence": Outline(
        "moon",
        (*bars(20), rectangle(4, 168, 508, 182), rectangle(4, 330, 508, 344)),
        rounding=0,
    ),
    "railing": Outline(
        "brick",
        bars(22),
        rounding=0,
    ),
}
