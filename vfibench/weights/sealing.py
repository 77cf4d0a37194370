"""The SHA-256 of an exported weight file in its header: a safetensors file has no checksum of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vfibench.errors import VfibenchError
from vfibench.system.json_text import encoded

if TYPE_CHECKING:
    from torch import Tensor

KEY = "vfibench_sha256"
FACTS = "__metadata__"


def sealed(tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> bytes:
    """A safetensors file of tensors and facts, with a checksum over both among the facts."""
    from io import BytesIO

    from safetensors.torch import save

    plain = save(dict(tensors), metadata=dict(facts))
    return save(dict(tensors), metadata={**facts, KEY: _digest(BytesIO(plain))[1]})


def check_sealed(path: Path, hint: str) -> None:
    """Make sure that a whole safetensors file is as it was written, if it has a checksum.

    Raises:
        VfibenchError: it is not.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if KEY.encode() not in file.read(size):
            return
        file.seek(0)
        expected, found = _digest(file)
    if expected != found:
        raise changed(path, hint)


def changed(path: Path, hint: str) -> VfibenchError:
    """The one line for a file whose checksum does not hold."""
    return VfibenchError(f"expected {path} as it was written, found other bytes: its checksum differs", hint)


def _digest(file: IO[bytes]) -> tuple[str | None, str]:
    """The checksum that a file names, None without one, and the one it has."""
    size = int.from_bytes(file.read(8), "little")
    header: dict[str, Any] = json.loads(file.read(size))
    facts = header.get(FACTS, {})
    expected = facts.pop(KEY, None)
    digest = hashlib.sha256(encoded(header | {FACTS: facts}, sort_keys=True, compact=True).encode())
    while block := file.read(1 << 20):
        digest.update(block)
    return expected, digest.hexdigest()
