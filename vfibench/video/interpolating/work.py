"""One video on its way from decoding to encoding; what is made of its frames is for subclasses to say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from fractions import Fraction
from itertools import chain

import torch

from vfibench.errors import VfibenchError
from vfibench.system.foreign import reason_of
from vfibench.video.colour import coding_of, to_rgb
from vfibench.video.flow import Drain, Feed
from vfibench.video.interpolating.journal import Journal
from vfibench.video.interpolating.making import Loaded
from vfibench.video.interpolating.outcome import Outcome, Told
from vfibench.video.interpolating.times import Shown, timing_for
from vfibench.video.interpolating.wish import Wish, cuts_of, encoder_of, is_folder
from vfibench.video.library import exact
from vfibench.video.reading.source import Copied, Item, Picture, Source
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.shots import Shot, measured
from vfibench.video.writing.folder import FolderSink
from vfibench.video.writing.sink import Output, Sink
from vfibench.video.writing.video_file import VideoSink, tick_of

QUEUED = 512 * 2**20  # bytes of frames that wait in each of the two queues, about


class Work:
    """One video on its way."""

    def __init__(self, wish: Wish, source: Source, maker: Loaded, tell: Told) -> None:
        self._wish = wish
        self._source = source
        self._tell = tell
        self._loaded = maker
        self._outcome = Outcome()
        self._ends = cuts_of(wish.cuts)
        self._encoder = None if is_folder(wish.output) else encoder_of(wish)
        self._rgb: dict[int, torch.Tensor] = {}

    def _check(self) -> None:
        """VfibenchError where the method cannot give the times of `self._timing`."""

    def _loop(self) -> None:
        """Make and hand over every frame of the output."""
        raise NotImplementedError

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
        self._check()
        self._outcome.begin = self._outcome.end = self._timing.origin
        sink = self._open_sink(first)
        size = self._loaded.scale**2 * first.frame.width * first.frame.height
        ahead = max(2, min(32, QUEUED // (12 * size)))
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
            return FolderSink(self._wish.output, first, self._coding, self._loaded.scale)
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
            scale=self._loaded.scale,
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

    def _in_rgb(self, shot: Shot) -> torch.Tensor:
        number = shot.picture.number
        if number not in self._rgb:
            self._rgb[number] = to_rgb(shot.planes, self._coding).to(self._loaded.device)
        return self._rgb[number]

    def _put(self, one: Shown, shot: Shot, why: str) -> None:
        self._drain.put(Output(shot.picture, one.stamp, one.duration))
        if why:
            self._outcome.held[why] += 1
        else:
            self._outcome.source += 1
        self._journal.source(one.stamp, shot.picture.number, why)
        self._count(one)

    def _tell_of_length(self) -> None:
        """Notes about a file that ended early, or has one frame."""
        count = self._source.count
        if count is not None and self._wish.clip.whole and self._outcome.read < count:
            self._source.notes.add(f"the file says {count} frames, and {self._outcome.read} could be read")
        if self._outcome.read == 1:
            self._source.notes.add("there is one frame alone: nothing lies between two")

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
                "method": self._loaded.method.label,
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
