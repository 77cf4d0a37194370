"""`vfibench fetch`: released weights, downloaded, checked and put where every command finds them."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import Annotated

import typer

from vfibench.cli.paths import path_option
from vfibench.cli.terminal import drawing, say

LPIPS = ("lpips", "lpips-squeeze")
WAYS = ("`vfibench fetch weights NAME`", *(f"`vfibench fetch {column}`" for column in LPIPS))


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("fetch", short_help="download, check and keep a method's released weights")(fetch)


def fetch(
    what: Annotated[str, typer.Argument(help="weights (of a method), lpips or lpips-squeeze")],
    method: Annotated[str, typer.Argument(help="for weights: NAME or pkg.mod:Class")] = "",
    file: Annotated[
        str | None, typer.Option(help="which of the method's weight files (default: the first)")
    ] = None,
    given: Annotated[
        Path | None, path_option("--from", help="use this copy, downloaded by hand; it is checked and kept")
    ] = None,
) -> None:
    """Fetch a method's released weights, or the network that LPIPS compares features of; nothing else does.

    `vfibench fetch weights NAME`: checks that the method's network loads the weights and pins their sha256.
    After that, --weights may be left out. They are kept in the folder that VFIBENCH_WEIGHTS names (default
    ~/.cache/vfibench/weights).

    `vfibench fetch lpips` and `vfibench fetch lpips-squeeze`: check torchvision's sha256. After that, runs
    have these columns. The file is kept in the folder that VFIBENCH_BACKBONES names (default: torch's cache).
    """
    if what == "weights" and method:
        _weights(method, file, given)
    else:
        _backbone(what, method, file, given)


def _backbone(column: str, method: str, file: str | None, given: Path | None) -> None:
    """The network under an LPIPS column.

    Raises:
        VfibenchError: the words are others, or it cannot be fetched.
    """
    from vfibench.errors import VfibenchError

    if column not in LPIPS or method or file is not None:
        found = " ".join(word for word in (column, method, file and f"--file {file}") if word)
        raise VfibenchError(f"expected {', '.join(WAYS)}, found {found!r}")
    from vfibench.metrics.fetching import fetch_backbone

    say(f"{column}: {fetch_backbone(column, given)} (loads, sha256 checked)")


def _weights(method: str, file: str | None, given: Path | None) -> None:
    """A method's released weights."""
    from vfibench.errors import VfibenchError
    from vfibench.methods.resolving import FRAMES, Method, find_card, split_variant, varied
    from vfibench.methods.workers.adapter import EXEC
    from vfibench.weights.fetching import choose, fetched
    from vfibench.weights.fetching import fetch as bring

    if method.startswith((EXEC, FRAMES)):
        raise VfibenchError(
            f"expected a method with weights to fetch, found {method}", "see `vfibench list methods`"
        )
    card = find_card(method)
    if variant := split_variant(method)[1]:
        varied(card, variant)  # has the same weights; an unknown one is refused
    wanted = choose(card, file)
    there = fetched(card, wanted.name) if given is None else None
    if there:
        say(f"{wanted.name} is there already: {there}")
        return
    for line in terms(card.licence, wanted.licence):
        say(line)

    def load(path: Path) -> None:
        import torch

        Method(card.name, card, path).open(torch.device("cpu"))

    with redirect_stderr(drawing(sys.stderr)):  # the bars of those who download are drawn by moving back
        place = bring(card, wanted, load, given)
    say(f"{card.name}: {place} (loads, sha256 pinned beside it)")


def terms(code: str, weights: str) -> list[str]:
    """The licence lines a user should see before the download."""
    shown = [f"licence of the original code: {code}"] if code else []
    return shown + ([f"licence of the weights: {weights}"] if weights else [])
