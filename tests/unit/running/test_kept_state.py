"""What a method changes of the process reaches neither the scores, nor the next method, nor the caller."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch
from made_clips import make_clip

from vfibench.metrics.scorer import Scorer
from vfibench.metrics.windows import column_weights, row_weights
from vfibench.registry import changed_on_import, load_target
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Progress, Runner
from vfibench.store.folder import ResultStore
from vfibench.store.memory import MemoryStore
from vfibench.store.rows import ScoreRow
from vfibench.system import process_state as state

CPU = torch.device("cpu")
CHANGED = (
    "torch's default dtype",
    "torch's number of threads",
    "torch's deterministic algorithms",
    "torch's float32 matmul precision",
    "cudnn.benchmark",
    "mkldnn.enabled",
    "numpy's error handling",
    "the working directory",
    "the recursion limit",
)


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clip named as seen from the working directory."""
    make_clip(tmp_path / "clip", count=11)
    monkeypatch.chdir(tmp_path)
    return Path("clip")


def scored(clip: Path, *methods: str) -> tuple[dict[str, list[ScoreRow]], list[Progress]]:
    """The rows of each method, and the last event of each."""
    names = tuple(f"untidy_methods:{method}" for method in methods)
    jobs = Planner(Request(names, (f"clip:{clip}",), metrics=("ssim3d",), batch_size=1)).jobs()
    rows, events = {}, []
    for job, name in zip(jobs, methods, strict=True):
        store = MemoryStore()
        assert Runner(store, CPU, workers=3, on_event=events.append).run([job])
        rows[name] = store.rows
    return rows, [event for event in events if event.finished]


@pytest.mark.parametrize("leaky", ["LeaksLoading", "LeaksPredicting"])
def test_scores_and_the_next_method_see_nothing_of_it(clip: Path, leaky: str) -> None:
    tidy, _ = scored(clip, "Mean")
    before = state.take()
    found, (event, last) = scored(clip, leaky, "Mean")
    assert state.changes(before) == []
    assert os.environ.get("VFIBENCH_UNTIDY") is None
    assert "/untidy" not in sys.path
    assert found["Mean"] == tidy["Mean"]
    assert found[leaky] == tidy["Mean"]
    assert last.told == ()
    when = "loading" if leaky == "LeaksLoading" else "predicting"
    (told,) = (text for text in event.told if text.startswith(f"{when} changed "))
    assert all(name in told for name in CHANGED)
    assert ("the method changed the environment variables, the module search path" in event.told) is (
        when == "loading"
    )


def test_random_methods_score_the_same_whatever_ran_before_them(clip: Path) -> None:
    alone, _ = scored(clip, "Noisy")
    after, (_, event) = scored(clip, "LeaksPredicting", "Noisy")
    assert after["Noisy"] == alone["Noisy"]
    assert event.told == (
        "predicting changed torch's random state, numpy's random state, Python's random state",
    )
    clean, _ = scored(clip, "Mean")
    assert all(one.scores != other.scores for one, other in zip(alone["Noisy"], clean["Mean"], strict=True))


def test_scoring_names_its_types_itself() -> None:
    generator = torch.Generator().manual_seed(3)
    predicted = torch.rand(2, 3, 40, 48, generator=generator)
    target = torch.randint(0, 256, (2, 3, 40, 48), generator=generator, dtype=torch.uint8)
    names = ("psnr", "ssim", "ssim3d", "ie", "psnr@film", "ssim@film", "ssim@cdfi", "psnr@superslomo-r")
    expected = Scorer(names, CPU)(predicted, target)
    with state.preserved():
        for cached in (column_weights, row_weights):
            cached.cache_clear()
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        found = Scorer(names, CPU)(predicted, target)
    for name in names:
        assert found[name].dtype == torch.float64
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=0)


def test_an_import_changes_nothing_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "untidy_import.py").write_text(
        "import os, signal, torch\ntorch.set_default_dtype(torch.float64)\nos.chdir('/')\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntorch.manual_seed(1)\nfound = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    before = state.take()
    assert load_target("untidy_import:found") == 3
    assert state.changes(before) == []
    told = ("torch's default dtype", "the working directory", "the handlers of signals")
    assert changed_on_import.pop("untidy_import:found") == told


def test_what_the_import_of_a_method_changed_is_told(clip: Path, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "untidy_class.py").write_text(
        "import torch\nfrom untidy_methods import Mean as Other\ntorch.set_default_dtype(torch.float64)\n"
        "class Mean(Other):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    told: list[tuple[str, ...]] = []
    jobs = Planner(Request(("untidy_class:Mean",), (f"clip:{clip}",), metrics=())).jobs()
    Runner(MemoryStore(), CPU, on_event=lambda event: told.append(event.told)).run(jobs)
    assert told[-1] == ("importing changed torch's default dtype",)


def test_what_cannot_be_put_back_harms_no_other() -> None:
    before = state.take(("the working directory", "torch's default dtype"))
    wrong = dict(before, **{"the working directory": "/nowhere/at/all"})
    with state.preserved():
        torch.set_default_dtype(torch.float64)
        state.restore(wrong)
        assert torch.get_default_dtype() == before["torch's default dtype"]


def test_files_named_from_here_are_read_and_written_here_wherever_a_method_works(clip: Path) -> None:
    asked = Request(("untidy_methods:Wanders",), (f"clip:{clip}",), metrics=(), batch_size=1)
    store = ResultStore(Path("run"))
    assert Runner(store, CPU, workers=3, save_images=True).run(Planner(asked).jobs())
    (result,) = store.results()
    assert result.complete
    assert len(list((Path.cwd() / "run" / "images").rglob("t0.500000.png"))) == 5
