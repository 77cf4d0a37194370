"""Small folders of frames made by formula, for tests that need no real picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def frame(number: int, height: int = 40, width: int = 56, level: int = 0) -> np.ndarray:
    """A moving texture, uint8 [H, W, 3]; `level` > 0 makes it flat and that dark."""
    if level:
        return np.full((height, width, 3), level, np.uint8)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [np.sin((columns + 2 * number) / 5 + k) * np.cos((rows - number) / 7 - k) for k in range(3)]
    return np.round(127.5 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


def make_clip(folder: Path, count: int = 9, dark: tuple[int, ...] = (), **size: int) -> Path:
    """Write frames im1.png .. imN.png; those numbered in `dark` (from 1) are nearly black."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        pixels = frame(number, level=10 if number in dark else 0, **size)
        Image.fromarray(pixels).save(folder / f"im{number}.png")
    return folder
