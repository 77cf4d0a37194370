"""The command line. Modules here import typer alone; what a command needs is imported when it runs."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, Any

import typer
import typer.core

from vfibench.cli import (
    check,
    compare,
    compare_video,
    doctor,
    fetch,
    interpolate,
    listing,
    report,
    reproduce,
    run,
    speed,
    strata,
    train,
    verify,
)
from vfibench.cli.document_output import owner
from vfibench.cli.terminal import standard_streams
from vfibench.errors import VfibenchError, one_line
from vfibench.system import interrupts
from vfibench.system.foreign import SEE_TRACEBACK, let_through, reason_of
from vfibench.system.paths import leave_lost_folder, working_folder
from vfibench.system.platforms import check_platform, settle_user


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


class _Guarded(typer.core.TyperGroup):
    """The commands, out of which nothing comes but what a command means by it."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what foreign code raised to end the program becomes an error."""
        try:
            return super().invoke(ctx)
        except Exception:
            raise
        except BaseException as error:  # SystemExit too: commands end by typer's Exit
            let_through(error)
            message = f"code that is not vfibench's own ended the command: {reason_of(error)}"
            raise VfibenchError(message, SEE_TRACEBACK) from error


app = typer.Typer(
    name="vfibench",
    cls=_Guarded,
    callback=_options,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _module in (
    run,
    listing,
    fetch,
    interpolate,
    compare_video,
    report,
    compare,
    reproduce,
    check,
    strata,
    speed,
    train,
    verify,
    doctor,
):
    _module.register(app)


BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    A VfibenchError and an OSError become one line and exit status 2 (--debug: a traceback). So does any
    other exception, with its traceback: 1 is a verdict of `run` and `check`, and no crash may read as one.
    Whether what it prints arrives changes the exit status of a command only where printing is all it does,
    and not where its reader has gone (`| head`).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    owner["program"] = arguments is None
    interrupts.forget()
    interrupts.heed()
    with standard_streams() as streams:
        status = _run([word for word in words if word != "--debug"], debug="--debug" in words)
        streams.out.flush()
        if streams.unwritten:
            status = status or (BAD_INPUT if _only_prints(words) else 0)
            print(f"error: cannot write standard output: {streams.unwritten}", file=sys.stderr)
    sys.exit(status)


def _run(words: list[str], debug: bool) -> int:
    """Run one command; its exit status."""
    try:
        check_platform()
        settle_user()
        leave_lost_folder()
        app(words)
    except Exception as error:
        known = isinstance(error, VfibenchError | OSError) and not debug
        print(_in_words(error) if known else _traceback(error), file=sys.stderr)
        return BAD_INPUT
    except SystemExit as end:
        if end.code == interrupts.STATUS:  # typer turns a KeyboardInterrupt into it silently
            print(f"interrupted; {_how_to_go_on(words)}", file=sys.stderr)
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


def _how_to_go_on(words: list[str]) -> str:
    """What to do after Ctrl-C, and what it did to what was done."""
    if words[:1] == ["train"]:
        return "run it with --resume to go on where it stopped"
    if words[:1] == ["compare-video"] or (words[:1] == ["interpolate"] and "--resume" not in words):
        kept = "what was done is in the output"
        return kept if words[0] != "interpolate" else f"{kept}; begun with --resume it could go on from there"
    return "run the same command again to go on where it stopped"


def _only_prints(words: list[str]) -> bool:
    """Whether a command is there for what it prints: no scores, files or verdict come of it."""
    if words[:1] == ["report"]:
        return "--out" not in words and any(word.startswith("--format") for word in words)
    return words[:1] in (["list"], ["info"], ["doctor"], ["compare"], ["speed"])


def _in_words(error: Exception) -> str:
    """One line, and one more for the hint."""
    message, hint = str(error), ""
    if isinstance(error, VfibenchError):
        message, hint = error.message, error.hint
    elif isinstance(error, OSError) and error.strerror:
        message = (f"{error.filename}: " if error.filename else "") + error.strerror
        if error.filename is None and working_folder() is None:
            message, hint = f"the current folder: {error.strerror}", "go to a folder that is there: cd DIR"
    return f"error: {one_line(message)}" + (f"\n  hint: {one_line(hint)}" if hint else "")


def _traceback(error: Exception) -> str:
    """Python's own, which may quote names from files."""
    return "\n".join(map(one_line, "".join(traceback.format_exception(error)).rstrip().split("\n")))
