"""`vfibench compare-video`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_option

if TYPE_CHECKING:
    from vfibench.video.comparing.comparison import Report, Told

SWEEP = "sweep"


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("compare-video", short_help="videos beside one another: a video, or a page")(compare_video)


def compare_video(
    inputs: Annotated[
        list[str], typer.Argument(help="videos, folders of pictures or RUN:METHOD; PATH=NAME names one")
    ],
    output: Annotated[
        Path, path_option("--out", "-o", help="a video by its suffix, a folder for PNG files, or .html")
    ],
    reference: Annotated[str, typer.Option(help="what the others are held against; RUN:truth too")] = "",
    layout: Annotated[str, typer.Option(help="side, stack, grid, split or blink")] = "",
    divider: Annotated[str, typer.Option(help="for split: share of the width, or sweep")] = "0.5",
    errors: Annotated[bool, typer.Option("--errors", help="error maps below the pictures")] = False,
    strip: Annotated[bool, typer.Option("--strip", help="PSNR and SSIM over time below all")] = False,
    labels: Annotated[bool, typer.Option(help="names, frame numbers and times on the pictures")] = True,
    width: Annotated[int | None, typer.Option(help="most pixels in width of each picture")] = None,
    fps: Annotated[str, typer.Option(help="of the output (default: of the input that has most)")] = "",
    in_fps: Annotated[str, typer.Option(help="of folders of pictures and saved images (25)")] = "",
    start: Annotated[str, typer.Option(help="begin at SECONDS or [H:]M:S of each input")] = "",
    end: Annotated[str, typer.Option(help="end before SECONDS or [H:]M:S")] = "",
    max_frames: Annotated[int | None, typer.Option(help="at most so many frames of each input")] = None,
    codec: Annotated[str, typer.Option(help="h264, hevc, av1, vp9, ffv1, prores, png, ...")] = "",
    crf: Annotated[int | None, typer.Option(help="quality: lower is better")] = None,
    preset: Annotated[str, typer.Option(help="speed of h264, hevc and av1")] = "",
    options: Annotated[
        list[str] | None, typer.Option("-e", help="KEY=VALUE, an option of the encoder's own; repeats")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace an output that exists")] = False,
) -> None:
    """Put videos beside one another, aligned by time, in a video or in a page that plays them in step.

    With --reference every frame is scored against the frame of the same time.
    """
    from vfibench.running.checks import check_count
    from vfibench.video.library import need_av

    need_av()
    for name, number in (("--max-frames", max_frames), ("--width", width)):
        if number is not None:
            check_count(name, number, 2 if name == "--width" else 1)
    from vfibench.video.comparing.comparison import compare
    from vfibench.video.comparing.wish import Wish
    from vfibench.video.interpolating.times import parse_rate, parse_time
    from vfibench.video.reading.source import Clip
    from vfibench.video.writing.encoders import parse_options

    wish = Wish(
        inputs=inputs,
        output=output,
        reference=reference,
        layout=layout,
        divider=_share(divider),
        errors=errors,
        strip=strip,
        labels=labels,
        width=width,
        fps=parse_rate(fps, "--fps") if fps else None,
        in_fps=parse_rate(in_fps, "--in-fps") if in_fps else None,
        clip=Clip(parse_time(start, "--start"), parse_time(end, "--end"), max_frames),
        codec=codec,
        crf=crf,
        preset=preset,
        options=parse_options(options or []),
        overwrite=overwrite,
    )
    with _bar() as tell:
        report = compare(wish, tell)
    print("\n".join(describe(report, output)))


def _share(word: str) -> float | None:
    """A share of the width; None for a divider that sweeps."""
    from vfibench.errors import VfibenchError

    if word == SWEEP:
        return None
    try:
        return float(word)
    except ValueError as error:
        raise VfibenchError(f"expected --divider between 0 and 1, or sweep, found {word!r}") from error


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on standard error."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from vfibench.cli.console import progress_console

    console = progress_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=None)

        def tell(what: str, done: int, count: int | None) -> None:
            progress.update(task, description=what, completed=done, total=count)

        yield tell


def describe(report: Report, output: Path) -> list[str]:
    """The summary for a person."""
    names = ", ".join(report.names)
    return [
        f"{output}: {report.moments} frames in {float(report.duration):.3f} s, of {names}",
        f"  pictures  {report.size[0]}x{report.size[1]} each",
        f"  output    {report.about}",
        *(f"  score     {line}" for line in report.scores),
        *(f"  note      {line}" for line in report.notes),
        f"  time      {report.wall:.1f} s",
    ]
