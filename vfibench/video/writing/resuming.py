"""What `--resume` keeps beside an output: the settings that it was begun with, and finished segments."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.system.files import write_whole
from vfibench.system.json_text import decoded, encoded

SETTINGS = "settings.json"


def parts_of(output: Path) -> Path:
    """The folder beside an output: "slow.mkv.parts"."""
    return output.with_name(output.name + ".parts")


def begun(output: Path, settings: Mapping[str, str]) -> bool:
    """Whether an output was begun with these settings; writes them down where it was not.

    Raises:
        VfibenchError: it was begun with others, which are named.
    """
    file = parts_of(output) / SETTINGS
    if not file.is_file():
        file.parent.mkdir(exist_ok=True)
        write_whole(file, encoded(dict(settings), indent=1) + "\n")
        return False
    found = decoded(file.read_bytes())
    if not isinstance(found, dict):
        raise VfibenchError(f"expected settings in {file}, found something else", f"remove {file.parent}")
    anything = any(file.parent.glob("*.packets")) or any(output.glob("*.png"))
    for name in dict.fromkeys([*settings, *found]):
        if settings.get(name) != found.get(name):
            if not anything:  # such as after an option that the encoder refused
                write_whole(file, encoded(dict(settings), indent=1) + "\n")
                return False
            raise VfibenchError(
                f"expected what {output} was begun with, {name} {found.get(name)!r}, "
                f"found {settings.get(name)!r}",
                f"give the same command again, or begin anew: remove {file.parent}",
            )
    return True


def contents_of(path: Path) -> str:
    """What tells a file, or a folder of pictures, from a changed one: names, sizes and times."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def ended(output: Path) -> None:
    """Nothing is left to be resumed."""
    shutil.rmtree(parts_of(output), ignore_errors=True)
