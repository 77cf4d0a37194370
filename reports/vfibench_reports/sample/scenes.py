"""All pictures of one frame, whole, and where in them methods differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from vfibench.errors import VfibenchError
from vfibench.frames.files import read_interleaved
from vfibench.statistics.arrays import FloatArray
from vfibench_reports.contents.picking import Contender, Contest, Pick, neighbours

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

DAMAGED = "a damaged picture"
CROP = 64  # side of the square that the magnifier shows at first


@dataclass(frozen=True)
class FramePictures:
    """All pictures of a frame, [H, W, 3] uint8, whole.

    Attributes:
        before, after: the input frames on both sides, at the size of the ground truth.
        times: theirs.
        enlarged: by how much they were enlarged to that size, 1 for not at all.
        weight: of `after` in the blend of both.
        truth: ground truth.
        made: (contender, prediction), best contender first.
        absent: (name, reason) of contenders that have no picture here.
    """

    before: UInt8Array
    after: UInt8Array
    times: tuple[int, int]
    enlarged: float
    weight: float
    truth: UInt8Array
    made: tuple[tuple[Contender, UInt8Array], ...]
    absent: tuple[tuple[str, str], ...]

    @property
    def blend(self) -> UInt8Array:
        """The weighted mean of both inputs, rounded half to even."""
        mixed = (1 - self.weight) * self.before.astype(np.float64) + self.weight * self.after
        return np.rint(mixed).astype(np.uint8)


def read_scene(contest: Contest, pick: Pick) -> FramePictures:
    """All pictures of a frame.

    Raises:
        VfibenchError: the ground truth or an input is damaged; it is named.
    """
    (sample, time), album = pick.frame, pick.album
    times = neighbours(album, pick.frame)
    truth = read_interleaved(album.target(sample, time))
    inputs = [read_interleaved(album.frame(sample, at)) for at in times]
    before, after = (_resized(pixels, truth.shape) for pixels in inputs)
    made, absent = [], []
    for contender, score in zip(contest.contenders, contest.scores[:, pick.place], strict=True):
        found = _prediction(contender, pick, truth) if not np.isnan(score) else "no score of this frame"
        if isinstance(found, str):
            absent.append((contender.name, found))
        else:
            made.append((contender, found))
    enlarged = truth.shape[1] / inputs[0].shape[1]
    return FramePictures(before, after, times, enlarged, time - times[0], truth, tuple(made), tuple(absent))


def _prediction(contender: Contender, pick: Pick, truth: UInt8Array) -> UInt8Array | str:
    """A contender's picture, or why there is none that may stand beside the others."""
    path, target = contender.album.prediction(*pick.frame), contender.album.target(*pick.frame)
    if not path.is_file():
        return "no picture was saved"
    own_truth = contender.album.inputs != pick.album.inputs and target.is_file()
    try:
        pixels, other = read_interleaved(path), read_interleaved(target) if own_truth else truth
    except VfibenchError:
        return DAMAGED
    if other.shape != truth.shape or (other != truth).any():
        return "held against another ground truth"
    return pixels if pixels.shape == truth.shape else "a picture of another size"


def _resized(pixels: UInt8Array, shape: tuple[int, ...]) -> UInt8Array:
    """At the size of the ground truth; of super-resolution, every pixel becomes a square."""
    if pixels.shape == shape:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((shape[1], shape[0]), Image.Resampling.NEAREST))


def psnr(pixels: UInt8Array, truth: UInt8Array) -> float:
    """PSNR of the whole picture on RGB, peak 255, in dB; infinite where they are equal."""
    import cv2

    if np.array_equal(pixels, truth):
        return float("inf")
    return float(cv2.PSNR(np.ascontiguousarray(pixels), np.ascontiguousarray(truth)))


def focus(scene: FramePictures, size: int = CROP) -> tuple[int, int]:
    """(x, y) in the middle of the square where methods' errors differ most; of one method, are greatest."""
    top = bottom = _error(scene.made[0][1], scene.truth)
    for _, pixels in scene.made[1:]:
        error = _error(pixels, scene.truth)
        top, bottom = np.maximum(top, error), np.minimum(bottom, error)
    sums = box_sums(top - bottom if len(scene.made) > 1 else top, size)
    y, x = np.unravel_index(int(np.argmax(sums)), sums.shape)
    height, width = scene.truth.shape[:2]
    return int(x) + min(size, width) // 2, int(y) + min(size, height) // 2


def _error(pixels: UInt8Array, truth: UInt8Array) -> FloatArray:
    error: FloatArray = np.abs(pixels.astype(np.int16) - truth).mean(axis=2)
    return error


def box_sums(values: FloatArray, size: int) -> FloatArray:
    """[H, W] to the sums of all squares of this side within it (of all of it where it is smaller)."""
    rows, columns = (min(size, side) for side in values.shape)
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    found: FloatArray = (
        sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns] + sums[:-rows, :-columns]
    )
    return found
