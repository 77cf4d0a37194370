"""`vfibench interpolate`: what is asked for, the loop from decoding to encoding, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import torch

from vfibench.errors import VfibenchError
from vfibench.system.foreign import reason_of
from vfibench.video.colour import Plane, coding_of, to_rgb
from vfibench.video.cuts import THRESHOLD
from vfibench.video.flow import Drain, Feed
from vfibench.video.interpolating.journal import Journal, journal_path
from vfibench.video.interpolating.making import Maker
from vfibench.video.interpolating.outcome import Outcome, Told, silent
from vfibench.video.interpolating.times import Shown, timing_for, words
from vfibench.video.library import exact
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Clip, Copied, Item, Picture, Source, usual_step
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.shots import Ends, Pair, Shot, cuts_at, cuts_by_score, measured, pairs
from vfibench.video.writing.encoders import Encoder, chosen_encoder
from vfibench.video.writing.folder import FolderSink
from vfibench.video.writing.sink import Made, Output, Sink
from vfibench.video.writing.video_file import VideoSink, tick_of

QUEUED = 512 * 2**20  # bytes of frames that wait in each of the two queues, about


@dataclass(frozen=True)
class Wish:
    """What is asked for; see the options of `vfibench interpolate`.

    Attributes:
        source, output: a video file or a folder of pictures each.
        method: catalogue name or "pkg.mod:Class".
        factor, fps, slow: see `vfibench.video.interpolating.times.timing_for`.
        weights, device, precision, batch: see `vfibench.video.interpolating.making.Maker`.
        clip: which part of the source.
        in_fps: frames per second of a folder of pictures.
        codec, crf, preset, options, pixel_format: see `vfibench.video.writing.encoders`.
        cuts: "auto", "off", a score, or a file with the numbers of the frames that begin a scene.
        overwrite: whether an output that exists is replaced.
    """

    source: Path
    output: Path
    method: str
    factor: int | None = None
    fps: Fraction | None = None
    slow: Fraction | None = None
    weights: Path | None = None
    device: str = ""
    precision: str = "fp32"
    batch: int = 8
    clip: Clip = field(default_factory=Clip)
    in_fps: Fraction | None = None
    codec: str = ""
    crf: int | None = None
    preset: str = ""
    options: dict[str, str] = field(default_factory=dict)
    pixel_format: str = ""
    cuts: str = "auto"
    overwrite: bool = False


def interpolate(wish: Wish, tell: Told = silent) -> Outcome:
    """Make a video smoother or slower.

    Frames of the source are encoded as they were decoded; those between them are made. `OUTPUT.json` tells of
    every output frame where it comes from.

    Raises:
        VfibenchError: bad input, or something failed on the way; what was done by then is in the output.
        KeyboardInterrupt: somebody pressed Ctrl-C; what was done by then is in the output.
    """
    _check_paths(wish)
    source = open_source(wish.source, wish.in_fps, wish.clip)
    try:
        return _Work(wish, source, tell).run()
    finally:
        source.close()


class _Work:
    """One video on its way."""

    def __init__(self, wish: Wish, source: Source, tell: Told) -> None:
        self._wish = wish
        self._source = source
        self._tell = tell
        self._outcome = Outcome()
        self._ends = _cuts(wish.cuts)
        self._encoder = None if _is_folder(wish.output) else _encoder(wish)
        timing_for(Fraction(0), source.rate, wish.factor, wish.fps, wish.slow)  # told before weights are read
        self._maker = Maker(wish.method, wish.weights, wish.device, wish.precision, wish.batch)
        self._rgb: dict[int, torch.Tensor] = {}

    def run(self) -> Outcome:
        """Everything; see `interpolate`."""
        began = time.perf_counter()
        items = self._source.items()
        first, taken = self._first(items)
        self._coding = coding_of(first.frame)
        wish = self._wish
        self._timing = timing_for(
            first.stamp, self._source.rate, wish.factor, wish.fps, wish.slow, whole=wish.clip.whole
        )
        self._maker.check(self._timing, self._source.rate)
        self._outcome.begin = self._outcome.end = self._timing.origin
        sink = self._open_sink(first)
        ahead = max(2, min(32, QUEUED // (12 * first.frame.width * first.frame.height)))
        self._journal = Journal(self._wish.output)
        threads = torch.get_num_threads()
        self._drain: Drain[Output | Copied] = Drain(sink.write, ahead)
        self._feed = Feed(measured(chain(taken, items)), ahead)
        try:
            self._loop_and_finish(sink, began)
        except Exception as error:
            raise self._explained(error) from error
        finally:
            torch.set_num_threads(threads)  # the other threads' 1 is what new threads would begin with
        return self._outcome

    def _loop_and_finish(self, sink: Sink, began: float) -> None:
        try:
            self._loop()
        except BaseException:
            self._finish(sink, began, failed=True)
            raise
        self._finish(sink, began, failed=False)

    def _first(self, items: Iterator[Item]) -> tuple[Picture, list[Item]]:
        """The first frame, and what was taken up to it, itself the last."""
        taken: list[Item] = []
        for item in items:
            taken.append(item)
            if isinstance(item, Picture):
                return item, taken
        raise VfibenchError(
            f"expected frames in {self._wish.source}, found none in the part that is asked for"
        )

    def _open_sink(self, first: Picture) -> Sink:
        if self._encoder is None:
            return FolderSink(self._wish.output, first, self._coding)
        timing, base = self._timing, Fraction(1, 1000)
        if isinstance(self._source, VideoSource):
            base = exact(self._source.stream.time_base) or base
        elif self._wish.in_fps is not None:
            base = 1 / self._wish.in_fps
        step = base * timing.slow / timing.factor if timing.factor else 1 / (timing.rate or Fraction(25))
        usual = self._source.rate or Fraction(25)
        rate = timing.rate or usual * (timing.factor or 1) / timing.slow
        return VideoSink(
            self._wish.output,
            self._encoder,
            self._source,
            first,
            self._coding,
            rate,
            tick_of(base, step),
            same_time=timing.slow == 1,
        )

    def _shots(self) -> Iterator[Shot]:
        """The frames; other packets go past them to the sink."""
        for item in self._feed:
            if isinstance(item, Copied):
                self._drain.put(item)
                continue
            self._outcome.read += 1
            if item.change is not None and item.change.repeat:
                self._outcome.repeats["exact" if item.change.exact else "near"] += 1
            yield item

    def _loop(self) -> None:
        for pair in pairs(self._shots(), self._maker.inputs, self._ends):
            if pair.second is None:
                self._last(pair.first)
            else:
                self._between(pair, pair.second)
            self._tell(self._outcome, self._source.count)
        count = self._source.count
        if count is not None and self._wish.clip.whole and self._outcome.read < count:
            self._source.notes.add(f"the file says {count} frames, and {self._outcome.read} could be read")
        if self._outcome.read == 1:
            self._source.notes.add("there is one frame alone: nothing lies between two")

    def _between(self, pair: Pair, second: Shot) -> None:
        shown = list(self._timing.within(pair.first.picture.stamp, second.picture.stamp))
        inside = [one for one in shown if one.place]
        if not shown:
            self._source.notes.add("some source frames fall between two times of --fps and are not shown")
        why = "cut" if pair.cut else "repeat" if pair.repeat == "exact" else ""
        self._outcome.cuts += pair.cut
        made = {} if why or not inside else dict(zip(inside, self._made(pair, inside), strict=True))
        for one in shown:
            if not one.place:
                self._put(one, pair.first, "")
            elif one in made:
                self._put_made(one, made[one], pair, second)
            else:
                self._put(one, pair.first if one.place <= Fraction(1, 2) else second, why)

    def _last(self, shot: Shot) -> None:
        picture = shot.picture
        duration = picture.duration or usual_step(self._source.rate)
        for number, one in enumerate(self._timing.at_the_end(picture.stamp, duration)):
            self._put(one, shot, "end" if number or one.stamp != self._timing.shown_at(picture.stamp) else "")

    def _made(self, pair: Pair, shown: list[Shown]) -> list[torch.Tensor]:
        began = time.perf_counter()
        window = [self._in_rgb(shot) for shot in pair.window]
        wanted = {shot.picture.number for shot in pair.window}
        self._rgb = {number: rgb for number, rgb in self._rgb.items() if number in wanted}
        found = self._maker(window, [one.place for one in shown])
        if self._maker.device.type == "cuda":
            torch.cuda.synchronize(self._maker.device)
        self._outcome.network += time.perf_counter() - began
        return found

    def _in_rgb(self, shot: Shot) -> torch.Tensor:
        number = shot.picture.number
        if number not in self._rgb:
            self._rgb[number] = to_rgb(shot.planes, self._coding).to(self._maker.device)
        return self._rgb[number]

    def _put_made(self, one: Shown, rgb: torch.Tensor, pair: Pair, second: Shot) -> None:
        alpha = _mixed(pair.first.planes[-1], second.planes[-1], one.place) if self._coding.alpha else None
        self._drain.put(Output(Made(rgb, alpha), one.stamp, one.duration))
        self._outcome.made += 1
        numbers = (pair.first.picture.number, second.picture.number)
        self._journal.made(one.stamp, numbers, one.place, [shot.picture.number for shot in pair.window])
        self._count(one)

    def _put(self, one: Shown, shot: Shot, why: str) -> None:
        self._drain.put(Output(shot.picture, one.stamp, one.duration))
        if why:
            self._outcome.held[why] += 1
        else:
            self._outcome.source += 1
        self._journal.source(one.stamp, shot.picture.number, why)
        self._count(one)

    def _count(self, one: Shown) -> None:
        self._outcome.written += 1
        self._outcome.end = one.stamp + one.duration

    def _finish(self, sink: Sink, began: float, *, failed: bool) -> None:
        """End threads, file and journal; after a failure whatever else fails here is not told."""
        outcome = self._outcome
        told = suppress(Exception) if failed else nullcontext()
        try:
            with told:
                try:
                    self._drain.close()
                finally:
                    sink.close()
                outcome.finished = not failed
        finally:
            self._feed.close()
            outcome.wall = time.perf_counter() - began
            outcome.decode, outcome.encode = self._feed.busy, self._drain.busy
            outcome.notes = list(self._source.notes.told)
            outcome.how = {
                "method": self._maker.method.label,
                "colours": self._coding.describe(),
                "encoder": sink.about,
            }
            with suppress(OSError) if failed else nullcontext():
                self._journal.close(outcome)

    def _explained(self, error: Exception) -> VfibenchError:
        kept = f"{self._outcome.written} frames are in {self._wish.output}"
        if isinstance(error, VfibenchError):
            return VfibenchError(f"{error.message}; {kept}", error.hint)
        return VfibenchError(f"the video could not be finished: {reason_of(error)}; {kept}")


def _mixed(one: Plane, other: Plane, place: Fraction) -> Plane:
    """Opacity at a time between two frames."""
    share = float(place)
    mixed: Plane = (one * (1 - share) + other * share).round().astype(one.dtype)
    return mixed


def _encoder(wish: Wish) -> Encoder:
    return chosen_encoder(wish.codec, wish.output, wish.crf, wish.preset, wish.options, wish.pixel_format)


def _is_folder(path: Path) -> bool:
    return path.suffix == "" or path.is_dir()


def _check_paths(wish: Wish) -> None:
    """VfibenchError for an output that is the input, or exists."""
    output, shown = wish.output, wish.output
    if output.resolve() == wish.source.resolve():
        raise VfibenchError(f"expected an output beside the input, found the input itself, {shown}")
    if not output.parent.is_dir():
        raise VfibenchError(
            f"expected a folder for the output, found none at {output.parent}", "make it first"
        )
    taken = any(output.iterdir()) if output.is_dir() else output.exists()
    if not taken and journal_path(output).exists():
        taken, shown = True, journal_path(output)
    if taken and not wish.overwrite:
        raise VfibenchError(f"expected an output that is not there yet, found {shown}", "or add --overwrite")
    if wish.factor is not None and wish.factor < 2:
        raise VfibenchError(f"expected --factor 2 or more, found {wish.factor}")
    if wish.slow is not None and wish.slow <= 1:
        raise VfibenchError(f"expected --slow above 1, found {words(wish.slow)}")


def _cuts(word: str) -> Ends:
    """What --cuts asks for."""
    if word == "auto":
        return cuts_by_score(THRESHOLD)
    if word == "off":
        return cuts_at(frozenset())
    with suppress(ValueError):
        if 0 < float(word) <= 100:
            return cuts_by_score(float(word))
    try:
        return cuts_at(frozenset(int(line) for line in Path(word).read_text(encoding="utf-8").split()))
    except (OSError, ValueError) as error:
        raise VfibenchError(
            f"expected --cuts auto | off | SCORE | FILE with a frame number per line, found {word!r}"
        ) from error
