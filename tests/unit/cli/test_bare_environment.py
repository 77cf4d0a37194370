"""A user without home, name and current folder: the work is done, or one line says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

CODE = """
import os, pwd, sys
def nobody(number): raise KeyError(number)
pwd.getpwuid = nobody
from vfibench.cli import main
for words in eval(sys.argv[1]):
    try: main(words)
    except SystemExit as end: print("exit", end.code, flush=True)
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (32, 32), (number * 40, 90, 20)).save(folder / f"{number}.png")
    return folder


def test_without_home_name_and_current_folder(tmp_path: Path, clip: Path) -> None:
    """All in one process, which takes a while to start: torch's libraries are really loaded in no folder."""
    run = ["run", "-m", "blend", "-d", f"clip:{clip}", "--metric", "psnr", "--device", "cpu"]
    commands = [
        [*run, "--out", f"{tmp_path}/out"],
        run,
        ["run", "-m", "rife", "-d", f"clip:{clip}"],
        ["run", "-m", "frames:~/made", "-d", f"clip:{clip}"],
        ["fetch", "weights", "sepconv"],
        ["report", f"{tmp_path}/out", "--format", "csv"],
    ]
    known = {"HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "XDG_CACHE_HOME", "VFIBENCH_WEIGHTS", "PWD"}
    places = {name: value for name, value in os.environ.items() if name not in known}
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'rmdir "{gone}"; exec "$0" "$@"'
    words = ["bash", "-c", script, sys.executable, "-c", CODE, repr(commands)]
    done = subprocess.run(words, cwd=gone, env=places, capture_output=True, text=True, check=False)
    ends = [line for line in done.stdout.splitlines() if line.startswith("exit ")]
    assert ends == ["exit 0", "exit 2", "exit 2", "exit 2", "exit 2", "exit 0"], done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for told in (
        "cannot write /dev/null/(the current folder was deleted)/runs",
        "method 'rife' needs its trained weights",
        "expected a home folder for ~/made, found no HOME",
        "set VFIBENCH_WEIGHTS",
    ):
        assert told in done.stderr
    assert not gone.exists()
    assert (tmp_path / "out" / "run.json").is_file()
