"""Frames enlarged to what a network accepts, and predictions cropped back to the pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfibench.contracts import Padding

if TYPE_CHECKING:
    import torch


def margins(height: int, width: int, padding: Padding) -> tuple[int, int, int, int]:
    """Pixels to add at (top, bottom, left, right) for a picture of this size."""

    def split(size: int) -> tuple[int, int]:
        total = size + 2 * padding.extra
        missing = -total % padding.multiple
        if total + missing == size:
            return padding.extra_when_fitting, padding.extra_when_fitting
        before = missing // 2 if padding.place == "centred" else 0
        return padding.extra + before, padding.extra + missing - before

    top, bottom = split(height)
    left, right = split(width)
    return top, bottom, left, right


def pad(frames: torch.Tensor, padding: Padding) -> torch.Tensor:
    """Enlarge frames as `padding` says.

    Args:
        frames: [..., 3, H, W], values in [0, 1].

    Returns:
        [..., 3, H', W'] with sides that are multiples of `padding.multiple`, or that much longer than one
        as its `extra_when_fitting` says; `frames` itself where nothing is missing.
    """
    import torch.nn.functional as F

    from vfibench.system.constants import constant

    top, bottom, left, right = margins(frames.shape[-2], frames.shape[-1], padding)
    if not (top or bottom or left or right):
        return frames
    flat = frames.flatten(0, -4) if frames.dim() > 3 else frames.unsqueeze(0)
    if padding.mode == "constant":
        fill = constant(tuple(padding.value), flat.dtype, flat.device).view(1, 3, 1, 1)
        padded = F.pad(flat - fill, (left, right, top, bottom)) + fill
        padded[..., top : top + flat.shape[-2], left : left + flat.shape[-1]] = flat
    else:
        padded = F.pad(flat, (left, right, top, bottom), mode=padding.mode)
    return padded.reshape(*frames.shape[:-2], *padded.shape[-2:])


def crop(padded: torch.Tensor, height: int, width: int, padding: Padding, scale: int = 1) -> torch.Tensor:
    """Undo `pad` on a network's output.

    Args:
        padded: [..., scale * H', scale * W'].
        height, width: size before padding.
        scale: output size / input size of the network.

    Returns:
        [..., scale * height, scale * width], a view.
    """
    top, _, left, _ = margins(height, width, padding)
    rows = slice(scale * top, scale * (top + height))
    columns = slice(scale * left, scale * (left + width))
    return padded[..., rows, columns]
