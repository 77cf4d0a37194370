"""Options and arguments that are paths: every one is read by `given_path`, so that `~` and `$NAME` work."""

from __future__ import annotations

from typing import Any

import typer

from vfibench.system.paths import given_path


def path_option(*names: str, help: str, metavar: str = "<path>") -> Any:
    """A `typer.Option` whose value is a Path, or several; the names as typer takes them."""
    return typer.Option(*names, help=help, parser=given_path, metavar=metavar)


def path_argument(help: str) -> Any:
    """A `typer.Argument` whose value is a Path, or several."""
    return typer.Argument(help=help, parser=given_path)
