"""`vfibench interpolate`: a video in, more frames or slow motion out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vfibench.cli.paths import path_argument, path_option

if TYPE_CHECKING:
    from fractions import Fraction

    from vfibench.video.interpolating.outcome import Outcome, Told


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("interpolate", short_help="a video in, a smoother or slower one out")(interpolate)


def interpolate(
    source: Annotated[Path, path_argument("video, GIF, WebP or folder of pictures")],
    output: Annotated[Path, path_argument("video file by its suffix, or a folder for PNG files")],
    method: Annotated[str, typer.Option("--method", "-m", help="NAME[@VARIANT] or pkg.mod:Class")],
    factor: Annotated[int | None, typer.Option(help="so many times the frames in the same time")] = None,
    fps: Annotated[str, typer.Option(help="frames per second: 60, 59.94 or 60000/1001")] = "",
    slow: Annotated[str, typer.Option(help="so many times slower at the same rate")] = "",
    start: Annotated[str, typer.Option(help="begin at SECONDS or [H:]M:S")] = "",
    end: Annotated[str, typer.Option(help="end before SECONDS or [H:]M:S")] = "",
    max_frames: Annotated[int | None, typer.Option(help="read at most so many frames")] = None,
    in_fps: Annotated[str, typer.Option(help="frames per second of a folder of pictures")] = "",
    weights: Annotated[Path | None, path_option("--weights", "-w", help="checkpoint file")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "",
    precision: Annotated[str, typer.Option(help="fp32, fp16 or bf16 (autocast), tf32 (CUDA)")] = "fp32",
    batch: Annotated[int, typer.Option(help="most times asked for in one call")] = 8,
    codec: Annotated[
        str, typer.Option(help="h264, hevc, av1, vp9, ffv1, prores, png, or an encoder of FFmpeg's")
    ] = "",
    crf: Annotated[
        int | None, typer.Option(help="quality of h264, hevc, av1 and vp9: lower is better")
    ] = None,
    preset: Annotated[str, typer.Option(help="speed of h264, hevc and av1")] = "",
    options: Annotated[
        list[str] | None, typer.Option("-e", help="KEY=VALUE, an option of the encoder's own; repeats")
    ] = None,
    pixel_format: Annotated[
        str, typer.Option(help="such as yuv420p (default: the source's, or what loses least of it)")
    ] = "",
    cuts: Annotated[
        str, typer.Option(help="auto, off, a SCORE (auto is 10), or a FILE of frame numbers")
    ] = "auto",
    audio: Annotated[str, typer.Option(help="with --slow: drop, or stretch at its own pitch")] = "drop",
    repeats: Annotated[
        str, typer.Option(help="keep, or retime: frames made in place of repeats (animation on twos)")
    ] = "keep",
    n_out: Annotated[
        int | None, typer.Option("--n-out", help="zooming-slowmo: frames out of a window, 3 or 7")
    ] = None,
    tile: Annotated[
        int | None, typer.Option(help="zooming-slowmo: pixels a side enlarged at once, to save memory")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with what was interrupted; begin so that it can be")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace an output that exists")] = False,
) -> None:
    """Make a video smoother (--factor, --fps) or slower (--slow) with any method.

    Frames of the source are encoded as they were decoded, the others are made between them, none across a
    cut. OUTPUT.json says of every frame where it comes from.
    """
    from vfibench.running.checks import check_count
    from vfibench.video.library import need_av

    need_av()
    check_count("--batch", batch, 1)
    if max_frames is not None:
        check_count("--max-frames", max_frames, 1)
    from vfibench.video.interpolating.interpolation import interpolate as interpolate_video
    from vfibench.video.interpolating.times import parse_rate, parse_time
    from vfibench.video.interpolating.wish import Wish
    from vfibench.video.reading.source import Clip
    from vfibench.video.writing.encoders import parse_options

    def rate(text: str, option: str) -> Fraction | None:
        return parse_rate(text, option) if text else None

    wish = Wish(
        source=source,
        output=output,
        method=method,
        factor=factor,
        fps=rate(fps, "--fps"),
        slow=rate(slow, "--slow"),
        weights=weights,
        device=device,
        precision=precision,
        batch=batch,
        clip=Clip(parse_time(start, "--start"), parse_time(end, "--end"), max_frames),
        in_fps=rate(in_fps, "--in-fps"),
        codec=codec,
        crf=crf,
        preset=preset,
        options=parse_options(options or []),
        pixel_format=pixel_format,
        cuts=cuts,
        overwrite=overwrite,
        n_out=n_out,
        tile=tile,
        resume=resume,
        audio=audio,
        repeats=repeats,
    )
    with _bar() as tell:
        outcome = interpolate_video(wish, tell)
    print("\n".join(describe(outcome, output)))


@contextmanager
def _bar() -> Iterator[Told]:
    """A progress bar on standard error."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from vfibench.cli.console import progress_console

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    began = time.perf_counter()
    console = progress_console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("interpolating", total=None, speed="")

        def tell(outcome: Outcome, count: int | None) -> None:
            passed = max(time.perf_counter() - began, 1e-9)
            speed = f"{outcome.written / passed:.1f} frames/s, network {outcome.network / passed:.0%}"
            progress.update(task, completed=outcome.read, total=count, speed=speed)

        yield tell


def describe(outcome: Outcome, output: Path) -> list[str]:
    """The summary for a person.

    Args:
        outcome: what became of the frames.
        output: where they are.
    """
    held = ", ".join(f"{number} at {_REASONS[why]}" for why, number in sorted(outcome.held.items()))
    repeats = sum(outcome.repeats.values())
    wall = max(outcome.wall, 1e-9)
    busy = (("decoding", outcome.decode), ("network", outcome.network), ("encoding", outcome.encode))
    shares = ", ".join(f"{name} {seconds / wall:.0%}" for name, seconds in busy)
    return [
        f"{output}: {outcome.written} frames in {float(outcome.duration):.3f} s, from {outcome.read}",
        f"  frames    {outcome.source} of the source, {outcome.made} made, {sum(outcome.held.values())} held"
        + (f" ({held})" if held else ""),
        f"  scenes    cuts: {outcome.cuts}; frames that repeat the one before: {repeats}",
        f"  method    {outcome.how['method']}",
        f"  colours   {outcome.how['colours']}",
        f"  encoder   {outcome.how['encoder']}",
        f"  time      {wall:.1f} s, {outcome.written / wall:.1f} frames/s; {shares} of it",
        f"  memory    {outcome.memory:.0f} MiB at most"
        + (f", {outcome.device_memory:.0f} MiB of the GPU" if outcome.device_memory else ""),
        *(f"  note      {line}" for line in outcome.notes),
    ]


_REASONS = {"cut": "cuts", "repeat": "repeats", "end": "the end"}
