"""How many small mistakes the tests see: mutants of the source, each run against the tests of its room.

    python benchmarks/mutation.py --rooms metrics running --sample 25 --seed 1
    python benchmarks/mutation.py --rooms gate --seed 1 --only 3 17      # once more, after a test was added

A mutant is one change such as `<` to `<=`, a constant off by one, a condition turned round or a statement
left out (see `mutants.py`). Each is made in a copy of the tree in a temporary folder, where the default tests
of the room run from the fastest file to the slowest until one fails. It is killed by a failure or by taking
much too long. What survives is printed: a missing test, or a change that nobody can notice; only a reader can
tell which.

The same seed gives the same mutants as long as the source of the room stays. It takes minutes for each room
and is run by hand.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    "metrics": (
        "tests/unit/metrics",
        "tests/golden/test_metric_anchors.py",
        "tests/golden/test_metric_figures.py",
    ),
    "running": ("tests/unit/running",),
    "gate": ("tests/unit/gate",),
    "statistics": ("tests/unit/statistics", "tests/unit/comparison", "tests/unit/leaderboards"),
    "store": (
        "tests/unit/store",
        "tests/unit/running/test_runner.py",
        "tests/unit/running/test_kill.py",
        "tests/report/test_chosen_samples.py",
        "tests/report/test_damaged_runs.py",
    ),
}
FOUND = {0: "survived", 1: "killed", 2: "killed", 3: "killed", 4: "killed"}  # by pytest's exit status


class Tree:
    """A copy of the working tree to break and to test."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        for name in names.split("\0")[:-1]:
            if (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.root / name)
        if (ROOT.parent / "shared").exists():  # real frames lie beside the checkout
            (folder / "shared").symlink_to((ROOT.parent / "shared").resolve())
        self._told = folder / "told.txt"
        places = [self.root / part for part in (".", "adapters", "datasets", "reports")]
        # Without bytecode: two mutants of one size and second would be taken for one another.
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def test(self, tests: list[str], limit: float | None, *options: str) -> str:
        """What pytest says of the tree: "killed", "survived" or "timeout" (after `limit` seconds)."""
        quick = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
        command = [sys.executable, "-m", "pytest", *quick, *options, *tests]
        with (
            self._told.open("w") as told,
            subprocess.Popen(
                command,
                cwd=self.root,
                env=self._environment,
                stdout=told,
                stderr=told,
                start_new_session=True,
            ) as process,
        ):
            try:
                return FOUND[process.wait(limit)]
            except subprocess.TimeoutExpired:
                return "timeout"
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)  # with all that the tests have started

    def try_out(self, mutant: Mutant, tests: list[str], limit: float) -> str:
        """What the tests say of a mutant; the tree is whole again afterwards."""
        file = self.root / mutant.path
        source = file.read_bytes()
        file.write_bytes(mutant.applied(source))
        try:
            return self.test(tests, limit)
        finally:
            file.write_bytes(source)

    def in_order(self, tests: tuple[str, ...]) -> tuple[list[str], float]:
        """The files of tests from the fastest to the slowest, and how long all take together."""
        report, start = self.root.parent / "tests.xml", time.monotonic()
        if self.test(list(tests), None, f"--junitxml={report}", "-o", "junit_family=xunit1") != "survived":
            print(self._told.read_text()[-2000:])
            raise SystemExit(f"{' '.join(tests)} fail without any change")
        spent: Counter[str] = Counter()
        for case in ElementTree.parse(report).iter("testcase"):
            spent[case.attrib["file"]] += float(case.attrib["time"])
        return sorted(spent, key=spent.__getitem__), time.monotonic() - start


def sample(room: str, count: int, seed: int) -> list[Mutant]:
    """So many of a room's mutants, at random, in an order of chance."""
    paths = sorted((ROOT / "vfibench" / room).rglob("*.py"))
    every = [mutant for path in paths for mutant in mutants_of(ROOT, path.relative_to(ROOT))]
    return random.Random(f"{room} {seed}").sample(every, min(count, len(every)))


def measure(tree: Tree, room: str, chosen: dict[int, Mutant]) -> dict[int, str]:
    """What became of the mutants of a room, by number."""
    tests, whole = tree.in_order(ROOMS[room])
    print(f"{room}: {len(tests)} files of tests, {whole:.0f} s", flush=True)
    found = {}
    for number, mutant in chosen.items():
        start = time.monotonic()
        found[number] = tree.try_out(mutant, tests, 60 + 4 * whole)
        print(f"{number:4d} {found[number]:9s} {time.monotonic() - start:4.0f} s  {mutant}", flush=True)
    return found


def table(outcomes: dict[str, list[str]]) -> None:
    """A line a room, and all together."""
    print(f"\n{'room':12s} mutants  killed  timeout  survived  seen")
    whole = [word for found in outcomes.values() for word in found]
    for room, words in [*outcomes.items(), ("all", whole)]:
        counts = Counter(words)
        seen = counts["killed"] + counts["timeout"]
        figures = f"{len(words):7d} {counts['killed']:7d} {counts['timeout']:8d} {counts['survived']:9d}"
        print(f"{room:12s} {figures} {seen / max(1, len(words)):5.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rooms", nargs="+", choices=[*ROOMS], default=[*ROOMS], help="rooms of vfibench/")
    parser.add_argument("--sample", type=int, default=25, help="mutants of each room (default: 25)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants (default: 0)")
    parser.add_argument("--only", nargs="+", type=int, help="these numbers of the sample")
    parser.add_argument("--list", action="store_true", help="print the sample and run nothing")
    options = parser.parse_args()
    outcomes: dict[str, list[str]] = {}
    survivors: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = None if options.list else Tree(Path(folder))
        for room in options.rooms:
            mutants = dict(enumerate(sample(room, options.sample, options.seed), 1))
            chosen = {number: mutants[number] for number in options.only or mutants}
            if tree is None:
                print("\n".join(f"{number:4d} {mutant}" for number, mutant in chosen.items()))
                continue
            found = measure(tree, room, chosen)
            outcomes[room] = list(found.values())
            survivors += [f"{number:4d} {chosen[number]}" for number in found if found[number] == "survived"]
    if outcomes:
        table(outcomes)
        print("\n".join(["", "survivors:", *survivors]))


if __name__ == "__main__":
    main()
