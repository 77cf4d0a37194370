"""Fixtures for datasets: a maker of tiny pictures and complete trees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vfibench.contracts import DatasetOptions


@pytest.fixture
def picture() -> Callable[..., Path]:
    """`picture(path, size=(8, 6), seed=0)` writes a random RGB image and makes its folders."""

    def write(path: Path, size: tuple[int, int] = (8, 6), seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        return path

    return write


@pytest.fixture
def empty_files() -> Callable[[Path, list[str]], None]:
    """`empty_files(root, names)` makes zero-byte files: enough where only existence is checked."""

    def make(root: Path, names: list[str]) -> None:
        for folder in {(root / name).parent for name in names}:
            folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (root / name).touch()

    return make


@pytest.fixture
def shared_root(shared: Callable[..., Path]) -> Callable[..., DatasetOptions]:
    """`shared_root(partial=True, ...)` is DatasetOptions on the shared data."""

    def options(**changes: object) -> DatasetOptions:
        return DatasetOptions(root=shared("data"), **changes)  # type: ignore[arg-type]

    return options
