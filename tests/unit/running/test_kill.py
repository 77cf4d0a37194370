"""kill -9 at random moments, and once inside a write: the same command goes on, the scores are the same."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from killed_runs import start
from made_clips import make_clip

from vfibench.store import read_results
from vfibench.store.kept_cells import kept_cells


def command(clip: Path, out: Path) -> list[str]:
    words = ["run", "-m", "odd_methods:Slow", "-d", f"clip:{clip}", "--out", str(out), "--batch-size", "2"]
    return [*words, "--metric", "ie", "--workers", "1", "--device", "cpu"]


def digest(out: Path) -> str:
    (path,) = (out / "scores").iterdir()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def finish(arguments: list[str]) -> float:
    begin = time.monotonic()
    process = start(arguments)
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - begin


@pytest.mark.slow
def test_twenty_kills_and_the_scores_are_those_of_an_unbroken_run(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=121)
    finish(command(clip, tmp_path / "warm"))
    length = finish(command(clip, tmp_path / "whole"))
    generator, kills = random.Random(7), 0
    arguments = command(clip, tmp_path / "broken")
    while kills < 20:
        if (tmp_path / "broken").exists() and complete(tmp_path / "broken", tmp_path / "whole"):
            (path,) = (tmp_path / "broken" / "scores").iterdir()
            path.unlink()
        process = start(arguments)
        process.join(generator.uniform(0.05, length * 0.6))
        if process.exitcode is None:
            os.kill(process.pid or 0, signal.SIGKILL)
            kills += 1
        process.join()
    finish(arguments)
    assert digest(tmp_path / "broken") == digest(tmp_path / "whole")


def complete(out: Path, whole: Path) -> bool:
    files = list((out / "scores").iterdir()) if (out / "scores").exists() else []
    (other,) = (whole / "scores").iterdir()
    return bool(files) and len(files[0].read_bytes()) >= len(other.read_bytes())


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A clip, and the digest of its scores."""
    folder = tmp_path_factory.mktemp("unbroken")
    clip = make_clip(folder / "clip", count=21)
    finish(command(clip, folder / "whole"))
    return clip, digest(folder / "whole")


@pytest.mark.parametrize("write", [1, 5])
def test_a_kill_inside_a_write_loses_nothing(tmp_path: Path, write: int, unbroken: tuple[Path, str]) -> None:
    clip, expected = unbroken
    process = start(command(clip, tmp_path / "broken"), kill_in_write=write)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    (path,) = (tmp_path / "broken" / "scores").iterdir()
    assert not path.read_bytes().endswith(b"\n")
    finish(command(clip, tmp_path / "broken"))
    assert digest(tmp_path / "broken") == expected


RENAME, SYNC, FACTS = (
    "vfibench.system.files:rename_whole",
    "vfibench.store.jsonl:fsync",
    "vfibench.store.folder:write_whole",
)


@pytest.mark.parametrize(
    "call",
    [
        (RENAME, 2),  # run.json, likewise
        (SYNC, 1),  # the rows, at the cell's end
        (FACTS, 2),  # between the two
        (RENAME, 4),  # run.json, at the run's end
    ],
)
def test_a_kill_inside_the_writes_around_the_scores_loses_nothing(
    tmp_path: Path, call: tuple[str, int], unbroken: tuple[Path, str]
) -> None:
    (clip, expected), out = unbroken, tmp_path / "broken"
    process = start(command(clip, out), kill_before=call)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    finish(command(clip, out))
    assert digest(out) == expected
    (result,) = read_results([out])
    assert result.complete
    assert json.loads((out / "run.json").read_text())["status"] == "complete"
    assert not list(out.rglob("*.part"))
    (kept,) = kept_cells(out / "run.json").values()
    assert kept["cells"] == json.loads((out / "run.json").read_text())["cells"]
