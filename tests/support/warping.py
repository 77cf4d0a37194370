"""How well exact motion explains frames: an independent backward warp, by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


def warped(picture: npt.NDArray, flow: npt.NDArray) -> npt.NDArray[np.float32]:
    """[C, H, W] as seen from where `flow` ([2, H, W], pixels, x first) starts; NaN where it leads out."""
    rows, columns = np.mgrid[: flow.shape[1], : flow.shape[2]].astype(np.float32)
    x, y = columns + flow[0], rows + flow[1]
    out = (x < 0) | (y < 0) | (x > flow.shape[2] - 1) | (y > flow.shape[1] - 1)
    planes = [cv2.remap(plane.astype(np.float32), x, y, cv2.INTER_LINEAR) for plane in picture]
    return np.where(out, np.float32(np.nan), np.stack(planes))


def seen(onward: npt.NDArray, back: npt.NDArray) -> npt.NDArray[np.bool_]:
    """[H, W]: True where going along one flow and back by the other ends within 0.1 px of the start."""
    with np.errstate(invalid="ignore"):
        return np.hypot(*(onward + warped(back, onward))) < 0.1


def residuals(frames: npt.NDArray, flows: npt.NDArray) -> tuple[npt.NDArray, npt.NDArray]:
    """Absolute differences, in levels, of each frame of a window to the other one warped to it.

    Args:
        frames: [N, 3, H, W].
        flows: [N - 1, 4, H, W], as in `vfibench.trainable.Clip`.

    Returns:
        The same, unwarped and warped, over all windows, both ways, at pixels that both frames see.
    """
    still, moved = [], []
    for first, second, flow in zip(frames[:-1], frames[1:], flows, strict=True):
        for here, there, onward, back in (
            (first, second, flow[:2], flow[2:]),
            (second, first, flow[2:], flow[:2]),
        ):
            visible = seen(onward, back)
            still.append(np.abs(here.astype(np.float32) - there)[:, visible])
            moved.append(np.abs(here - warped(there, onward))[:, visible])
    return np.concatenate(still, 1), np.concatenate(moved, 1)
