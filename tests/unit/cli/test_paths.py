"""Every option and argument that is a path is read by `given_path`, wherever a command takes one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
import typer

from vfibench.cli import app, main
from vfibench.cli.paths import path_argument
from vfibench.datasets.selection import data_root
from vfibench.system.paths import given_path
from vfibench.weights.fetching import weights_folder


def path_parameters() -> Iterator[tuple[str, Any]]:
    """COMMAND PARAMETER and typer's OptionInfo or ArgumentInfo, of each parameter with a Path in its type."""
    for command in app.registered_commands:
        assert command.callback is not None
        hints = get_type_hints(command.callback, include_extras=True)
        for name in inspect.signature(command.callback).parameters:
            kind, *facts = get_args(hints[name]) if get_origin(hints[name]) is Annotated else [hints[name]]
            if "Path" in str(kind):
                yield f"{command.name} {name}", facts[0] if facts else None


PARAMETERS = dict(path_parameters())


def test_the_parameters_that_are_paths_are_found() -> None:
    known = {"run out", "run data_root", "run list_file", "run backbones", "merge runs", "check baseline"}
    known |= {
        "report runs",
        "train data",
        "fetch given",
        "strata data_root",
        "verify weights",
        "compare page",
    }
    assert known <= set(PARAMETERS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_goes_through_given_path(name: str) -> None:
    assert PARAMETERS[name] is not None, "a Path without typer's Option or Argument"
    assert PARAMETERS[name].parser is given_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("run", "-m", "frames:~/none", "-d", "synthetic"),
        ("run", "-m", "rife", "-w", "$HOME/none", "-d", "synthetic"),
        ("run", "-d", "clip:~/none"),
        ("run", "-m", "blend", "-d", "ucf101", "--data-root=~/none"),
        ("run", "-m", "blend", "-d", "synthetic", "--list=~/none"),
        ("train", "--recipe", "~/none.toml"),
        ("train", "--recipe", "$HOME/none.toml"),
        ("check", "~/none", "--baseline=~/none.csv"),
        ("merge", "~/none", "--out=~/other"),
        ("fetch", "weights", "rife", "--from=~/none"),
        ("reproduce", "-m", "rife", "-d", "vimeo90k", "-w", "~/flownet.pkl"),
    ],
)
def test_what_is_named_from_home_is_looked_for_there(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    told = message(capsys, *words)
    assert str(home) in told or "found no file" in told, told
    assert not (home / "~").exists()


def test_variables_that_hold_paths_are_read_the_same_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vfibench.metrics.backbones import places_of

    for name in ("VFIBENCH_DATA", "VFIBENCH_WEIGHTS", "VFIBENCH_BACKBONES"):
        monkeypatch.setenv(name, f"~/{name}")
    assert data_root(None) == home / "VFIBENCH_DATA"
    assert weights_folder() == home / "VFIBENCH_WEIGHTS"
    assert places_of()[0] == home / "VFIBENCH_BACKBONES"


def test_typer_still_gives_lists_of_paths(home: Path) -> None:
    seen: list[Path] = []
    one = typer.Typer()

    def command(places: Annotated[list[Path], path_argument(help="folders")]) -> None:
        seen.extend(places)

    one.command()(command)
    with pytest.raises(SystemExit):
        one(["~/a", "b"])
    assert seen == [home / "a", Path("b")]
