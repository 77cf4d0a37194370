"""A video of RGB pictures that are made here, rather than passed on from a source."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import torch

from vfibench.video.colour import LIMITED, Coding
from vfibench.video.reading.source import Notes
from vfibench.video.writing.containers import opened, removed_if_refused
from vfibench.video.writing.encoders import Encoder
from vfibench.video.writing.painter import Painter, target_for
from vfibench.video.writing.sink import Made

if TYPE_CHECKING:
    from vfibench.contracts import UInt8Array

RGB = Coding("gbrp", 0, True)
BT709, BT601 = 1, 6


class RgbVideo:
    """A video file of pictures [H, W, 3] uint8 of one size, tagged as what it is.

    Args:
        path: its suffix names the container.
        encoder: see `vfibench.video.writing.encoders`.
        size: (width, height), even.
        rate: frames per second on average, for the headers.
        tick: seconds that all time stamps are multiples of.
        matrix: H.273's code of the luma weights, where it is no RGB.

    Raises:
        VfibenchError: no container of that suffix, or an encoder that does not take such frames.
    """

    def __init__(
        self,
        path: Path,
        encoder: Encoder,
        size: tuple[int, int],
        rate: Fraction,
        tick: Fraction,
        matrix: int = BT709,
    ) -> None:
        like = av.VideoFrame(*size, "gbrp")
        target = target_for(encoder, RGB, like, Notes())
        if target.coding.kind == "yuv":
            target = replace(target, coding=replace(target.coding, matrix=matrix))
        self._painter = Painter(RGB, target, like)
        self._tick = tick
        self._durations: dict[int, int] = {}
        self._container = opened(path)
        what = f"{encoder.name} does not take {size[0]}x{size[1]} pixels"
        with removed_if_refused(path, self._container, what):
            stream = self._container.add_stream(
                encoder.name, rate=rate.limit_denominator(100_000), options=dict(encoder.options)
            )
            assert isinstance(stream, av.VideoStream)
            context = stream.codec_context
            context.width, context.height, context.pix_fmt = *size, target.layout
            context.time_base = stream.time_base = tick
            if target.coding.kind == "yuv":
                context.colorspace, context.color_range = matrix, LIMITED
                context.color_primaries = context.color_trc = BT709
            self._container.start_encoding()
        self._stream = stream
        self.about = f"{encoder.name}, {target.coding.describe()}"

    def write(self, item: tuple[UInt8Array, Fraction, Fraction]) -> None:
        """Add a picture [H, W, 3], when it is shown, and for how long."""
        pixels, stamp, duration = item
        rgb = torch.from_numpy(pixels).permute(2, 0, 1).float().div_(255)
        frame = self._painter.frame(Made(rgb))
        frame.time_base = self._tick
        frame.pts, frame.duration = round(stamp / self._tick), max(1, round(duration / self._tick))
        self._durations[frame.pts] = frame.duration
        self._mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file; what was written can be played, also after an error."""
        try:
            self._mux(self._stream.encode(None))
        finally:
            self._container.close()

    def _mux(self, packets: list[av.Packet]) -> None:  # type: ignore[type-arg]
        for packet in packets:
            if packet.pts is not None:
                packet.duration = self._durations.pop(packet.pts, packet.duration or 0)
            self._container.mux_one(packet)
