"""What a site of many methods on large datasets costs: seconds to build it, bytes a page.

    python benchmarks/pages.py [--methods 20] [--datasets 6] [--samples 4000] [--keep FOLDER]

The runs are made up (tests/report/made_sites.py): scores with all digits of a float, `--samples` frames a
cell; two of six datasets carry tags for strata, two are of clips, two of sequences with seven target times.
No pictures are among them: what a sample page weighs depends on its frames (vfibench_reports/pictures.py).

Three figures, each from a process of its own, started cold with the files in the system's cache:
building is `vfibench report RUNS --out SITE` as a user gives it, wall clock and processor seconds of all its
threads, Python's start included; reading is that of all run folders alone; the seconds of each kind of page
are those of its plugin after the ones above it, which have made what they share. MB is 10^6 bytes.
Wanted of 20 x 6 x 4000 on two cores: under 20 s, and no page of 3 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = """
import json, sys, time
from pathlib import Path
from vfibench.folders import read_results
from vfibench.registry import PAGES
from vfibench.reporting import write_pages
begun = time.perf_counter()
results = read_results([Path(sys.argv[1])])
spent = {"reading": time.perf_counter() - begun}
for card in sorted(PAGES.cards(), key=lambda card: card.order):
    begun = time.perf_counter()
    write_pages(card.name, results, Path(sys.argv[2]))
    spent[card.name] = time.perf_counter() - begun
print(json.dumps(spent))
"""


def build(runs: Path, site: Path) -> tuple[float, float]:
    """Wall and processor seconds of `vfibench report`."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    words = [sys.executable, "-m", "vfibench", "report", str(runs), "--out", str(site)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds_of_parts(runs: Path, site: Path) -> dict[str, float]:
    """Seconds of reading, and of each kind of page in its order."""
    words = [sys.executable, "-c", PARTS, str(runs), str(site)]
    found = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    spent: dict[str, float] = json.loads(found)
    return spent


def by_kind(site: Path, sizes: dict[Path, int]) -> dict[str, list[int]]:
    """Sizes of files by the first word of their name; of those in folders, by the folder's."""
    found: dict[str, list[int]] = {}
    for path, size in sorted(sizes.items()):
        found.setdefault(path.relative_to(site).parts[0].split(".")[0], []).append(size)
    return found


def tell(site: Path, wall: float, cpu: float, spent: dict[str, float]) -> None:
    """Print everything."""
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    total = sum(sizes.values())
    print(f"building {wall:.1f} s, {cpu:.1f} s of processor; reading alone {spent.pop('reading'):.1f} s")
    pages = {path: size for path, size in sizes.items() if path.suffix == ".html"}
    print(f"{len(pages)} pages, {len(sizes)} files, {total / 1e6:.2f} MB\n")
    print(f"{'kind':12} {'s':>6} {'files':>6} {'MB':>7} {'share':>6} {'largest, MB':>12}")
    for kind, own in by_kind(site, sizes).items():
        seconds = f"{spent[kind]:.2f}" if kind in spent else ""
        told = f"{len(own):6} {sum(own) / 1e6:7.2f} {sum(own) / total:6.1%} {max(own) / 1e6:12.3f}"
        print(f"{kind:12} {seconds:>6} {told}")
    print()
    for path in sorted(pages, key=pages.__getitem__, reverse=True)[:5]:
        print(f"{pages[path] / 1e6:8.3f} MB  {path.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--methods", type=int, default=20)
    parser.add_argument("--datasets", type=int, default=6)
    parser.add_argument("--samples", type=int, default=4000, help="frames a (method, dataset)")
    parser.add_argument("--keep", type=Path, help="a new folder for runs and site, which then stay")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from report.made_sites import write_large_runs

    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        begun = time.perf_counter()
        runs = folder / "runs"
        if not runs.is_dir():
            write_large_runs(runs, given.methods, given.datasets, given.samples)
        cores = len(os.sched_getaffinity(0))
        print(
            f"{given.methods} methods x {given.datasets} datasets x {given.samples} samples, {cores} cores, "
            f"load {os.getloadavg()[0]:.1f}; runs made in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        wall, cpu = build(runs, folder / "site")
        tell(folder / "site", wall, cpu, seconds_of_parts(runs, folder / "parts"))


if __name__ == "__main__":
    main()
