"""Methods that end the program, or never end: failed samples, one line, and a second Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import odd_methods
import pytest
import torch
from made_clips import make_clip

import vfibench
from vfibench.cli import main
from vfibench.testing import check_adapter

ENDINGS = [SystemExit(0), GeneratorExit(), KeyboardInterrupt(), StopIteration(), BaseException("odd")]


@pytest.mark.parametrize("error", ENDINGS, ids=lambda error: type(error).__name__)
def test_a_sample_fails_whatever_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(odd_methods.Ends, "error", error)
    clip = make_clip(tmp_path / "clip", count=5)
    table = vfibench.evaluate("odd_methods:Ends", f"clip:{clip}")
    assert table["status"].tolist() == ["error", "error"]
    assert all(message.startswith(type(error).__name__) for message in table["message"])


@pytest.mark.parametrize("error", ENDINGS[:2], ids=lambda error: type(error).__name__)
def test_a_check_fails_whatever_ends_it(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(odd_methods.Ends, "error", error)
    report = check_adapter(odd_methods.Ends)
    assert not report.ok
    assert f"raised {type(error).__name__}" in str(report)


def ended(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main([*words])
    return int(end.value.code or 0)


@pytest.mark.parametrize("error", ENDINGS[:2], ids=lambda error: type(error).__name__)
def test_what_gets_out_of_a_command_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    def ends(*_: object) -> None:
        raise error

    monkeypatch.setattr("vfibench.cli.catalogue.listed", ends)
    assert ended("list", "methods") == 2
    said = f"error: code that is not vfibench's own ended the command: {type(error).__name__}"
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda made: made[..., :-1, :], "expected [B, T, 3, H, W] = [1, 1, 3, 32, 64] from the method"),
        (lambda made: made.long(), "expected floating-point frames from the method, found torch.int64"),
        (lambda made: made * float("nan"), "expected finite frames from the method, found NaN"),
        (lambda made: None, "expected a tensor from the method, found NoneType"),
    ],
)
def test_speed_times_only_what_keeps_the_contract(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: Callable[[torch.Tensor], Any],
    said: str,
) -> None:
    plain = odd_methods.Blend.predict
    monkeypatch.setattr(odd_methods.Blend, "predict", lambda *given: answer(plain(*given)))
    words = ("speed", "-m", "odd_methods:Blend", "--size", "64x32", "--runs", "1", "--warmup", "0")
    for more in ((), ("--against", "odd_methods:Blend")):
        assert ended(*words, *more) == 2
        assert f"odd-blend breaks its contract: {said}" in capsys.readouterr().err


def test_what_a_method_prints_is_no_part_of_a_document(capfd: pytest.CaptureFixture[str]) -> None:
    words = ("speed", "-m", "odd_methods:Chatty", "--size", "64x32", "--runs", "2", "--json")
    assert ended(*words) == 0
    shown = capfd.readouterr()
    assert json.loads(shown.out)["method"] == "odd-chatty"
    assert "thinking" in shown.err


def test_one_method_is_not_timed_with_what_the_other_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from vfibench.methods.resolving import resolve
    from vfibench.speed.timing import CallSize
    from vfibench.speed.turns import take_turns

    seen: list[bool] = []
    plain = odd_methods.Blend.predict

    def sets(self: object, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        torch.backends.mkldnn.enabled = False
        return plain(self, frames, times)

    def sees(self: object, frames: torch.Tensor, times: tuple[float, ...]) -> torch.Tensor:
        seen.append(torch.backends.mkldnn.enabled)
        return plain(self, frames, times)

    monkeypatch.setattr(odd_methods.Blend, "predict", sets)
    monkeypatch.setattr(odd_methods.Slow, "predict", sees)
    arms = [resolve(f"odd_methods:{name}", scoring=False) for name in ("Blend", "Slow")]
    take_turns(arms[0], arms[1], CallSize(32, 32), rounds=2, warmup=1)
    assert seen == [True] * 3
    assert torch.backends.mkldnn.enabled


def test_a_second_ctrl_c_ends_a_method_that_hangs(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=3)
    words = ["run", "-m", "odd_methods:NeverEnds", "-d", f"clip:{clip}", "--metric", "ie"]
    support = Path(odd_methods.__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-m", "vfibench", *words, "--out", str(tmp_path / "run")],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(support), *sys.path])},
    )
    assert process.stderr is not None
    try:
        assert any(b"HANGING" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None  # it waits for the call to end
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert b"what was stored before is kept" in process.stderr.read()
    finally:
        process.kill()
