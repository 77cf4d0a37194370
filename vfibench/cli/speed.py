"""`vfibench speed`: time a method properly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vfibench.contracts import AdapterCard
    from vfibench.speed.timing import CallSize, Speed


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("speed", short_help="a method's own time, memory and arithmetic at a frame size")(speed)


def speed(
    method: Annotated[str, typer.Option("--method", "-m", help="NAME[@VARIANT] or pkg.mod:Class")],
    against: Annotated[
        str, typer.Option(help="time both methods in turns and show the ratio, see `check --speed`")
    ] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the input frames")] = "448x256",
    weights: Annotated[str, typer.Option("--weights", "-w", help="FILE, or the word random")] = "random",
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N")] = "",
    precision: Annotated[str, typer.Option(help="fp32, fp16 or bf16 (autocast), tf32 (CUDA)")] = "fp32",
    compiled: Annotated[bool, typer.Option("--compile", help="run through torch.compile")] = False,
    batch_size: Annotated[int, typer.Option(help="samples per call")] = 1,
    inputs: Annotated[
        int | None, typer.Option(help="number of input frames (default: the method's usual)")
    ] = None,
    times: Annotated[int, typer.Option(help="target times per call, such as 7 for 8x")] = 1,
    runs: Annotated[int, typer.Option(help="number of timed calls")] = 20,
    warmup: Annotated[
        int, typer.Option(help="number of untimed calls before them, on CUDA more until a second is over")
    ] = 3,
    threads: Annotated[int, typer.Option(help="CPU threads (0: torch's own choice)")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print the result as JSON")] = False,
) -> None:
    """Time a method on random frames.

    With warm-up and synchronised: median and 95th percentile, memory, GFLOPs.
    """
    from contextlib import nullcontext

    from vfibench.cli.document_output import only_a_document, say
    from vfibench.system.json_text import encoded

    with only_a_document() if as_json else nullcontext():
        size_of_call = _call_size(size, device, precision, batch_size, inputs, times, compiled)
        _check_counts(runs, warmup, threads)
        content, lines = timed_methods(
            [method, against] if against else [method], weights, size_of_call, runs, warmup
        )
    if as_json:
        say(encoded(content))
    else:
        print("\n".join(lines))


def _call_size(
    size: str, device: str, precision: str, batch: int, inputs: int | None, times: int, compiled: bool
) -> CallSize:
    """How methods are called; VfibenchError for what cannot be."""
    from vfibench.running.checks import check_count
    from vfibench.speed.timing import CallSize
    from vfibench.system.devices import chosen_device
    from vfibench.system.precision import check_precision

    width, height = parse_size(size)
    place = chosen_device(device)
    check_precision(precision, place)
    check_count("--batch-size", batch, 1)
    check_count("--times", times, 1)
    return CallSize(width, height, str(place), precision, batch, inputs, times, compiled)


def _check_counts(runs: int, warmup: int, threads: int) -> None:
    """VfibenchError for numbers that are too small; sets the number of threads where one is given."""
    import torch

    from vfibench.running.checks import check_count

    check_count("--runs", runs, 1)
    check_count("--warmup", warmup, 0)
    check_count("--threads", threads, 0)
    if threads:
        torch.set_num_threads(threads)


def timed_methods(
    names: list[str], weights: str, call: CallSize, runs: int, warmup: int
) -> tuple[dict[str, object], list[str]]:
    """Time one method, or two in turns: the figures for a program, and for a person.

    Raises:
        VfibenchError: a method is unknown, cannot be timed as asked, or breaks its contract.
    """
    from vfibench.methods.resolving import find_card, resolve
    from vfibench.speed.timing import measure_speed
    from vfibench.speed.turns import take_turns
    from vfibench.system.foreign import explained

    cards = [find_card(name) for name in names]
    for card in cards:
        check_card(card, call.inputs, call.times, plain=call.precision == "fp32" and not call.compiled)
    arms = [
        resolve(name, weights if card.learned else None, scoring=False)
        for name, card in zip(names, cards, strict=True)
    ]
    labels = " and ".join(arm.label for arm in arms)
    with explained(f"{labels} could not be timed at {call.width}x{call.height}"):
        if len(arms) > 1:  # out of memory is what goes wrong as a rule
            turns = take_turns(arms[0], arms[1], call, runs, warmup)
            return turns.to_json(), turns.describe()
        found = measure_speed(arms[0], call, runs, warmup)
        return found.to_json(), describe(found)


def check_card(card: AdapterCard, inputs: int | None, times: int, plain: bool) -> None:
    """VfibenchError where a method cannot be timed as asked; `plain` is fp32 and not compiled."""
    from vfibench.errors import VfibenchError
    from vfibench.speed.timing import target_times

    if inputs is not None and inputs not in card.inputs:
        known = " or ".join(map(str, sorted(card.inputs)))
        raise VfibenchError(f"{card.name} takes {known} input frames, found --inputs {inputs}")
    target_times(card, inputs or card.inputs[0], times)
    if card.target.startswith("vfibench.methods.workers") and not plain:
        raise VfibenchError(f"--compile and --precision do not reach {card.name}, which runs elsewhere")


def describe(found: Speed) -> list[str]:
    """The figures for a person."""
    parameters = "unknown" if found.parameters is None else f"{found.parameters:,}"
    gflops = "unknown" if found.gflops is None else f"{found.gflops:.1f} a call"
    calls = f"of {found.runs} calls (+{found.warmup} warm-up)"
    size = f"{found.inputs} frames {found.width}x{found.height}"
    if found.output_width != found.width:
        size += f" -> {found.times} frames {found.output_width}x{found.output_height}"
    size += f", batch {found.batch}"
    shared = f"over {found.batch * found.times} frames a call"
    kept = f"{found.agreement_db:.1f} dB PSNR to plain fp32 on these frames" if found.agreement_db else ""
    how = f"{found.precision}{', compiled' if found.compiled else ''}, {found.threads} threads"
    return [
        f"{found.method} ({found.weights} weights), {size}",
        f"  device      {found.device} ({how})",
        f"  a call      {found.ms_median:.2f} ms median, {found.ms_p95:.2f} ms p95 {calls}",
        f"  a frame     {found.ms_frame:.2f} ms {shared}, {found.frames_per_s:.2f} frames/s",
        f"  parameters  {parameters}",
        f"  GFLOPs      {gflops}",
        f"  peak memory {'unknown' if found.peak_mb is None else f'{found.peak_mb:.0f} MiB'}",
        *([f"  agreement   {kept}"] if kept else []),
    ]


def parse_size(text: str) -> tuple[int, int]:
    """(width, height) of "448x256".

    Raises:
        VfibenchError: another form.
    """
    from vfibench.errors import VfibenchError

    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise VfibenchError(f"expected --size WIDTHxHEIGHT such as 448x256, found {text!r}")
    return int(width), int(height)
