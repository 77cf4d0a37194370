"""torchrun starts the same command once a process; the parts make the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_clips import make_clip


@pytest.mark.slow
def test_two_processes_under_torchrun_score_every_frame_once(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=17)
    words = ["run", "-m", "blend", "-d", f"clip:{clip}", "--metric", "ie", "--batch-size", "2"]
    words += ["--device", "cpu", "--out", str(tmp_path / "run")]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launch, "-m", "vfibench", *words], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    files = sorted(path.name.split(".")[-2] for path in (tmp_path / "run" / "scores").iterdir())
    assert files == ["0of2", "1of2"]
    rows = [json.loads(line) for path in (tmp_path / "run" / "scores").iterdir() for line in path.open()]
    assert sorted(row["index"] for row in rows) == list(range(8))
