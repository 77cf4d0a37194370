"""What the extra `video` must be able to do beside the README's first command: a slow motion from a folder.

    VENV/bin/python -P .ci/video_install.py

Run by the Python of the environment that `.[video]` was installed into. It makes frames of a moving wave in a
temporary folder, gives the commands of the README's section on videos, and reads what comes out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

FRAMES = 5


def make_frames(folder: Path) -> None:
    """`FRAMES` pictures of a wave that moves evenly."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    waves = np.add.outer(np.arange(64), np.arange(96)) / 5
    for number in range(FRAMES):
        levels = 127 + 100 * np.sin(waves + number / 3)
        Image.fromarray(np.repeat(levels[..., None], 3, axis=-1).astype(np.uint8)).save(
            folder / f"{number}.png"
        )


def give(command: str) -> None:
    """One command of vfibench; its output is shown."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    print(command, flush=True)
    subprocess.run(["bash", "-euc", command], check=True, env=os.environ | {"PATH": path}, timeout=300)


def main() -> None:
    """Frames to a video, the video to a slow motion, and the number of frames of both."""
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        make_frames(Path("frames"))
        give("vfibench interpolate frames in.mp4 -m blend --in-fps 25 --factor 2")
        give("vfibench interpolate in.mp4 slow.mp4 -m rife-starter --slow 8 --device cpu")
        import av

        with av.open("slow.mp4") as video:
            found = sum(1 for _ in video.decode(video=0))
        expected = 8 * (2 * (FRAMES - 1)) + 1
        if found != expected:
            sys.exit(f"video install: expected {expected} frames, found {found}")
    print(f"a slow motion of {found} frames")


if __name__ == "__main__":
    main()
