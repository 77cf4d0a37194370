"""Paths as users write them, on the command line, in the environment and in files: with `~` and `$NAME`."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

from vfibench.errors import VfibenchError

GONE = Path(os.devnull) / "(the current folder was deleted)"
"""Where relative paths lead without a current folder: nothing is there, and nothing can be made there."""
ELSEWHERE = Path("/")
_lost = False


def given_path(text: str | Path) -> Path:
    """A path as a shell would read it: `~` is the home folder, `$NAME` and `${NAME}` are variables.

    A shell leaves them as they are in `--out=~/runs`, in quotes, and in values of variables; files have no
    shell at all. A name that is there as it is written, such as a folder called "cash$HOME", means itself;
    so do variables and users that do not exist.

    Args:
        text: what the user wrote.

    Returns:
        The path, relative where it was relative; below `GONE` where there is nothing it could be relative to.

    Raises:
        VfibenchError: `~`, and nothing says where the home folder is; or a character no path can have.

    >>> import os
    >>> os.environ["SCRATCH"] = "/scratch/me"
    >>> given_path("$SCRATCH/runs").as_posix(), given_path("${SCRATCH}/a$b").as_posix()
    ('/scratch/me/runs', '/scratch/me/a$b')
    """
    written = os.fspath(text)
    if "\0" in written:
        raise VfibenchError(f"expected a path, found one with a NUL character: {written!r}", "correct it")
    if "$" in written and not os.path.lexists(written):
        written = os.path.expandvars(written)
    expanded = os.path.expanduser(written) if written.startswith("~") else written  # noqa: PTH111 (never raises)
    if expanded.partition("/")[0] == "~":
        raise VfibenchError(
            f"expected a home folder for {written}, found no HOME and no entry of this user",
            "set HOME, or write the whole path",
        )
    path = Path(expanded)
    return path if path.is_absolute() or working_folder() is not None else GONE / path


def path_in_environment(name: str) -> Path | None:
    """The path that a variable of the environment holds, as `given_path` reads it; None where it is empty.

    Raises:
        VfibenchError: as for `given_path`.
    """
    value = os.environ.get(name)
    return given_path(value) if value else None


def home_cache() -> Path | None:
    """The user's folder for what can be fetched again: XDG_CACHE_HOME, else ~/.cache.

    None where nothing says where the home folder is, as for a user of a container without HOME and without
    an entry in its list of users.
    """
    chosen = path_in_environment("XDG_CACHE_HOME")
    if chosen is not None:
        return chosen
    home = os.path.expanduser("~")  # noqa: PTH111 (never raises)
    return None if home == "~" else Path(home) / ".cache"


def working_folder() -> Path | None:
    """The current folder; None where it was deleted, or may not be read."""
    try:
        here = Path.cwd()
    except OSError:
        return None
    return None if _lost and here == ELSEWHERE else here


def leave_lost_folder() -> None:
    """Go elsewhere where the current folder was deleted: MKL ends the process there as it computes."""
    global _lost  # noqa: PLW0603 (the current folder is the process's own, too)
    if working_folder() is None:
        _lost = True
        os.chdir(ELSEWHERE)


def below(folder: Path, name: str) -> Path:
    """A file that foreign text names, in a folder or its sub-folders and nowhere else.

    Args:
        folder: the place that is meant.
        name: from a card or an archive, with slashes of either sort.

    Raises:
        VfibenchError: it is empty or absolute, or has `..` or a NUL character in it.

    >>> below(Path("weights"), "rife/flownet.pkl").as_posix()
    'weights/rife/flownet.pkl'
    """
    parts = PureWindowsPath(name)
    if not parts.parts or parts.anchor or ".." in parts.parts or "\0" in name:
        raise VfibenchError(
            f"expected the name of a file below {folder}, found {name!r}", "correct the name where it stands"
        )
    return folder.joinpath(*parts.parts)
