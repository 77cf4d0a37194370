"""One video on its way from decoding to encoding; what is made of its frames is for subclasses to say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import fields
from fractions import Fraction
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

import torch

from vfibench.errors import VfibenchError
from vfibench.system.devices import peak_memory_mb
from vfibench.system.foreign import reason_of
from vfibench.version import __version__
from vfibench.video.colour import coding_of, to_rgb
from vfibench.video.flow import Drain, Feed
from vfibench.video.interpolating.journal import Journal
from vfibench.video.interpolating.making import Loaded
from vfibench.video.interpolating.outcome import Outcome, Told
from vfibench.video.interpolating.times import Shown, timing_for
from vfibench.video.interpolating.wish import Wish, cuts_of, encoder_of
from vfibench.video.library import exact
from vfibench.video.reading.source import Copied, Item, Picture, Source
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.shots import Shot, measured, retimed, with_beginnings
from vfibench.video.writing.encoders import Encoder
from vfibench.video.writing.folder import FolderSink
from vfibench.video.writing.look import tick_of
from vfibench.video.writing.places import is_folder
from vfibench.video.writing.resuming import begun, contents_of, ended, parts_of
from vfibench.video.writing.segments import FRAMES, SegmentedSink
from vfibench.video.writing.sink import Boundary, Output, Sink
from vfibench.video.writing.video_file import VideoSink

QUEUED = 512 * 2**20  # bytes of frames that wait in each of the two queues, about


LoadedT = TypeVar("LoadedT", bound=Loaded)
T = TypeVar("T")


class Work(Generic[LoadedT]):
    """One video on its way.

    Args:
        wish: what is asked for.
        source: the frames.
        maker: the method.
        tell: told of what is done.
    """

    def __init__(self, wish: Wish, source: Source, maker: LoadedT, tell: Told) -> None:
        self._wish = wish
        self._source = source
        self._tell = tell
        self._maker = maker
        self._outcome = Outcome()
        self._ends = cuts_of(wish.cuts)
        self._encoder = None if is_folder(wish.output) else encoder_of(wish)
        self._rgb: dict[int, torch.Tensor] = {}
        self._done = 0  # frames of the output that are there already
        self._segments, self._since = False, 0  # whether there are segments, and frames since the last one
        self._dry = False  # whether the frames at hand are there already

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
        size = self._maker.scale**2 * first.frame.width * first.frame.height
        ahead = max(2, min(32, QUEUED // (12 * size)))
        self._journal = Journal(self._wish.output)
        threads = torch.get_num_threads()
        self._drain: Drain[Output | Copied | Boundary] = Drain(sink.write, ahead)
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
        if not self._wish.resume:
            ended(self._wish.output)  # what was begun here is overwritten
        again = self._wish.resume and begun(self._wish.output, self._settings())
        if self._encoder is None:
            folder = FolderSink(self._wish.output, first, self._coding, self._maker.scale, keep=again)
            self._done = folder.done
            return folder
        if not self._wish.resume:
            return self._video_sink(first, self._encoder, self._wish.output)
        parts = parts_of(self._wish.output)
        whole = self._video_sink(first, self._encoder, parts / f"whole{self._wish.output.suffix}")
        sink = SegmentedSink(self._wish.output, whole, self._copies())
        self._segments, self._done = True, sink.done
        return sink

    def _settings(self) -> dict[str, str]:
        """Whatever changes a frame of the output, as text."""
        wish, method = self._wish, self._maker.method
        told = {field.name: str(getattr(wish, field.name)) for field in fields(wish)}
        for name in ("output", "overwrite", "resume", "device", "weights"):
            del told[name]
        return told | {
            "contents of the source": contents_of(wish.source),
            "contents of the cuts": contents_of(Path(wish.cuts)) if Path(wish.cuts).is_file() else "",
            "weights": str(method.weights_sha256),
            "code": str(method.code_sha256),
            "device": self._maker.device.type,
            "vfibench": __version__,
            "PyAV": version("av"),
            "torch": torch.__version__,
        }

    def _copies(self) -> Iterator[Copied]:
        """Sound and subtitles of the source, once more from its beginning."""
        if not isinstance(self._source, VideoSource) or not self._source.streams:
            return
        again = VideoSource(self._source.path, self._wish.clip)
        try:
            kept = {one.index: one for one in self._source.streams}
            wanted = [one for one in again.container.streams if one.index in kept]
            for packet in again.container.demux(wanted):
                if packet.dts is not None:
                    yield Copied(packet, kept[packet.stream.index])
        finally:
            again.close()

    def _video_sink(self, first: Picture, encoder: Encoder, path: Path) -> VideoSink:
        timing, base = self._timing, Fraction(1, 1000)
        if isinstance(self._source, VideoSource):
            base = exact(self._source.stream.time_base) or base
        elif self._wish.in_fps is not None:
            base = 1 / self._wish.in_fps
        step = base * timing.slow / timing.factor if timing.factor else 1 / (timing.rate or Fraction(25))
        usual = self._source.rate or Fraction(25)
        rate = timing.rate or usual * (timing.factor or 1) / timing.slow
        return VideoSink(
            path,
            encoder,
            self._source,
            first,
            self._coding,
            rate,
            tick_of(base, step),
            same_time=timing.slow == 1,
            slow=timing.slow if self._wish.audio == "stretch" else None,
            shift=timing.shown_at(Fraction(0)),
            scale=self._maker.scale,
        )

    def _shots(self) -> Iterator[Shot]:
        """The frames; other packets go past them to the sink."""
        return self._retimed() if self._wish.repeats == "retime" else self._frames()

    def _retimed(self) -> Iterator[Shot]:
        """Without repeats; scenes are told apart before, since a cut shows in the frames as they were."""
        begins: set[int] = set()
        ends, self._ends = self._ends, lambda shot, _: shot.picture.number in begins

        def marked() -> Iterator[tuple[Shot, bool]]:
            for shot, first in with_beginnings(self._frames(), ends):
                if first:
                    begins.add(shot.picture.number)
                yield shot, first

        return retimed(marked())

    def _frames(self) -> Iterator[Shot]:
        for item in self._feed:
            if isinstance(item, Copied):
                if not self._wish.resume:
                    self._drain.put(item)
                continue
            self._outcome.read += 1
            if item.change is not None and item.change.repeat:
                self._outcome.repeats["exact" if item.change.exact else "near"] += 1
            yield item

    def _timed(self, window: Sequence[Shot], ask: Callable[[list[torch.Tensor]], T]) -> T:
        """What the method makes of a window, and the time it takes."""
        began = time.perf_counter()
        frames = [self._in_rgb(shot) for shot in window]
        kept = {shot.picture.number for shot in window}
        self._rgb = {number: rgb for number, rgb in self._rgb.items() if number in kept}
        found = ask(frames)
        if self._maker.device.type == "cuda":
            torch.cuda.synchronize(self._maker.device)
        self._outcome.network += time.perf_counter() - began
        return found

    def _in_rgb(self, shot: Shot) -> torch.Tensor:
        number = shot.picture.number
        if number not in self._rgb:
            self._rgb[number] = to_rgb(shot.planes, self._coding).to(self._maker.device)
        return self._rgb[number]

    def _put(self, one: Shown, shot: Shot, why: str) -> None:
        self._hand(Output(shot.picture, one.stamp, one.duration, self._outcome.written))
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

    def _begin(self, count: int) -> None:
        """So many frames come next, of which all, some or none may be there already."""
        self._dry = self._outcome.written + count <= self._done

    def _hand(self, output: Output) -> None:
        """A frame to the encoder, unless it is there already."""
        self._since += 1
        if not self._dry:
            self._drain.put(output)

    def _may_end_segment(self) -> None:
        """Where the next segment may begin: nothing made so far is needed for what follows."""
        if self._segments and self._since >= FRAMES:
            self._since = 0
            if not self._dry:
                self._drain.put(Boundary())

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
                    if isinstance(sink, SegmentedSink):
                        sink.finished = not failed
                finally:
                    sink.close()
                outcome.finished = not failed
                if self._wish.resume and not failed:
                    ended(self._wish.output)
        finally:
            self._feed.close()
            outcome.wall = time.perf_counter() - began
            outcome.memory = peak_memory_mb(torch.device("cpu"))
            if self._maker.device.type == "cuda":
                outcome.device_memory = peak_memory_mb(self._maker.device)
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
