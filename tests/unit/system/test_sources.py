"""Which files a module is made of, and that its hash changes with each of them and with nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from vfibench.system.sources import script_sha256, source_files, source_sha256

FILES = {
    "mymethod.py": "from tools import warp\nimport torch\nclass Mine:\n    pass\nclass Other:\n    pass\n",
    "tools/__init__.py": "",
    "tools/warp.py": "def late():\n    from . import deep\n",
    "tools/deep.py": "from ..tools.deeper import x\n",
    "tools/deeper.py": "x = 1\n",
    "tools/kernel.cu": "// a kernel\n",
    "tools/unused.py": "y = 1\n",
    "notes.txt": "nothing\n",
    ".venv/lib/site-packages/torch/__init__.py": "z = 1\n",
    "vfibench/contracts.py": "a clone of the harness beside it\n",
}
MADE_OF = ["__init__.py", "deep.py", "deeper.py", "kernel.cu", "mymethod.py", "warp.py"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, on Python's path, with an environment inside it."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / ".venv/lib/site-packages"), *sys.path])
    return tmp_path


def test_a_module_is_made_of_all_it_imports_of_its_own_folder(project: Path) -> None:
    assert sorted(path.name for path in source_files("mymethod")) == MADE_OF
    assert "mymethod" not in sys.modules


@pytest.mark.parametrize("name", FILES)
def test_the_hash_changes_with_just_these_files(project: Path, name: str) -> None:
    before = source_sha256("mymethod:Mine")
    with (project / name).open("a") as file:
        file.write("# edited\n")
    changed = source_sha256("mymethod:Mine") != before
    assert changed == (Path(name).name in MADE_OF and not name.startswith((".venv", "vfibench")))


def test_the_hash_is_of_names_and_contents_and_not_of_places(
    project: Path, tmp_path_factory, monkeypatch
) -> None:
    here, other = source_sha256("mymethod:Mine"), source_sha256("mymethod:Other")
    assert here is not None
    assert here != other
    there = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(project, there)
    (there / "tools" / "warp.py").write_bytes(FILES["tools/warp.py"].replace("\n", "\r\n").encode())
    monkeypatch.setattr(sys, "path", [str(there), *sys.path[1:]])
    assert source_sha256("mymethod:Mine") == here


def test_of_an_installed_package_all_its_own_files_are_found_and_no_others() -> None:
    files = source_files("rich.text")
    assert {"text.py", "__init__.py", "style.py"} <= {path.name for path in files}
    assert all("rich" in path.parts for path in files)


def test_what_has_no_file_has_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_sha256("sys:path") is None
    assert source_sha256("no_such_module_anywhere:X") is None


def test_a_file_that_is_no_python_is_hashed_and_not_read_further(project: Path) -> None:
    (project / "tools" / "warp.py").write_text("def broken(:\n")
    assert {path.name for path in source_files("mymethod")} == {
        "__init__.py",
        "kernel.cu",
        "mymethod.py",
        "warp.py",
    }


def test_a_script_is_made_of_what_it_imports_from_its_own_folder(project: Path) -> None:
    script = project / "worker.py"
    script.write_text("import sys\nfrom tools.deeper import x\n")
    before = script_sha256(script)
    (project / "tools" / "unused.py").write_text("y = 2\n")
    assert script_sha256(script) == before
    (project / "tools" / "deeper.py").write_text("x = 2\n")
    assert script_sha256(script) != before
