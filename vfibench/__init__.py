"""vfibench: a benchmark and evaluation harness for video frame interpolation.

Importing it imports nothing heavy; `load_method`, `load_dataset`, `evaluate` and `interpolate_video` do when
called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vfibench.errors import VfibenchError
from vfibench.version import __version__

if TYPE_CHECKING:
    from vfibench.api import evaluate, interpolate_video, load_dataset, load_method

__all__ = ["VfibenchError", "__version__", "evaluate", "interpolate_video", "load_dataset", "load_method"]


def __getattr__(name: str) -> Any:
    if name in {"evaluate", "interpolate_video", "load_dataset", "load_method"}:
        from vfibench import api

        return getattr(api, name)
    raise AttributeError(f"module 'vfibench' has no attribute {name!r}")
