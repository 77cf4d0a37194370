"""An output file opened, and what is told where an encoder does not take what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av

from vfibench.errors import VfibenchError


def opened(path: Path) -> av.container.OutputContainer:
    """The container that a suffix names.

    Raises:
        VfibenchError: there is none of that suffix, or the file cannot be written.
    """
    try:
        return av.open(str(path), "w")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise VfibenchError(
            f"expected an output with a suffix that FFmpeg knows, such as .mp4, .mkv, .mov or .webm, "
            f"found {path}: {error}"
        ) from error


@contextmanager
def removed_if_refused(path: Path, container: av.container.OutputContainer, what: str) -> Iterator[None]:
    """Where FFmpeg refuses what is done here, the file goes, and a VfibenchError says what was not taken."""
    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        with suppress(Exception):
            container.close()
        path.unlink(missing_ok=True)
        raise VfibenchError(
            f"{what} in {path.suffix}: {error}", "try another --codec or another suffix"
        ) from error
