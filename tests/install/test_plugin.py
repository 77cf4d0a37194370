"""A real third-party package, installed by pip and used from the command line; and this one as a wheel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STARTERS = ("superslomo-starter", "convlstm-starter", "rife-starter", "zooming-slowmo-starter")


def pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which the fake plugin is installed beside vfibench."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    subprocess.run(["cp", "-r", str(HERE / "fake_plugin"), str(source)], check=True)
    pip("install", "--no-deps", "--no-build-isolation", "--target", target, source / "fake_plugin")
    return {**os.environ, "PYTHONPATH": str(target)}


def vfibench(environment: dict[str, str], *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vfibench", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd="/")


def test_a_plugins_method_dataset_and_metric_run_from_the_command_line(environment, tmp_path: Path) -> None:
    words = ["run", "-m", "fake-second", "-m", "blend", "-d", "fake-stripes", "--metric", "fake-mse"]
    done = vfibench(environment, *words, "--out", tmp_path / "run", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "run" / "run.json").read_text())["cells"]
    means = {}
    for cell in cells:
        path = tmp_path / "run" / "scores" / f"{cell['name']}.0of1.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        means[cell["method"]] = [round(row["scores"]["fake-mse"], 3) for row in rows]
    assert means == {"fake-second": [100.0] * 3, "blend": [0.0] * 3}


@pytest.mark.slow
def test_a_plugins_page_stands_in_the_site(environment, tmp_path: Path) -> None:
    words = ["run", "-m", "fake-second", "-d", "fake-stripes", "--metric", "fake-mse", "--device", "cpu"]
    assert vfibench(environment, *words, "--out", tmp_path / "run").returncode == 0
    done = vfibench(environment, "report", tmp_path / "run", "--out", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "counts.html").read_text() == "<p>1 cells</p>"
    assert "counts.html" in (tmp_path / "site" / "index.html").read_text()


def test_the_list_names_the_plugin_and_warns_of_the_broken_one(environment) -> None:
    done = vfibench(environment, "list", "methods")
    assert done.returncode == 0
    assert "fake-second" in done.stdout
    assert "[vfibench-fake-plugin]" in done.stdout
    assert (
        "warning: the plugin broken (vfibench-fake-plugin) failed to load: ImportError: libmissing"
        in done.stderr
    )


@pytest.mark.slow
def test_documents_name_the_plugin_and_the_broken_one(environment) -> None:
    done = vfibench(environment, "list", "methods", "--json")
    found = json.loads(done.stdout)
    (item,) = (item for item in found["items"] if item["name"] == "fake-second")
    assert item["origin"] == "vfibench-fake-plugin"
    assert item["card"]["title"] == "The second frame"
    (problem,) = found["problems"]
    assert problem["origin"] == "broken (vfibench-fake-plugin)"
    assert problem["reason"].startswith("ImportError: libmissing")
    assert done.stderr == ""
    done = vfibench(environment, "doctor", "--json")
    assert json.loads(done.stdout)["environment"]["problems"] == [problem]


@pytest.mark.slow
def test_the_doctor_names_the_broken_plugin(environment) -> None:
    done = vfibench(environment, "doctor")
    assert "libmissing" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_plugins_method_can_be_verified(environment) -> None:
    done = vfibench(environment, "verify", "fake-second")
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("failed")]
    assert failed == ["time_order"]  # it returns the second frame at any time
    assert done.stdout.splitlines()[-1] == "23 checks: 21 passed, 1 failed, 1 skipped"
    assert done.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("fake-stripes", "26 checks: 21 passed, 0 failed, 5 skipped"),
        ("fake-mse", "12 checks: 12 passed, 0 failed, 0 skipped"),
        ("fake-counts", "8 checks: 8 passed, 0 failed, 0 skipped"),
    ],
)
def test_a_plugins_dataset_metric_and_page_can_be_verified(environment, name: str, counts: str) -> None:
    done = vfibench(environment, "verify", name)
    assert done.stdout.splitlines()[-1] == counts, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.slow
def test_the_wheel_holds_everything_and_runs_without_the_checkout(tmp_path: Path) -> None:
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for package in ("vfibench", "vfibench_adapters", "vfibench_datasets", "vfibench_reports"):
        assert f"{package}/py.typed" in names
    assert any(name.startswith("vfibench_datasets/lists/") for name in names)
    assert any(name.startswith("vfibench_reports/templates/") for name in names)
    for name in STARTERS:
        assert f"vfibench_adapters/starters/weights/{name}.safetensors" in names
    assert not any(name.startswith("tests/") for name in names)
    target = tmp_path / "site"
    pip("install", "--no-deps", "--target", target, wheel)
    code = (
        "import vfibench; from vfibench.cli import main; print(vfibench.__file__); main(['list', 'methods'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd="/", check=False
    )
    assert str(target) in done.stdout
    assert "convlstm" in done.stdout
    code = "from vfibench.methods.resolving import resolve\n"
    code += f"print(*(resolve(name).weights for name in {STARTERS}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd="/", check=True
    )
    assert [path.startswith(str(target)) for path in done.stdout.split()] == [True] * len(STARTERS)
