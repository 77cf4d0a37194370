"""Systems without fcntl are refused at once, and users without a name get one."""

from __future__ import annotations

import getpass
import os
import pwd
import sys
import tomllib
from pathlib import Path

import pytest

from vfibench.cli import main
from vfibench.system.platforms import settle_user


def test_a_system_without_fcntl_is_told_what_runs(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(SystemExit) as end:
        main(["run", "-m", "blend"])
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: expected Linux or macOS, found a system without fcntl (Windows)\n")
    assert "Traceback" not in told


def test_a_user_whom_the_system_does_not_know_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "x")  # put back at the end, whatever is set meanwhile
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    settle_user()
    assert getpass.getuser() == f"user{os.getuid()}"


def test_the_readme_and_the_package_say_where_it_runs() -> None:
    root = Path(__file__).resolve().parents[3]
    assert "on Linux or macOS" in (root / "README.md").read_text()
    said = tomllib.loads((root / "pyproject.toml").read_text())["project"]["classifiers"]
    systems = {name for name in said if name.startswith("Operating System")}
    assert systems == {"Operating System :: MacOS", "Operating System :: POSIX :: Linux"}
