"""Sound made as much longer as the pictures, at its own pitch, by FFmpeg's filter atempo."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import av
import numpy as np
from av.stream import Stream

from vfibench.video.library import exact

SLOWEST = Fraction(1, 2)
"""Of one filter; slower sound goes through several."""
CODECS = {"webm": "libopus", "matroska": "flac", "avi": "pcm_s16le"}
"""Of containers; others take AAC."""


class Stretched:
    """One stream of sound on its way from the source's packets to stretched ones.

    Args:
        container: where it goes.
        source: the stream it comes from.
        slow: how much longer it becomes.
        shift: seconds that are added to the time stamp of what comes out.
    """

    def __init__(
        self, container: av.container.OutputContainer, source: Stream, slow: Fraction, shift: Fraction
    ) -> None:
        assert isinstance(source, av.AudioStream)
        self._slow, self._shift = slow, shift
        rate = source.codec_context.sample_rate
        codec = next((codec for name, codec in CODECS.items() if name in container.format.name), "aac")
        self._rate = 48_000 if codec == "libopus" else rate
        self._layout = source.codec_context.layout.name
        made = container.add_stream(codec, rate=self._rate, layout=self._layout)
        assert isinstance(made, av.AudioStream)
        self._stream = made
        self._graph: av.filter.Graph | None = None
        self._samples = 0
        self._begin: Fraction | None = None
        self._container = container

    def take(self, packet: av.Packet[Any]) -> None:
        """Decode a packet, stretch it, and write what comes of it."""
        for frame in packet.decode():
            if not isinstance(frame, av.AudioFrame):
                continue
            if self._graph is None:
                base = exact(frame.time_base) or Fraction(1, frame.sample_rate)
                begin = (frame.pts or 0) * base * self._slow + self._shift
                self._begin = begin + early_by(self._slow, frame.sample_rate)
                self._graph = self._made(frame)
            self._graph.push(frame)
            self._pull()

    def end(self) -> None:
        """Write what is still on its way."""
        if self._graph is not None:
            self._graph.push(None)
            self._pull()
        for packet in self._stream.encode(None):
            self._container.mux_one(packet)

    def _made(self, frame: av.AudioFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        wanted = self._stream.codec_context.format.name
        form = f"sample_fmts={wanted}:sample_rates={self._rate}:channel_layouts={self._layout}"
        filters = [source, *(graph.add("atempo", f"{float(tempo):.9f}") for tempo in tempos(self._slow))]
        filters += [graph.add("aformat", form)]
        if size := self._stream.codec_context.frame_size:
            filters.append(graph.add("asetnsamples", f"n={size}:p=0"))
        filters.append(graph.add("abuffersink"))
        for one, following in pairwise(filters):
            one.link_to(following)
        graph.configure()
        return graph

    def _pull(self) -> None:
        assert self._graph is not None
        assert self._begin is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)
            frame.time_base = Fraction(1, self._rate)
            frame.pts = round(self._begin * self._rate) + self._samples
            self._samples += frame.samples
            for packet in self._stream.encode(frame):
                self._container.mux_one(packet)


@lru_cache(maxsize=32)
def early_by(slow: Fraction, rate: int) -> Fraction:
    """Seconds by which what comes out is too early: measured with a burst of noise, to the millisecond.

    The filter loses a part of its window at the beginning, and so does each one behind it.
    """
    burst = np.zeros(rate * 2, np.float32)
    burst[rate : rate + rate // 5] = np.random.default_rng(0).uniform(-1, 1, rate // 5)
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate))
    filters = [source, *(graph.add("atempo", f"{float(tempo):.9f}") for tempo in tempos(slow))]
    filters.append(graph.add("abuffersink"))
    for one, following in pairwise(filters):
        one.link_to(following)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(burst[None], "flt", "mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            made = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            break
        assert isinstance(made, av.AudioFrame)
        parts.append(made.to_ndarray().reshape(-1))
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
