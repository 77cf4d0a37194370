"""How long `vfibench --help` and `list` take beside `python -c pass`, interleaved, in one run.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import vfibench": ["-c", "import vfibench"],
    "vfibench --help": ["-m", "vfibench", "--help"],
    "vfibench list methods": ["-m", "vfibench", "list", "methods"],
    "vfibench list datasets": ["-m", "vfibench", "list", "datasets"],
    "vfibench list metrics": ["-m", "vfibench", "list", "metrics"],
}


def seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(rounds: int = 10) -> None:
    for words in COMMANDS.values():
        seconds(words)
    spent: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, words in COMMANDS.items():
            spent[name].append(seconds(words))
    base = statistics.median(spent["python -c pass"])
    for name, values in spent.items():
        median = statistics.median(values)
        print(f"{name:24s} {1e3 * median:6.0f} ms   +{1e3 * (median - base):5.0f} ms")


if __name__ == "__main__":
    main()
