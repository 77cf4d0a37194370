"""The command line. Modules here import typer alone; what a command needs is imported when it runs."""

from __future__ import annotations

import sys

import typer

from vfibench.cli import doctor, fetch, listing, report, run, speed, train, verify
from vfibench.errors import VfibenchError

app = typer.Typer(
    name="vfibench",
    help="Score video frame interpolation methods: every number traceable, every definition named.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _module in (run, listing, fetch, report, speed, train, verify, doctor):
    _module.register(app)


INTERRUPTED = 128 + 2  # the exit status of SIGINT; typer turns a KeyboardInterrupt into it silently


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    A VfibenchError and an OSError become one line and exit status 2 (--debug: a traceback).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        app([word for word in words if word != "--debug"])
    except BrokenPipeError:
        sys.exit(1)
    except (VfibenchError, OSError) as error:
        if debug:
            raise
        print(f"error: {_in_words(error)}", file=sys.stderr)
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            again = "run it with --resume" if words[:1] == ["train"] else "run the same command again"
            print(f"interrupted; {again} to go on where it stopped", file=sys.stderr)
        raise


def _in_words(error: VfibenchError | OSError) -> str:
    """One line, and one more for the hint."""
    if isinstance(error, VfibenchError):
        return error.message + (f"\n  hint: {error.hint}" if error.hint else "")
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
