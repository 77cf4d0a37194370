"""Which samples of a dataset are scored, and how that choice is named and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def list_hash(ids: Sequence[str]) -> str:
    """SHA-256 of sample ids in order, one a line, as hex.

    Example:
        >>> list_hash(["a", "b"])[:12]
        '911169ddaaf1'
    """
    return hashlib.sha256("".join(f"{name}\n" for name in ids).encode()).hexdigest()
