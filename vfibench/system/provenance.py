"""Where a number came from: command, versions, source state, device."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from msgspec import Struct

from vfibench.system.devices import DeviceFacts, device_facts
from vfibench.system.json_text import readable
from vfibench.version import __version__

LIBRARIES = (
    "torch",
    "torchvision",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "av",
    "scikit-image",
    "lpips",
    "pandas",
    "safetensors",
)


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command_line() -> str:
    """The command as a user would type it again."""
    program = Path(sys.argv[0]).name
    program = "vfibench" if program in {"vfibench", "__main__.py"} else program
    return " ".join(map(_quoted, [program, *sys.argv[1:]]))


def _quoted(word: str) -> str:
    r"""A word for a shell; bytes that are no UTF-8 as bash and zsh take them: $'caf\xe9'."""
    import shlex

    if readable(word) == word:
        return shlex.quote(word)
    return "$'" + readable(word.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")) + "'"


@lru_cache
def versions() -> dict[str, str]:
    """Versions of Python, vfibench and the libraries that compute or decode."""
    found = {"python": platform.python_version(), "vfibench": __version__}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def version_line() -> str:
    """Version, commit and whether it was changed: "0.1.0, commit 1a2b, with local changes"."""
    state = git_state()
    if state is None:
        return __version__
    changed = ", with local changes" if state.changed else ""
    return f"{__version__}, commit {state.commit}{changed}"


class GitState(Struct, frozen=True):
    """The checkout that vfibench ran from.

    Attributes:
        commit: its full hash.
        changed: whether tracked files differed from it.
    """

    commit: str
    changed: bool


class Provenance(Struct, frozen=True, kw_only=True):
    """Where scores came from, and what it takes to make them again.

    Attributes:
        command: as a user would type it.
        versions: of Python, vfibench and the libraries that compute or decode.
        git: of the checkout, None outside one.
        platform: operating system and processor, as Python names them.
        device: what computed.
    """

    command: str
    versions: dict[str, str]
    git: GitState | None = None
    platform: str = ""
    device: DeviceFacts


@lru_cache
def git_state() -> GitState | None:
    """Commit and whether there were local changes, of the checkout vfibench runs from; None outside one."""
    folder = Path(__file__).resolve().parent.parent.parent
    if not (folder / ".git").exists():
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None else GitState(commit, bool(changed))


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def collect(device: str, precision: str = "fp32") -> Provenance:
    """Everything run.json says of where scores come from that this process makes in `precision`."""
    return Provenance(
        command=command_line(),
        versions=dict(versions()),
        git=git_state(),
        platform=platform.platform(),
        device=device_facts(device, precision),
    )
