"""`vfibench interpolate`."""

from __future__ import annotations

from fractions import Fraction

from vfibench.errors import VfibenchError
from vfibench.video.interpolating.between import BetweenWork
from vfibench.video.interpolating.enlarged import EnlargedWork
from vfibench.video.interpolating.enlarging import Enlarger
from vfibench.video.interpolating.making import Maker, method_of
from vfibench.video.interpolating.outcome import Outcome, Told, silent
from vfibench.video.interpolating.times import timing_for
from vfibench.video.interpolating.wish import Wish, check_paths
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Source


def interpolate(wish: Wish, tell: Told = silent) -> Outcome:
    """Make a video smoother or slower.

    Frames of the source are encoded as they were decoded; those between them are made. `OUTPUT.json` tells of
    every output frame where it comes from.

    Raises:
        VfibenchError: bad input, or something failed on the way; what was done by then is in the output.
        KeyboardInterrupt: somebody pressed Ctrl-C; what was done by then is in the output.
    """
    check_paths(wish)
    source = open_source(wish.source, wish.in_fps, wish.clip)
    try:
        timing_for(Fraction(0), source.rate, wish.factor, wish.fps, wish.slow)  # told before weights are read
        return _work(wish, source, tell).run()
    finally:
        source.close()


def _work(wish: Wish, source: Source, tell: Told) -> BetweenWork | EnlargedWork:
    method = method_of(wish.method, wish.weights)
    if method.card.times == "halves":
        enlarger = Enlarger(method, wish.device, wish.precision, wish.n_out, wish.tile)
        return EnlargedWork(wish, source, enlarger, tell)
    for option, value in (("--n-out", wish.n_out), ("--tile", wish.tile)):
        if value is not None:
            raise VfibenchError(
                f"expected {option} with a method of space-time super-resolution, found {method.label}",
                "such as zooming-slowmo",
            )
    return BetweenWork(wish, source, Maker(method, wish.device, wish.precision, wish.batch), tell)
