"""Questions: each is asked on its own, within its time, and its answer is on disk before the next one."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

BORN = time.monotonic()
LIMIT = float(os.environ.get("CHECK_LIMIT", "600"))
OUT = Path(os.environ.get("CHECK_OUT", "gpu-out"))
CPU = os.environ.get("CHECK_DEVICE", "cuda") == "cpu"
"""Whether this is the proof without a GPU: everything is asked, small and few."""
DEVICE = "cpu" if CPU else "cuda:0"

Facts = Mapping[str, object]


def note(name: str, **facts: object) -> None:
    """Keep a finding in results.jsonl, and print it in one line."""
    part = sys.argv[-1]
    line = {"part": part, "name": name, "at": round(time.monotonic() - BORN, 1), **facts}
    with (OUT / "results.jsonl").open("a") as file:
        file.write(json.dumps(line, default=str) + "\n")
    shown = ", ".join(
        f"{key} {short(value)}" for key, value in facts.items() if key not in {"trace", "table"}
    )
    print(f"  {name}: {shown}"[:400], flush=True)


def short(value: object) -> str:
    """A value in few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "{" + " ".join(f"{key}={short(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + " ".join(map(short, value)) + "]"
    return str(value).replace("\n", " ")[:160]


def left() -> float:
    """Seconds this part still has, with a little kept to end in."""
    return LIMIT - 3 - (time.monotonic() - BORN)


class TooLateError(BaseException):
    """A question has taken all the time it had; nothing inside may catch it."""


def _too_late(*_: object) -> None:
    raise TooLateError


@contextmanager
def limited(name: str, seconds: float) -> Iterator[bool]:
    """Ask one question: at most `seconds`, and whatever it raises is its answer. False: no time is left."""
    seconds = min(seconds, left())
    if seconds < 1:
        note(name, skipped="no time left in this part")
        yield False
        return
    before = signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield True
    except TooLateError:
        note(name, error=f"took more than {seconds:.0f} s")
    except Exception as error:  # the next question is asked all the same
        note(name, error=f"{type(error).__name__}: {error}"[:600], trace=traceback.format_exc()[-3000:])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.collect()
        if not CPU and "torch" in sys.modules:
            with suppress(Exception):  # of a GPU that is broken by now
                sys.modules["torch"].cuda.empty_cache()


def ask(name: str, question: Callable[[], Facts | None], seconds: float = 30.0) -> None:
    """Note what a question answers, unless there is no time for it."""
    with limited(name, seconds) as asked:
        if asked:
            found = question()
            if found is not None:
                note(name, **found)


def few(items: Sequence[object], on_cpu: int) -> list[object]:
    """All of them, or the first ones in the proof without a GPU."""
    return list(items[:on_cpu] if CPU else items)
