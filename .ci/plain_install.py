"""What the README's first command alone must be able to do: nothing of an extra is there to help.

    VENV/bin/python -P .ci/plain_install.py RUN

Run by the Python of an environment made by that command, from anywhere but the checkout; RUN is the folder
that `vfibench run` wrote. It imports every module and gives commands of each section of the README, with tiny
sizes, in a temporary folder. One line for each command; one that fails ends the check and shows its output.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("vfibench", "vfibench_adapters", "vfibench_datasets", "vfibench_reports")
OF_VENV = {"pip", "setuptools", "wheel"}
OF_EXTRAS = {"av": "vfibench.video."}  # what only an extra brings, and the only modules that may want it


class Failure(Exception):
    """Something that the plain install must be able to do, and is not."""


def canonical(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str, extra: str) -> set[tuple[str, str]]:
    """What an installed distribution requires: names, each with "" and with the extras asked of it.

    Args:
        name: of the distribution.
        extra: "" for what it requires in any case, else for what this extra adds.
    """
    found = set()
    for line in metadata.requires(name) or ():
        asked = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", line)
        parts = re.match(r"([\w.-]+)\s*(?:\[([^\]]*)\])?", line)
        if parts and canonical(asked[1] if asked else "") == canonical(extra):
            found |= {(canonical(parts[1]), more.strip()) for more in ("", *(parts[2] or "").split(","))}
    return found


def check_environment() -> str:
    """Nothing is installed but vfibench and what it requires, directly or not; so nothing of its extras."""
    installed = {canonical(each.name) for each in metadata.distributions()}
    seen: set[tuple[str, str]] = set()
    waiting = {("vfibench", "")}
    while waiting:
        one = waiting.pop()
        seen.add(one)
        waiting |= {more for more in required(*one) if more[0] in installed} - seen
    needed = {name for name, _ in seen}
    if surplus := installed - needed - OF_VENV:
        raise Failure(f"installed, and required by nothing: {', '.join(sorted(surplus))}")
    extras = metadata.metadata("vfibench").get_all("Provides-Extra", [])
    apart = {name for extra in extras for name, _ in required("vfibench", extra)} - needed
    for name in ("pytest", "mypy", "ruff", "tox"):
        if name not in apart or importlib.util.find_spec(name):
            raise Failure(f"expected {name} to be in an extra alone and not to be here, found something else")
    return f"{len(installed)} distributions, none of them of an extra"


def check_imports() -> str:
    """Every module can be imported, and whatever its functions import when they are called.

    Modules that want what only an extra brings are counted apart, and stand in that extra's room alone.
    """
    lazy, count, apart = set(), 0, 0
    for package in PACKAGES:
        place = Path(importlib.import_module(package).__path__[0])
        if place.is_relative_to(ROOT):
            raise Failure(f"expected {package} to be installed, found it in the checkout, {place}")
        for module in pkgutil.walk_packages([str(place)], f"{package}."):
            count += 1
            if module.name.endswith("__main__"):
                continue
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as missing:
                room = OF_EXTRAS.get(str(missing.name))
                if room is None or not module.name.startswith(room):
                    raise Failure(f"cannot import {module.name}: {missing}") from missing
                apart += 1
        for file in place.rglob("*.py"):
            lazy |= set(_third_party(ast.parse(file.read_text(encoding="utf-8"))))
    optional = {"gdown", "OpenEXR", "torch.utils.tensorboard", "torch.utils.tensorboard.writer"}  # of extras
    optional |= {name for name in lazy if name.partition(".")[0] in OF_EXTRAS}
    for name in sorted(lazy - optional):
        importlib.import_module(name)
    if not apart:
        raise Failure(f"expected modules that want {', '.join(OF_EXTRAS)}, found none: it is installed here")
    return (
        f"{count - apart} modules, and {len(lazy - optional)} modules of others that they import;"
        f" {apart} modules want {', '.join(OF_EXTRAS)}, of an extra"
    )


def _third_party(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module)]
        for name in names:
            top = name.partition(".")[0]
            if top not in PACKAGES and top not in sys.stdlib_module_names:
                yield name


def example(file: str, begins: str) -> str:
    """A Python example of a document, which begins with these words."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if code.startswith(begins)]
    if len(found) != 1:
        raise Failure(f"expected one example that begins with {begins!r} in {file}, found {len(found)}")
    return found[0]


