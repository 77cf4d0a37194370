"""From a path to the source of its frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.video.reading.animation import ANIMATIONS, AnimationSource
from vfibench.video.reading.folder import FolderSource
from vfibench.video.reading.source import Clip, Source
from vfibench.video.reading.video_file import VideoSource


def open_source(path: Path, in_fps: Fraction | None, clip: Clip) -> Source:
    """A video file, a folder of pictures, or an animation.

    Raises:
        VfibenchError: there is none, or a folder without --in-fps.
    """
    if path.is_dir():
        if in_fps is None:
            raise VfibenchError("expected --in-fps with a folder of pictures", "such as: --in-fps 25")
        return FolderSource(path, in_fps, clip)
    if in_fps is not None:
        raise VfibenchError(f"expected --in-fps with a folder of pictures alone, found {path}")
    if not path.exists():
        raise VfibenchError(f"expected a video or a folder of pictures, found nothing at {path}")
    if path.suffix.lower() in ANIMATIONS:
        return AnimationSource(path, clip)
    return VideoSource(path, clip)
