"""Whatever foreign code raises is one safe line; Ctrl-C, pressed by a person, is let through."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.system import interrupts
from vfibench.system.foreign import LONGEST, explained, reason_of
from vfibench.system.forks import keep_from_children


class Silent(BaseException):
    """Ends the program where its text is asked for."""

    def __str__(self) -> str:
        raise SystemExit(0)


class Sly(str):
    """A text that does something else."""

    __slots__ = ()

    def splitlines(self, keepends: bool = False) -> list[str]:
        raise SystemExit(0)

    def strip(self, *args: object) -> str:
        raise SystemExit(0)


class Spells(Exception):
    """Has any text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("a\nb"), "ValueError: a"),
        (GeneratorExit(), "GeneratorExit"),
        (Silent(), "Silent: (an exception whose text cannot be had)"),
        (Spells("\x1b[2J\ud800::error::"), "Spells: \ufffd[2J\ufffd::error::"),
        (Spells(Sly("sly\nb")), "Spells: sly"),
        (Spells("x" * 10**7), f"Spells: {'x' * (LONGEST - 3)}..."),
    ],
)
def test_the_reason_is_one_short_line_that_does_nothing(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    "error", [SystemExit(0), GeneratorExit(), StopIteration(), Silent(), MemoryError(), RuntimeError("a\nb")]
)
def test_everything_is_explained(error: BaseException) -> None:
    with pytest.raises(VfibenchError, match=f"^it failed: {type(error).__name__}"), explained("it failed"):
        raise error


def test_a_vfibench_error_stays_as_it_is() -> None:
    with pytest.raises(VfibenchError, match=r"^its own words$"), explained("it failed"):
        raise VfibenchError("its own words")


@pytest.fixture
def heeded() -> object:
    """Presses of Ctrl-C are counted, as in the command line."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupts.forget()
    interrupts.heed()
    yield
    signal.signal(signal.SIGINT, before)
    interrupts.forget()


@pytest.mark.usefixtures("heeded")
def test_a_keyboard_interrupt_that_nobody_pressed_is_the_plugins() -> None:
    with pytest.raises(VfibenchError, match="it failed: KeyboardInterrupt"), explained("it failed"):
        raise KeyboardInterrupt


@pytest.mark.usefixtures("heeded")
def test_a_keyboard_interrupt_that_somebody_pressed_is_let_through() -> None:
    with pytest.raises(KeyboardInterrupt), explained("it failed"):
        signal.raise_signal(signal.SIGINT)
    assert interrupts.Presses.heard == 1


def test_where_presses_are_not_counted_each_is_let_through_but_on_other_threads() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), explained("it failed"):
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)
    found: list[str] = []

    def work() -> None:
        try:
            with explained("it failed"):
                raise KeyboardInterrupt
        except VfibenchError as error:
            found.append(error.message)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["it failed: KeyboardInterrupt"]


@pytest.mark.usefixtures("heeded")
def test_the_first_press_does_what_was_asked_and_the_second_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    monkeypatch.setattr(interrupts, "_acts", [])
    monkeypatch.setattr(os, "_exit", lambda status: done.append(f"exit {status}"))
    interrupts.at_press(lambda: done.append("act"))
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert done == ["act"]
    with pytest.raises(KeyboardInterrupt):  # a process that did end would not come so far
        signal.raise_signal(signal.SIGINT)
    assert done == ["act", "act", "exit 130"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_does_not_keep_a_file_open(tmp_path: object) -> None:
    reading, writing = os.pipe()
    kept = keep_from_children(os.fdopen(writing, "wb", buffering=0))
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.fstat(kept.fileno() if not kept.closed else writing)
            os.write(tell, b"open")
        except (OSError, ValueError):
            os.write(tell, b"closed")
        signal.pause()
    try:
        assert os.read(told, 10) == b"closed"
        kept.close()
        assert os.read(reading, 1) == b""  # the end: nobody else can write
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for file in (reading, told, tell):
            os.close(file)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_what_is_half_written_when_a_child_is_forked_is_written_once(tmp_path: Path) -> None:
    with keep_from_children((tmp_path / "file").open("wb")) as file:
        file.write(b"half ")  # is in the buffer
        child = os.fork()
        if not child:
            file.flush()
            os._exit(0)
        os.waitpid(child, 0)
        file.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"half whole"