def prepare(folder: Path) -> None:
    """What the commands below read: a list, frames of a clip and of a test set, examples of the documents."""
    import numpy as np
    from PIL import Image

    import vfibench

    (folder / "one.txt").write_text(vfibench.load_dataset("synthetic").ids[0], encoding="utf-8")
    waves = np.add.outer(np.arange(64), np.arange(96)) / 5
    for name in (*(f"clip/{n}.png" for n in range(5)), *(f"data/vid4/GT/mine/{n:03d}.png" for n in range(7))):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        levels = 127 + 100 * np.sin(waves + int(path.stem) / 3)
        Image.fromarray(np.repeat(levels[..., None], 3, axis=-1).astype(np.uint8)).save(path)
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    (folder / "mymethod.py").write_text(example("CONTRIBUTING.md", "# mymethod.py"), encoding="utf-8")
    (folder / "worker.py").write_bytes((ROOT / "docs/examples/worker.py").read_bytes())
    whole, one = 'evaluate("blend", "synthetic"', 'evaluate("blend", "synthetic", list_file="one.txt"'
    code = example("README.md", "import vfibench\n")
    if whole not in code:
        raise Failure(f"expected {whole} in README.md, found another call")
    code = code.replace(whole, one) + "assert len(scores) == 7 and scores['psnr'].notna().all()\n"
    (folder / "scores.py").write_text(code, encoding="utf-8")


ON_ONE = "-d synthetic --list one.txt --factor 2 --metric psnr --device cpu"
CHAINS = (
    (  # Score a method; Look at the results
        f"vfibench run -m blend -m superslomo-starter {ON_ONE} --save-images --out small",
        f"vfibench run -m frames:$(echo small/images/blend.*) {ON_ONE} --out again",
        "vfibench report small --out site && test -s site/index.html",
        "vfibench report RUN --format markdown | grep superslomo-starter",
        "vfibench report RUN --format latex > table.tex && vfibench report RUN --format csv > table.csv",
        "vfibench strata small",
        "python scores.py",
        f"vfibench run -m blend {ON_ONE} --definition all --shard 0/2 --out a",
        f"vfibench run -m blend {ON_ONE} --definition all --shard 1/2 --out b",
        "vfibench merge a b --out both",
    ),
    (  # Train
        "vfibench train --recipe superslomo-starter-96 --show > tiny.toml",
        "sed -i 's/^crop = .*/crop = 64/; s/^validate_on = .*/validate_on = 1/' tiny.toml",
        "vfibench train --recipe tiny.toml --steps 2 --batch 1 --device cpu --out mine",
        "vfibench train --resume --device cpu --out mine",
        f"vfibench run -m superslomo -w mine/weights.safetensors -m blend {ON_ONE} --out trained",
    ),
    (  # Decide; Time a method
        "vfibench compare blend superslomo-starter --runs RUN",
        "vfibench baseline RUN -o base.csv && vfibench check RUN --baseline base.csv",
        "vfibench speed -m superslomo-starter --against blend --size 64x64 --runs 3 --warmup 1 --device cpu",
        "vfibench reproduce -m rife || test $? = 2",
        "vfibench fetch weights rife --from none.pkl || test $? = 2",
    ),
    (  # What there is; Add your method; Space-time super-resolution; Slow down a video, without its extra
        "vfibench --version && vfibench --help | grep -e --debug",
        "for kind in methods datasets metrics definitions protocols pages recipes sources; do"
        " vfibench list $kind; done",
        "vfibench list methods --json | python -m json.tool > methods.json",
        "vfibench info convlstm && vfibench info superslomo-starter",
        "vfibench doctor && vfibench doctor --dataset synthetic",
        "vfibench verify mymethod:MyMethod",
        "vfibench run -m mymethod:MyMethod -m blend -d clip:clip --factor 2 --metric psnr --out own",
        "vfibench run -m 'exec:python worker.py' -d clip:clip --factor 2 --metric psnr --out worker",
        "vfibench run -m zooming-slowmo-starter -m blend -d vid4 --protocol zooming-slowmo --data-root data"
        " --list mine.txt --metric psnr --out super",
        "(vfibench interpolate clip slow.mkv -m blend 2>&1 || test $? = 2) | grep -F 'vfibench[video]'",
    ),
)


def give(command: str, folder: Path, run: Path) -> None:
    """Give one command in a shell; a traceback is a failure, whatever the exit status."""
    start = time.monotonic()
    ours = ("PYTHON", "VFIBENCH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    words = ["bash", "-euo", "pipefail", "-c", command.replace("RUN", str(run))]
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode or "Traceback" in done.stdout:
        raise Failure(f"exit status {done.returncode} of: {command}\n{done.stdout}")
    print(f"{time.monotonic() - start:5.1f}s  {command}", flush=True)


def main(run: Path) -> None:
    """All checks; two chains of commands at a time."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        print(check_environment(), flush=True)
        print(check_imports(), flush=True)
        prepare(folder)

        def follow(chain: tuple[str, ...]) -> None:
            for command in chain:
                give(command, folder, run)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(follow, CHAINS))
    print(f"the plain install can do all of it ({time.monotonic() - start:.0f}s)")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve(strict=True))
    except Failure as failure:
        sys.exit(f"plain install: {failure}")
