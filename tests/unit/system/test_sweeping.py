"""What killed processes left half written is swept; what is being written, or is somebody else's, is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

from vfibench.system.files import whole
from vfibench.system.sweeping import sweep


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_only_what_nobody_writes_any_more_is_removed(tmp_path: Path) -> None:
    for name in (".run.json.part", "deep/.t0.500000.png.part", "notes.part", ".mine.part", "run.json.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("half")
    with whole(tmp_path / "live.json") as file:
        file.write(b"{}")
        sweep(tmp_path)
        assert (tmp_path / ".live.json.part").exists()
    kept = [".mine.part", "live.json", "notes.part", "run.json.part"]
    assert names(tmp_path) == sorted([*kept, "deep/.t0.500000.png.part"])
    sweep(tmp_path, deep=True)
    assert names(tmp_path) == kept
    sweep(tmp_path / "nowhere")


def test_young_ones_stay_where_others_write_too(tmp_path: Path) -> None:
    for name in (".old.html.part", ".new.html.part"):
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / ".old.html.part", (time.time() - 7200,) * 2)
    sweep(tmp_path, age_s=3600)
    assert names(tmp_path) == [".new.html.part"]
