"""Files that killed processes have left half written: .NAME.part, made by `vfibench.system.files.whole`."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vfibench.system.locks import Lock, is_at

OURS = re.compile(r"\..+\.(json|png|html|svg|csv|md|tex|toml|pt|safetensors|css|js)\.part")


def sweep(folder: Path, *, deep: bool = False, age_s: float = 0) -> None:
    """Remove them, unless the process that writes one lives; what cannot be removed stays.

    Args:
        folder: where they are looked for; it need not be there.
        deep: also in all folders below it.
        age_s: seconds for which they have not changed: more than 0 where other tools may write, too.
    """
    for path in _parts(folder, deep):
        with suppress(OSError), path.open("r+b") as file:
            if time.time() - path.stat().st_mtime < age_s:
                continue
            lock = Lock.take(file, path)  # whoever writes it has this lock
            if lock is None:
                continue
            try:
                if is_at(file, path):
                    path.unlink()
            finally:
                lock.close()


def _parts(folder: Path, deep: bool) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if not deep:
            folders.clear()
        yield from (Path(place, name) for name in names if OURS.fullmatch(name))
