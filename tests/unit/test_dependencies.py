"""What is imported is declared, what is declared is imported, and two libraries serve one purpose each."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from made_clips import make_clip

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = ("vfibench", "vfibench_adapters", "vfibench_datasets", "vfibench_reports")
FOLDERS = ("vfibench", "adapters", "datasets", "reports")
BY_NAME = ("find_spec", "import_module", "importorskip")
BEHIND = {"msgspec.toml.encode": "tomli_w", "torch.utils.tensorboard": "tensorboard"}
"""What a library's function or module imports by itself, without naming it among its own dependencies."""


def names_in(source: str) -> set[str]:
    """Top-level modules that a file imports, lazily too, or looks for with `find_spec`."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = {name for node in nodes for name in _imported(node)}
    ends = {name.rpartition(".")[2] for name in BEHIND}
    used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute) and node.attr in ends}
    behind = {BEHIND[end] for end in BEHIND for name in imported | used if f"{name}.".startswith(f"{end}.")}
    return {name.partition(".")[0] for name in imported} | behind


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(BY_NAME):
        yield from (str(word.value) for word in node.args[:1] if isinstance(word, ast.Constant))


@cache
def imports(*folders: str) -> dict[str, list[Path]]:
    """Third-party modules and the files that name them, in these folders of the repository."""
    found: dict[str, list[Path]] = {}
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        for name in names_in(path.read_text(encoding="utf-8")) - {*PACKAGES} - sys.stdlib_module_names:
            found.setdefault(name, []).append(path.relative_to(ROOT))
    return found


def canonical(name: str) -> str:
    """A distribution's name as PyPI compares it, of a requirement such as "tomli_w>=1"."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name)[0]).lower()


@cache
def installed() -> Mapping[str, Sequence[str]]:
    """Modules and the distributions that bring them."""
    return metadata.packages_distributions()


def distributions(module: str) -> set[str]:
    """The distributions that may bring a module; one that is not installed is taken to have its name."""
    return set(map(canonical, installed().get(module, [module])))


DEPENDENCIES = set(map(canonical, PROJECT["dependencies"]))
EXTRAS, OF_TESTS = (
    {canonical(word) for name in names for word in PROJECT["optional-dependencies"][name]}
    for names in (("drive", "exr", "train", "video"), ("test",))
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b, c as d", {"a", "c"}),
        ("def f():\n from a.b import c", {"a"}),
        ("from . import a", set()),
        ("spec = importlib.util.find_spec('a.b')", {"a"}),
        ("import msgspec\nmsgspec.toml.encode(1)", {"msgspec", "tomli_w"}),
        ("import msgspec\nmsgspec.toml.decode(b'')", {"msgspec"}),
        ("from msgspec.toml import encode", {"msgspec", "tomli_w"}),
        ("import torch.utils.tensorboard.writer", {"torch", "tensorboard"}),
    ],
)
def test_the_imports_of_a_file_are_found(source: str, expected: set[str]) -> None:
    assert names_in(source) == expected


def test_every_imported_package_is_declared() -> None:
    found = imports(*FOLDERS)
    assert {"torch", "numpy", "tomli_w", "gdown"} <= set(found)  # lazy and indirect ones too
    gaps = {name: paths for name, paths in found.items() if not distributions(name) & (DEPENDENCIES | EXTRAS)}
    assert gaps == {}


def test_every_package_that_tests_import_is_declared() -> None:
    own = {path.stem for path in (ROOT / "tests").rglob("*") if path.is_dir() or path.suffix == ".py"}
    found = {name for name in imports("tests") if name not in own}
    assert {"pytest", "playwright", "yaml"} <= found
    allowed = DEPENDENCIES | EXTRAS | OF_TESTS
    assert {name for name in found if not distributions(name) & allowed} == set()


def test_every_declared_package_is_imported() -> None:
    used = {name for module in imports(*FOLDERS) for name in distributions(module)}
    assert (DEPENDENCIES | EXTRAS) - used == set()


def test_every_declared_package_has_one_version_in_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = [canonical(line) for line in lines]
    assert len(pinned) == len(set(pinned))
    assert (DEPENDENCIES | EXTRAS) - set(pinned) == set()


@pytest.mark.parametrize(
    ("module", "place"),
    [("pandas", "vfibench/api.py"), ("huggingface_hub", "vfibench/weights/fetching.py")],
)
def test_a_library_serves_one_purpose(module: str, place: str) -> None:
    assert imports(*FOLDERS)[module] == [Path(place)]


WITHOUT = """
import pkgutil, importlib, sys
sys.modules["pandas"] = sys.modules["huggingface_hub"] = None
import vfibench, vfibench_adapters, vfibench_datasets, vfibench_reports
from vfibench.cli import main
for package in (vfibench, vfibench_adapters, vfibench_datasets, vfibench_reports):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
def status(*words):
    try:
        main(list(words))
    except SystemExit as end:
        return end.code or 0
assert status("run", "-m", "blend", "-m", "nearest", "-d", "clip:clip", "--metric", "psnr", "--out", "run",
    "--device", "cpu", "--save-images") == 0
assert status("compare", "blend", "nearest", "-d", "clip:clip", "--runs", "run") == 0
assert status("report", "run", "--format", "markdown") == 0
assert status("report", "run", "--out", "site") == 0
try:
    vfibench.evaluate("blend", "clip:clip")
except ImportError as error:
    print("evaluate needs", error.name)
"""


def test_all_but_evaluate_works_without_pandas_and_without_the_hub(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip", count=5)
    words = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "evaluate needs pandas"
    assert (tmp_path / "site" / "index.html").is_file()
