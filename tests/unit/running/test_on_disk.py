"""A run has succeeded when its scores are on the disk: whatever removes or changes them meanwhile is told."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from made_clips import make_clip

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Progress, Runner
from vfibench.store.album import Album
from vfibench.store.folder import ResultStore


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip", count=15)


def run(out: Path, clip: Path, when: Callable[[Progress], bool], harm: Callable[[Path], None], **more: Any):
    """Score two methods on seven frames; do `harm` at the first event that `when` is true of."""
    done: list[int] = []

    def on_event(event: Progress) -> None:
        if not done and when(event):
            done.append(event.done)
            harm(out)

    asked = Request(("odd_methods:Blend", "blend"), (f"clip:{clip}",), metrics=(), batch_size=2)
    Runner(ResultStore(out), torch.device("cpu"), workers=1, on_event=on_event, **more).run(
        Planner(asked).jobs()
    )


def scores(out: Path) -> Path:
    return next((out / "scores").glob("odd-blend.*"))


def cut(out: Path) -> None:
    os.truncate(scores(out), 40)


def replace(out: Path) -> None:
    path = scores(out)
    text = path.read_bytes()
    path.unlink()
    path.write_bytes(re.sub(rb'("psnr": )\d', rb"\g<1>9", text, count=1))


HARMS = {
    "the run folder removed": (shutil.rmtree, "No such file or directory"),
    "the scores removed": (lambda out: scores(out).unlink(), "No such file or directory"),
    "the scores cut": (cut, r"found 40;"),
    "the scores replaced by others as long": (replace, r"found (\d+|another content);"),
}


@pytest.mark.parametrize("name", HARMS)
@pytest.mark.parametrize(
    "when",
    [
        lambda event: event.done == 4 and event.job.cell.method == "odd-blend",
        lambda event: event.done == 7 and event.job.cell.method == "odd-blend",
        lambda event: event.finished and event.job.cell.method == "odd-blend",
        lambda event: event.finished and event.job.cell.method == "blend",
    ],
    ids=["in a cell", "behind its last batch", "behind the cell", "at the very end"],
)
def test_scores_that_are_gone_at_the_end_are_an_error(tmp_path: Path, clip: Path, name: str, when) -> None:
    harm, found = HARMS[name]
    with pytest.raises(VfibenchError, match=r"bytes that this run has stored in .*scores") as told:
        run(tmp_path / "run", clip, when, harm)
    assert re.search(found, str(told.value))
    assert told.value.hint.endswith("run the same command again")
    run(tmp_path / "run", clip, lambda _: False, cut)
    results = ResultStore(tmp_path / "run").results()
    assert [result.counts.ok for result in results if result.complete] == [7, 7]


def test_a_picture_that_is_gone_is_an_error(tmp_path: Path, clip: Path) -> None:
    def remove(out: Path) -> None:
        (folder,) = (out / "images").glob("odd-blend.*")
        next(folder.rglob("*.png")).unlink()

    def when(event: Progress) -> bool:
        return event.done == 6

    with pytest.raises(
        VfibenchError, match=r"expected .*\.png as it was written, found: No such file"
    ) as told:
        run(tmp_path / "run", clip, when, remove, save_images=True)
    assert told.value.hint == "run again with --policy always to save it again"


def test_an_empty_picture_is_an_error(tmp_path: Path) -> None:
    album = Album(tmp_path / "made", tmp_path / "inputs")
    (tmp_path / "a.png").write_bytes(b"")
    album.kept.add(tmp_path / "a.png")
    with pytest.raises(VfibenchError, match=r"a\.png as it was written, found: an empty file"):
        album.check()


def status(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    return int(ended.value.code or 0)


def test_the_command_ends_with_2_where_a_folder_went_behind_its_last_check(
    tmp_path: Path, clip: Path, monkeypatch, capsys
) -> None:
    whole = Runner.run

    def then_removed(self: Runner, jobs: Any) -> bool:
        complete = whole(self, jobs)
        for path in (tmp_path / "run" / "scores").glob("blend.*"):
            path.unlink()
        return complete

    monkeypatch.setattr(Runner, "run", then_removed)
    words = ["run", "-m", "blend", "-m", "nearest", "-d", f"clip:{clip}", "--metric", "ie"]
    assert status(*words, "--out", tmp_path / "run") == 2
    *_, error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: expected the scores of 2 cells in {tmp_path / 'run'}, found those of 1 ")
    assert "(the first that lacks some: blend on clip:" in error
    assert hint.endswith("run the same command again")


def test_a_page_that_is_gone_is_an_error(tmp_path: Path, clip: Path, monkeypatch, capsys) -> None:
    assert (
        status("run", "-m", "blend", "-d", f"clip:{clip}", "--metric", "ie", "--out", tmp_path / "run") == 0
    )
    whole = "vfibench.reporting.write_whole"
    from vfibench.reporting import write_whole

    def then_removed(path: Path, text: str) -> None:
        write_whole(path, text)
        (path.parent / "overview.html").unlink()

    monkeypatch.setattr(whole, then_removed)
    capsys.readouterr()
    assert status("report", tmp_path / "run", "--out", tmp_path / "site") == 2
    shown = capsys.readouterr().err
    assert f"error: expected {tmp_path / 'site' / 'overview.html'} as it was written, found: No such" in shown
