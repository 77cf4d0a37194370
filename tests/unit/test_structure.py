"""The shape of the code: light imports, true examples. The layers are held by `lint-imports`."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "torchvision", "numpy", "PIL", "pandas", "scipy", "skimage", "cv2", "matplotlib", "lpips")


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
        "from vfibench.cli import main; main(['list', 'pages'])",
        "from vfibench.cli import main; main(['list', 'methods', '--json'])",
        "from vfibench.cli import main; main(['info', 'convlstm'])",
        "from vfibench.cli import main; main(['info', 'superslomo-starter'])",
        "from vfibench.cli import main; main(['info', 'superslomo-starter', '--json'])",
        "from vfibench.cli import main; main(['--help'])",
        "from vfibench.cli import main; main(['run', '--help'])",
        "from vfibench.cli import main; main(['--version'])",
    ],
)
def test_nothing_heavy_is_imported_for(command: str) -> None:
    code = f"import sys\ntry:\n {command}\nexcept SystemExit: pass\n"
    code += f"print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.splitlines()[-1] == "[]"
    if "main" in command:
        assert len(done.stdout.splitlines()) > 1  # it did something before


def modules() -> list[str]:
    names = ["vfibench", "vfibench_adapters", "vfibench_datasets", "vfibench_reports"]
    found = []
    for name in names:
        package = importlib.import_module(name)
        found += [m.name for m in pkgutil.walk_packages(package.__path__, f"{name}.")]
    return [name for name in found if not name.endswith("__main__")]


@pytest.fixture
def in_a_folder_with_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples read the run folders that are kept under tests, as `runs/` of the current folder."""
    shutil.copytree(Path(__file__).parents[1] / "golden" / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_with_runs")
def test_every_example_in_a_docstring_is_true() -> None:
    ran = 0
    for name in modules():
        result = doctest.testmod(importlib.import_module(name))
        assert result.failed == 0, name
        ran += result.attempted
    assert ran > 0


FACES = ("", ".comparison", ".leaderboards", ".store", ".strata", ".testing", ".weights")


@pytest.mark.parametrize("face", FACES)
def test_every_public_function_has_an_example(face: str) -> None:
    package = importlib.import_module(f"vfibench{face}")
    functions = {name: getattr(package, name) for name in package.__all__}
    without = [
        name
        for name, each in functions.items()
        if inspect.isfunction(each) and ">>>" not in (each.__doc__ or "")
    ]
    assert without == []


def test_every_public_module_says_what_it_is_for() -> None:
    for name in modules():
        assert (importlib.import_module(name).__doc__ or "").strip(), name


def test_nothing_was_left_at_the_top_by_an_example_run_by_hand() -> None:
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        pytest.skip("needs the repository, found an unpacked copy")
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    files = {name for name in listed.splitlines() if "/" not in name}
    assert files == {
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "action.yml",
        "constraints.txt",
        "pyproject.toml",
        "tox.ini",
    }
