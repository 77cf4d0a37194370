"""Peak memory of one prediction on the CPU, each method in a process of its own, random weights.

    python benchmarks/memory.py sepconv softsplat
    python benchmarks/memory.py zooming-slowmo --size 480x270 --times 7

The size is that of the input frames; "made" is what the network gives, before cropping. "peak" is the
largest resident set of the process, "added" what is left of it without that of a process which only loads
torch and convolves one pixel. Ends with 1 where a method failed, or was killed for want of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from typing import Any

BARE = "(torch alone)"
MIB = 2**20
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in which ru_maxrss counts


def measure(method: str, width: int, height: int, times: int, threads: int) -> dict[str, Any]:
    """Predict once in this process; imports stand here, since a child's peak begins at its parent's size."""
    import torch

    torch.set_num_threads(threads)
    found: dict[str, Any] = {}
    with torch.inference_mode():
        torch.nn.functional.conv2d(torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1))
        if method != BARE:
            found = predict(method, width, height, times)
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT / MIB}


def predict(method: str, width: int, height: int, times: int) -> dict[str, Any]:
    import torch

    from vfibench.frames.padding import pad
    from vfibench.methods.resolving import find_card, resolve
    from vfibench.speed.timing import target_times

    chosen = resolve(method, "random" if find_card(method).learned else None, scoring=False)
    card = chosen.card
    adapter = chosen.open(torch.device("cpu"))
    count = card.inputs[0]
    frames = pad(torch.rand(1, count, 3, height, width), card.padding)
    made = adapter.predict(frames, target_times(card, count, times))
    return {"inputs": count, "padded": frames.shape[:-3:-1], "made": made.shape[:-3:-1]}


def in_child(*arguments: str | int) -> dict[str, Any] | str:
    """What `measure` finds in a fresh process, or why it found nothing."""
    words = [sys.executable, __file__, "--child", json.dumps(arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]
    last = done.stderr.strip().splitlines()[-1:]
    return f"killed by signal {-done.returncode}" if done.returncode < 0 else "".join(last)


def size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def table(methods: list[str], width: int, height: int, times: int, threads: int) -> int:
    bare = in_child(BARE, width, height, times, threads)
    if isinstance(bare, str):
        sys.exit(bare)
    asked = f"input {width}x{height}, {times} frame(s) out"
    print(f"{threads} thread(s), {asked}, MiB; torch alone {bare['peak']:.0f}")
    print(f"{'method':20} {'inputs':>6} {'padded to':>11} {'made':>11} {'peak':>7} {'added':>7}")
    failed = 0
    for method in methods:
        row = in_child(method, width, height, times, threads)
        if isinstance(row, str):
            failed = 1
            print(f"{method:20} {row}")
            continue
        padded, made = ("x".join(map(str, row[name])) for name in ("padded", "made"))
        added = row["peak"] - bare["peak"]
        print(f"{method:20} {row['inputs']:>6} {padded:>11} {made:>11} {row['peak']:7.0f} {added:7.0f}")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("methods", nargs="*", help="names, NAME@VARIANT or pkg.mod:Class")
    parser.add_argument("--size", type=size, default=(1920, 1080), metavar="WIDTHxHEIGHT")
    parser.add_argument("--times", type=int, default=1, help="frames asked for at once")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(*given.child)))
        return 0
    if not given.methods:
        parser.error("expected one method at least")
    width, height = given.size
    return table(given.methods, width, height, given.times, given.threads)


if __name__ == "__main__":
    sys.exit(main())
