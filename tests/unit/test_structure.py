"""The shape of the code: layers, light imports, examples in docstrings."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import vfibench

ROOT = Path(vfibench.__file__).parent

LAYERS = [
    {"contracts", "errors", "process", "plain", "trainable", "system"},
    {"frames", "resize", "registry", "selection"},
    {"metrics", "provenance", "statistics", "arrays", "resampling", "signed_rank"},
    {
        "store",
        "weights",
        "fetching",
        "shards",
        "cells",
        "lines",
        "rows",
        "run_file",
        "folders",
        "tasks",
        "pipeline",
        "images",
    },
    {
        "leaderboards",
        "ranking",
        "matching",
        "verdicts",
        "comparison",
        "gate",
        "reproducing",
        "strata",
        "columns",
        "methods",
        "workers",
        "assign",
        "published",
        "circumstances",
        "checks",
        "fitting",
        "predictors",
        "reach",
        "watches",
        "plan",
        "measuring",
        "runner",
        "timing",
        "interleaving",
        "naming",
        "reporting",
        "doctor",
        "training",
    },
    {"testing", "api"},
    {"cli"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def rooms() -> list[str]:
    return sorted(
        path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    )


def imported(path: Path) -> set[str]:
    """Rooms of vfibench that a file imports anywhere in it, type-checking blocks included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "vfibench"
                else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("vfibench.")}
    return found


def test_every_room_has_a_layer() -> None:
    assert set(rooms()) - {"__init__", "__main__"} == set(LEVEL)


@pytest.mark.parametrize("room", sorted(LEVEL))
def test_a_room_imports_only_its_own_layer_and_those_before(room: str) -> None:
    files = [ROOT / f"{room}.py"] if (ROOT / f"{room}.py").exists() else sorted((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path) & set(LEVEL):
            assert LEVEL[name] <= LEVEL[room], f"{path.name} imports vfibench.{name}"


def all_imports(path: Path) -> set[str]:
    """Top-level packages a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def test_the_harness_never_imports_a_sibling_package_by_name() -> None:
    for path in ROOT.rglob("*.py"):
        assert not {name for name in all_imports(path) if name.startswith("vfibench_")}, path


SIBLINGS = {"vfibench_adapters", "vfibench_datasets", "vfibench_reports"}


@pytest.mark.parametrize("package", sorted(SIBLINGS))
def test_siblings_never_import_each_other(package: str) -> None:
    root = Path(importlib.import_module(package).__file__ or "").parent
    files = list(root.rglob("*.py"))
    assert files
    for path in files:
        assert not (SIBLINGS - {package}) & all_imports(path), path


@pytest.mark.parametrize(
    "command",
    [
        "import vfibench",
        "import vfibench.cli",
        "from vfibench.cli import main; main(['list', 'methods'])",
        "from vfibench.cli import main; main(['list', 'datasets'])",
        "from vfibench.cli import main; main(['list', 'metrics'])",
        "from vfibench.cli import main; main(['list', 'definitions'])",
        "from vfibench.cli import main; main(['list', 'protocols'])",
        "from vfibench.cli import main; main(['list', 'recipes'])",
        "from vfibench.cli import main; main(['list', 'sources'])",
        "from vfibench.cli import main; main(['info', 'convlstm'])",
        "from vfibench.cli import main; main(['--help'])",
    ],
)
def test_nothing_heavy_is_imported_for(command: str) -> None:
    code = f"import sys\ntry:\n {command}\nexcept SystemExit: pass\n"
    code += "print([m for m in ('torch', 'numpy', 'PIL', 'pandas', 'skimage') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.splitlines()[-1] == "[]"


def modules() -> list[str]:
    names = ["vfibench", "vfibench_adapters", "vfibench_datasets", "vfibench_reports"]
    found = []
    for name in names:
        package = importlib.import_module(name)
        found += [m.name for m in pkgutil.walk_packages(package.__path__, f"{name}.")]
    return [name for name in found if not name.endswith("__main__")]


def test_every_example_in_a_docstring_is_true() -> None:
    ran = 0
    for name in modules():
        result = doctest.testmod(importlib.import_module(name))
        assert result.failed == 0, name
        ran += result.attempted
    assert ran > 0


def test_every_public_module_says_what_it_is_for() -> None:
    for name in modules():
        assert (importlib.import_module(name).__doc__ or "").strip(), name
