"""`vfibench verify`: which kind of plugin a word names, and the checks of that kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_plugins import Frames, Mse, OnDisk, Textures, write_triplets
from plugged import plugged

from vfibench.cli import main
from vfibench.errors import VfibenchError
from vfibench.testing.kinds import kind_of


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with plugged(Textures, OnDisk, Mse, Frames):
        yield


def verify(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str], str]:
    """Exit status, lines of output, and what went wrong."""
    with pytest.raises(SystemExit) as end:
        main(["verify", *map(str, words)])
    shown = capsys.readouterr()
    return int(end.value.code or 0), shown.out.splitlines(), shown.err


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("blend", "method"),
        ("rife@tta", "method"),
        ("exec:python worker.py", "method"),
        ("good_adapters:TwoFrames", "method"),
        ("odd_methods:Blend", "method"),
        ("synthetic", "dataset"),
        ("clip:some/folder", "dataset"),
        ("made-textures", "dataset"),
        ("made_plugins:Textures", "dataset"),
        ("vfibench_datasets.ucf101:CARD", "dataset"),
        ("vfibench_datasets.ucf101:ALL", "dataset"),
        ("vfibench_datasets.synthetic.dataset:open_synthetic", "dataset"),
        ("psnr@rife", "metric"),
        ("made-mse", "metric"),
        ("made_plugins:Mse", "metric"),
        ("overview", "page"),
        ("made_plugins:Frames", "page"),
        ("vfibench_reports.overview.page:OverviewPage", "page"),
    ],
)
def test_a_word_names_a_kind_of_plugin(word: str, kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "conformance")
    assert kind_of(word) == kind


def test_a_word_that_names_nothing_or_several_is_refused():
    with pytest.raises(
        VfibenchError, match=r"unknown method, dataset, metric or page 'overveiw'; did you mean ove"
    ):
        kind_of("overveiw")
    with pytest.raises(
        VfibenchError, match=r"cannot tell what made_plugins:pictures is: .*; say --kind method, "
    ):
        kind_of("made_plugins:pictures")
    twice = type("Twice", (Frames,), {"card": Frames.card.__class__("synthetic", "made_plugins:Frames")})
    with (
        plugged(twice),
        pytest.raises(VfibenchError, match=r"names a dataset and a page; say --kind dataset or"),
    ):
        kind_of("synthetic")


def test_each_kind_is_checked_by_its_own_checks(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    root = write_triplets(tmp_path / "data")
    for words, first, last in (
        (("blend",), "blend, weights: none needed", "23 checks: 22 passed, 0 failed, 1 skipped"),
        (("made-on-disk", "--data-root", root), "made-on-disk, 5 samples, 2 input frames", "26 checks: 23"),
        (("made-mse",), "made-mse, on cpu", "12 checks: 12 passed, 0 failed, 0 skipped"),
        (("made-frames",), "made-frames, 3 and 4 made-up results", "8 checks: 8 passed, 0 failed, 0 skipped"),
    ):
        status, lines, _ = verify(capsys, *words)
        assert status == 0
        assert lines[0] == first
        assert lines[-1].startswith(last)


def test_a_plugin_that_breaks_its_contract_exits_with_1(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Mse, "__call__", lambda self, predicted, target: predicted.mean())
    status, lines, _ = verify(capsys, "made-mse")
    assert status == 1
    assert "failed            answer" in next(line for line in lines if line.startswith("failed"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("made-mse", "--weights", "a.pt"), "a metric takes no --weights"),
        (("made-mse", "--data-root", "."), "a metric takes no --data-root"),
        (("blend", "--partial"), "a method takes no --partial"),
        (("made-frames", "--device", "cuda"), "a page takes no --device"),
        (("blend", "--kind", "thing"), "expected --kind method, dataset, metric or page, found 'thing'"),
        (("blend", "--kind", "metric"), "unknown metric 'blend'"),
        (("made-on-disk",), "expected a data root"),
        (("psnr@dvf",), "a masked metric needs a dataset with motion masks"),
        (("nowhere:Nothing",), "no module named 'nowhere'"),
    ],
)
def test_bad_words_are_one_line_and_2(capsys, monkeypatch, words: tuple[str, ...], said: str):
    monkeypatch.delenv("VFIBENCH_DATA", raising=False)
    status, lines, told = verify(capsys, *words)
    assert status == 2
    assert lines == []
    assert said in told
    assert "Traceback" not in told
