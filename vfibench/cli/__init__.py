"""The command line. Modules here import typer alone; what a command needs is imported when it runs."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from vfibench.cli import (
    check,
    compare,
    doctor,
    fetch,
    listing,
    report,
    reproduce,
    run,
    speed,
    strata,
    train,
    verify,
)
from vfibench.errors import VfibenchError, one_line


def _show_version(asked: bool) -> None:
    if asked:
        from vfibench.system.provenance import version_line

        print(f"vfibench {version_line()}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="version and commit"),
    ] = False,
    debug: Annotated[  # taken by `main`, wherever it stands
        bool, typer.Option("--debug", help="show the traceback of an error; works anywhere in a command")
    ] = False,
) -> None:
    """Score video frame interpolation methods: every number traceable, every definition named."""


app = typer.Typer(
    name="vfibench",
    callback=_options,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _module in (run, listing, fetch, report, compare, reproduce, check, strata, speed, train, verify, doctor):
    _module.register(app)


INTERRUPTED = 128 + 2  # the exit status of SIGINT; typer turns a KeyboardInterrupt into it silently


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    A VfibenchError and an OSError become one line and exit status 2 (--debug: a traceback). So does any
    other exception, with its traceback: 1 is a verdict of `run` and `check`, and no crash may read as one.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        app([word for word in words if word != "--debug"])
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        known = isinstance(error, VfibenchError | OSError) and not debug
        print(_in_words(error) if known else _traceback(error), file=sys.stderr)
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            again = "run it with --resume" if words[:1] == ["train"] else "run the same command again"
            print(f"interrupted; {again} to go on where it stopped", file=sys.stderr)
        raise


def _in_words(error: Exception) -> str:
    """One line, and one more for the hint."""
    message, hint = str(error), ""
    if isinstance(error, VfibenchError):
        message, hint = error.message, error.hint
    elif isinstance(error, OSError) and error.strerror:
        message = (f"{error.filename}: " if error.filename else "") + error.strerror
    return f"error: {one_line(message)}" + (f"\n  hint: {one_line(hint)}" if hint else "")


def _traceback(error: Exception) -> str:
    """Python's own, which may quote names from files."""
    return "\n".join(map(one_line, "".join(traceback.format_exception(error)).rstrip().split("\n")))
