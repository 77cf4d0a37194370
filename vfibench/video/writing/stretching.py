"""Sound made as much longer as the pictures, at its own pitch, by FFmpeg's filter atempo."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
from av.stream import Stream

from vfibench.errors import VfibenchError
from vfibench.video.library import exact, pulled
from vfibench.video.reading.source import Notes

SLOWEST = Fraction(1, 2)
"""Of one filter; slower sound goes through several."""
CODECS = {"webm": "libopus", "matroska": "flac", "avi": "pcm_s16le"}
"""Of containers; others take AAC."""
GAP = Fraction(1, 50)
"""Seconds by which sound may be late or early before it is put right."""
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
"""Of sound whose file tells the number of channels alone."""


class Stretched:
    """One stream of sound on its way from the source's packets to stretched ones.

    Args:
        container: where it goes.
        source: the stream it comes from.
        slow: how much longer it becomes.
        shift: seconds that are added to the time stamp of what comes out.
        notes: told of damage.

    Raises:
        VfibenchError: the encoder of this container does not take such sound.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        source: Stream,
        slow: Fraction,
        shift: Fraction,
        notes: Notes,
    ) -> None:
        assert isinstance(source, av.AudioStream)
        self._slow, self._shift = slow, shift
        codec = next((codec for name, codec in CODECS.items() if name in container.format.name), "aac")
        self._rate = _rate_for(codec, source.codec_context.sample_rate)
        self._layout = _layout_for(codec, source.codec_context)
        try:
            made = container.add_stream(codec, rate=self._rate, layout=self._layout)
            assert isinstance(made, av.AudioStream)
            made.codec_context.open()
        except (av.FFmpegError, ValueError) as error:
            raise VfibenchError(
                f"{codec} does not take sound of {self._rate} Hz in {self._layout}: {error}",
                "leave --audio stretch out, or try another suffix",
            ) from error
        made.metadata.update(source.metadata)
        self._stream, self._notes = made, notes
        self._next: Fraction | None = None  # when the next frame of the source is due
        self._damaged = 0
        self._graph: av.filter.Graph | None = None
        self._samples = 0
        self._begin: Fraction | None = None
        self._container = container

    def take(self, packet: av.Packet[Any]) -> None:
        """Decode a packet, stretch it, and write what comes of it; silence stands for what is missing."""
        try:
            decoded: list[Any] = packet.decode()
            frames = [frame for frame in decoded if isinstance(frame, av.AudioFrame)]
        except av.FFmpegError:
            self._damaged += 1
            return
        for frame in frames:
            base = exact(frame.time_base) or Fraction(1, frame.sample_rate)
            time = None if frame.pts is None else frame.pts * base
            if self._graph is None:
                self._next = time or Fraction(0)
                begin = self._next * self._slow + self._shift
                self._begin = begin + early_by(self._slow, frame.sample_rate)
                self._graph = self._made(frame)
            self._in_time(frame, time)

    def _in_time(self, frame: av.AudioFrame, time: Fraction | None) -> None:
        """Hand a frame to the filter: after silence if it is late, not at all if it is early."""
        assert self._graph is not None
        assert self._next is not None
        late = Fraction(0) if time is None else time - self._next
        if late < -GAP:
            return
        if late > GAP:
            self._graph.push(_silence(frame, round(late * frame.sample_rate)))
            self._next += late
        self._graph.push(frame)
        self._next += Fraction(frame.samples, frame.sample_rate)
        self._pull()

    def end(self) -> None:
        """Write what is still on its way."""
        if self._damaged:
            self._notes.add(f"damaged packets of sound: {self._damaged}; there is silence in their place")
        if self._graph is not None:
            self._graph.push(None)
            self._pull()
        for packet in self._stream.encode(None):
            self._container.mux_one(packet)

    def _made(self, frame: av.AudioFrame) -> av.filter.Graph:
        wanted = self._stream.codec_context.format.name
        form = f"sample_fmts={wanted}:sample_rates={self._rate}:channel_layouts={self._layout}"
        steps = [("aformat", form)]
        if size := self._stream.codec_context.frame_size:
            steps.append(("asetnsamples", f"n={size}:p=0"))
        return _graph(frame, self._slow, steps)

    def _pull(self) -> None:
        assert self._graph is not None
        assert self._begin is not None
        for frame in pulled(self._graph):
            assert isinstance(frame, av.AudioFrame)
            frame.time_base = Fraction(1, self._rate)
            frame.pts = round(self._begin * self._rate) + self._samples
            self._samples += frame.samples
            for packet in self._stream.encode(frame):
                self._container.mux_one(packet)


def _graph(like: av.AudioFrame, slow: Fraction, steps: Sequence[tuple[str, str]] = ()) -> av.filter.Graph:
    """Filters that make frames like this one so much longer, then other (name, options)."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=like.sample_rate,
        format=like.format.name,
        layout=like.layout.name,
        time_base=Fraction(1, like.sample_rate),
    )
    longer = [("atempo", f"{float(tempo):.9f}") for tempo in tempos(slow)]
    filters = [graph.add(name, options) for name, options in (*longer, *steps)]
    graph.link_nodes(source, *filters, graph.add("abuffersink")).configure()
    return graph


def _rate_for(codec: str, rate: int) -> int:
    """The nearest rate that an encoder takes."""
    if codec == "libopus":
        return 48_000
    known = av.codec.Codec(codec, "w").audio_rates
    return min(known, key=lambda one: (abs(one - rate), one)) if known else rate


def _layout_for(codec: str, context: av.AudioCodecContext) -> str:
    """The layout of channels as encoders know it."""
    name = context.layout.name
    if name.endswith("channels"):
        name = LAYOUTS.get(context.layout.nb_channels, name)
    return "5.1" if codec == "libopus" and name == "5.1(side)" else name


def _silence(like: av.AudioFrame, samples: int) -> av.AudioFrame:
    """So many samples of nothing in the format of a frame."""
    found = av.AudioFrame(like.format.name, like.layout.name, samples)
    found.sample_rate, found.time_base = like.sample_rate, like.time_base
    level = 128 if like.format.name.startswith("u8") else 0
    for plane in found.planes:
        plane.update(bytes([level]) * plane.buffer_size)
    return found


@lru_cache(maxsize=32)
def early_by(slow: Fraction, rate: int) -> Fraction:
    """Seconds by which what comes out is too early: measured with a burst of noise, to the millisecond.

    The filter loses a part of its window at the beginning, and so does each one behind it.
    """
    burst = np.zeros(rate * 2, np.float32)
    burst[rate : rate + rate // 5] = np.random.default_rng(0).uniform(-1, 1, rate // 5)
    frame = av.AudioFrame.from_ndarray(burst[None], "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    graph = _graph(frame, slow)
    graph.push(frame)
    graph.push(None)
    parts = [made.to_ndarray().reshape(-1) for made in pulled(graph)]
    energy = np.concatenate(parts).astype(np.float64) ** 2
    middle = float((energy * np.arange(len(energy))).sum() / energy.sum()) / rate
    return Fraction(round(1000 * (1.1 * float(slow) - middle)), 1000)


def tempos(slow: Fraction) -> list[Fraction]:
    """Tempos of filters in a row, none below a half, whose product is 1 / slow.

    >>> [str(tempo) for tempo in tempos(Fraction(8))], [str(tempo) for tempo in tempos(Fraction(3))]
    (['1/2', '1/2', '1/2'], ['1/2', '2/3'])
    """
    found, left = [], 1 / slow
    while left < SLOWEST:
        found.append(SLOWEST)
        left /= SLOWEST
    return [*found, left]
