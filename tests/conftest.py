"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Callable[..., Path]:
    """`shared("data", "davis")` is that path beside the checkout; the test skips where it is missing."""

    def find(*parts: str) -> Path:
        path = SHARED.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"needs {Path('../shared', *parts)}, which is not beside this checkout")
        return path

    return find
