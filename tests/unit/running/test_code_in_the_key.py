"""The code of a method is a part of its cell: an edit starts a new one, and the class named is what runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_clips import make_clip

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.leaderboards.grouping import boards
from vfibench.running.plan import Planner, Request
from vfibench.statistics.summaries import summarise
from vfibench.store import CellResult, read_results

CODE = """
from collections.abc import Sequence
from pathlib import Path
import torch
from vfibench.contracts import AdapterCard, Padding
from gain import GAIN

class MyMethod:
    card = AdapterCard(name="mymethod", target="mymethod:MyMethod", title="Mine", inputs=(2,), times="any")

    def load(self, device: torch.device, weights: Path | None) -> None:
        pass

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        return GAIN * torch.stack([(1 - t) * frames[:, 0] + t * frames[:, 1] for t in times], dim=1)
"""


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Writes the file that mymethod.py imports, as an editor between two commands would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mymethod.py").write_text(CODE)
    (tmp_path / "improved.py").write_text(CODE.replace("GAIN * ", "0.25 * "))
    make_clip(tmp_path / "clip", count=17)

    def forget() -> None:
        for name in ("mymethod", "improved", "gain"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()

    def write(gain: float) -> None:
        (tmp_path / "gain.py").write_text(f"GAIN = {gain}\n" + "#" * int(1000 * gain))  # of another size each
        forget()

    write(1.0)
    yield write
    forget()


def run(*more: str, method: str = "mymethod:MyMethod", out: str = "out") -> None:
    words = ["run", "-m", method, "-d", "clip:clip", "--metric", "psnr", "--batch-size", "1", "--out", out]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--device", "cpu", *more])
    assert ended.value.code == 0


def means(out: str = "out") -> list[float | None]:
    return [summarise(result.rows, "psnr").mean for result in read_results([Path(out)])]


def results(out: str = "out") -> list[CellResult]:
    return read_results([Path(out)])


def test_an_edit_of_an_imported_file_is_scored_anew_and_said(edit, capsys) -> None:
    run()
    edit(0.5)
    run()
    first, second = means()
    assert first is not None
    assert second is not None
    assert second < first - 10
    told = capsys.readouterr().err
    key = results()[0].cell.key
    assert f"is scored anew: it differs from the earlier cell {key} in the method's code" in told
    edit(1.0)  # as it was: nothing is left to score
    run()
    assert means() == [first, second]


def test_a_half_done_cell_is_not_completed_by_other_code(edit) -> None:
    run("--shard", "0/2")
    edit(0.5)
    run()
    half, whole = results()
    assert (half.counts.ok, whole.counts.ok) == (4, 8)
    run(out="fresh")
    assert summarise(whole.rows, "psnr") == summarise(results("fresh")[0].rows, "psnr")


def test_two_versions_in_one_table_are_told_apart(edit) -> None:
    run()
    edit(0.5)
    run()
    (board,) = boards(results())
    labels = [entry.full_label for entry in board.groups[0].entries]
    codes = [result.cell.settings.code for result in results()]
    assert labels == [f"mymethod; code {code[:8]}" for code in codes if code]
    assert len(set(labels)) == 2


def test_the_gate_does_not_pass_the_old_version_for_the_new(edit, capsys) -> None:
    run()
    with pytest.raises(SystemExit):
        main(["baseline", "out", "-o", "out.csv"])
    edit(0.5)
    run()
    with pytest.raises(SystemExit) as ended:
        main(["check", "out", "--baseline", "out.csv"])
    assert ended.value.code == 3
    assert "2 cells of the run answer to it: they differ in code" in capsys.readouterr().out
    run(out="fresh")
    with pytest.raises(SystemExit) as ended:
        main(["check", "fresh", "--baseline", "out.csv"])
    assert ended.value.code == 1
    assert "code: " in capsys.readouterr().out


def test_the_class_that_is_named_runs_whatever_its_card_says(edit) -> None:
    run()
    run(method="improved:MyMethod")
    first, second = means()
    assert first is not None
    assert second is not None
    assert second < first - 10


def test_two_classes_of_one_name_in_one_command_are_refused(edit) -> None:
    asked = Request(("mymethod:MyMethod", "improved:MyMethod"), ("clip:clip",), ())
    with pytest.raises(VfibenchError, match=r"found mymethod twice: mymethod:MyMethod and improved:MyMethod"):
        Planner(asked).jobs()


def test_a_plugins_dataset_and_metric_enter_with_their_code(edit, monkeypatch) -> None:
    from vfibench.contracts import MetricCard
    from vfibench.registry import METRICS

    Path("mymetric.py").write_text("class M:\n    pass\n")
    card = MetricCard("mine", "mymetric:M", better="lower")
    with METRICS.holding(card, "somebody"):
        asked = Request(("blend",), ("clip:clip",), ("mine",))
        before = Planner(asked).jobs()[0].cell
        assert list(before.settings.plugins) == ["mine"]
        Path("mymetric.py").write_text("class M:\n    changed = True\n")
        assert Planner(asked).jobs()[0].cell.key != before.key
