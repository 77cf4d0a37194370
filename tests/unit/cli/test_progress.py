"""What a run says before its first frame: one short line about a column that stays empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_clips import make_clip

from vfibench.cli import main
from vfibench.cli.progress import empty_column
from vfibench.metrics.backbones import BACKBONES, ENVIRONMENT, Backbone


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (
            "no squeezenet1_1 backbone, neither as a nor b; put it into a folder and use --backbones",
            "note: lpips stays empty: no squeezenet1_1 backbone (--backbones, see vfibench doctor)",
        ),
        ("no such model; pip install it", "note: lpips stays empty: no such model (see vfibench doctor)"),
        (
            f"expected {'x' * 200}",
            f"note: lpips stays empty: expected {'x' * 41}... (see vfibench doctor)",
        ),
    ],
)
def test_the_note_is_short(reason: str, line: str) -> None:
    assert empty_column("lpips", reason) == line
    assert len(line) <= 100


def test_a_run_without_a_backbone_says_so_in_one_short_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(tmp_path / "clip", count=3)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    address = "http://127.0.0.1:9/alexnet-00.pth"  # where nothing listens
    monkeypatch.setitem(BACKBONES, "alex", Backbone("alexnet", address, BACKBONES["alex"].taps))
    words = ["run", "-m", "blend", "-m", "nearest", "-d", f"clip:{tmp_path / 'clip'}", "--device", "cpu"]
    with pytest.raises(SystemExit) as end:
        main([*words, "--out", str(tmp_path / "run")])
    assert end.value.code == 0
    shown = capsys.readouterr()
    told = [line for line in shown.err.splitlines() if "lpips" in line]
    assert told == ["note: lpips stays empty: no alexnet backbone (vfibench fetch lpips)"]
    assert "  lpips: empty, no alexnet backbone" in shown.out.splitlines()
    for cell in json.loads((tmp_path / "run" / "run.json").read_text())["cells"]:
        assert address in cell["unavailable"]["lpips"]
        assert ENVIRONMENT in cell["unavailable"]["lpips"]
