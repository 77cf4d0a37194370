"""Paths as users write them: home, variables, no home, no current folder; names that lead out of a folder."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.system.paths import below, given_path, home_cache, path_in_environment, working_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("SCRATCH", "/scratch/x")
    monkeypatch.delenv("NOTHING", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "me"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without HOME and without an entry in the list of users."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_home_and_variables_are_expanded_as_a_shell_does(home: Path) -> None:
    assert given_path("~/runs") == home / "runs"
    assert given_path("~") == home
    assert given_path("$SCRATCH/runs") == Path("/scratch/x/runs")
    assert given_path("${SCRATCH}y") == Path("/scratch/xy")
    assert given_path("$HOME/a") == home / "a"


def test_what_no_shell_would_expand_stays(home: Path) -> None:
    for written in ("a/~/b", "a~", "$NOTHING/a", "~nobody-of-this-name/a", "a b", "plain"):
        assert given_path(written) == Path(written)


def test_a_name_that_is_there_as_written_means_itself(home: Path) -> None:
    Path("cash$HOME").mkdir()
    assert given_path("cash$HOME") == Path("cash$HOME")


def test_a_path_in_the_environment_is_read_the_same_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFIBENCH_DATA", "~/d")
    assert path_in_environment("VFIBENCH_DATA") == home / "d"
    monkeypatch.setenv("VFIBENCH_DATA", "")
    assert path_in_environment("VFIBENCH_DATA") is None


@pytest.mark.usefixtures("nobody")
def test_without_a_home_only_a_tilde_is_an_error() -> None:
    assert given_path("runs") == Path("runs")
    with pytest.raises(VfibenchError, match="expected a home folder for ~/runs, found no HOME"):
        given_path("~/runs")
    assert home_cache() is None


@pytest.mark.usefixtures("nobody")
def test_without_a_home_the_cache_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/x")
    assert home_cache() == Path("/var/cache/x")


def test_a_current_folder_that_was_deleted_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert working_folder() == gone
    gone.rmdir()
    assert working_folder() is None
    assert given_path("/a/b") == Path("/a/b")
    lost = given_path("runs")
    assert not lost.exists()
    with pytest.raises(OSError, match="Not a directory"):
        lost.mkdir(parents=True)


def test_a_nul_is_refused() -> None:
    with pytest.raises(VfibenchError, match="found one with a NUL character"):
        given_path("a\0b")


def test_a_name_stays_below_its_folder() -> None:
    assert below(Path("/w"), "rife/net.pkl") == Path("/w/rife/net.pkl")
    assert below(Path("/w"), "a..b") == Path("/w/a..b")


@pytest.mark.parametrize(
    "name", ["", "../x", "a/../../x", "/etc/passwd", "..\\x", "C:\\x", "\\\\host\\share\\x", "a\0b", ".."]
)
def test_a_name_that_leads_out_of_its_folder_is_refused(name: str) -> None:
    with pytest.raises(VfibenchError, match="expected the name of a file below w"):
        below(Path("w"), name)


def test_the_environment_is_left_as_it_was() -> None:
    before = dict(os.environ)
    given_path("$SCRATCH/~")
    assert dict(os.environ) == before
