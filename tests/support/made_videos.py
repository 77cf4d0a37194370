"""Small videos of noise, in any pixel format, at any time stamps, with sound or without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICK = Fraction(1, 90_000)


@dataclass(frozen=True)
class Look:
    """How the frames of a made video look to a decoder."""

    pixel_format: str = "yuv420p"
    width: int = 48
    height: int = 32
    matrix: int = 2
    full: bool = False
    aspect: Fraction | None = None
    rotation: int = 0


def blank(look: Look) -> av.VideoFrame:
    """A frame to be filled."""
    frame = av.VideoFrame(look.width, look.height, look.pixel_format)
    frame.colorspace, frame.color_range = look.matrix, 2 if look.full else 1
    return frame


def filled(look: Look, planes: Iterable[np.ndarray]) -> av.VideoFrame:
    """A frame with these planes, in FFmpeg's order of planes."""
    frame = blank(look)
    for plane, values in zip(frame.planes, planes, strict=True):
        padded = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
        padded[:, : plane.width] = values
        plane.update(padded.tobytes())
    return frame


def noise(look: Look, seed: int) -> av.VideoFrame:
    """A frame of any codes at all."""
    bits = blank(look).format.components[0].bits
    draw = np.random.default_rng(seed)
    shapes = [(plane.height, plane.width) for plane in blank(look).planes]
    kind = np.uint16 if bits > 8 else np.uint8
    return filled(look, [draw.integers(0, 2**bits, shape).astype(kind) for shape in shapes])


def raw(frame: av.VideoFrame) -> list[np.ndarray]:
    """Copies of a frame's planes, in FFmpeg's order."""
    kind = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
    views = (np.frombuffer(plane, kind).reshape(plane.height, -1) for plane in frame.planes)
    return [view[:, : plane.width].copy() for view, plane in zip(views, frame.planes, strict=True)]


def write_video(
    path: Path,
    frames: Sequence[av.VideoFrame],
    look: Look,
    stamps: Sequence[Fraction] | None = None,
    rate: Fraction = Fraction(25),
    codec: str = "ffv1",
    sound: float = 0.0,
) -> Path:
    """Encode frames at their stamps (seconds; None: evenly at `rate`), with `sound` seconds of a tone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = look.width, look.height, look.pixel_format
        stream.codec_context.time_base = stream.time_base = TICK
        stream.codec_context.colorspace = look.matrix
        stream.codec_context.color_range = 2 if look.full else 1
        if look.aspect is not None:
            stream.codec_context.sample_aspect_ratio = look.aspect
        if look.rotation:
            stream.set_display_rotation(look.rotation)
        tone = container.add_stream("aac", rate=48000, layout="mono") if sound else None
        container.metadata["title"] = "made"
        container.start_encoding()
        for number, frame in enumerate(frames):
            frame.time_base = TICK
            frame.pts = round((stamps[number] if stamps else number / rate) / TICK)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            for packet in _tone(tone, sound):
                container.mux(packet)
    return path


def _tone(stream: av.AudioStream, seconds: float) -> Iterable[av.Packet]:
    for start in range(0, round(seconds * 48000), 1024):
        wave = np.sin(np.arange(start, start + 1024) * 440 * 2 * np.pi / 48000).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        yield from stream.encode(frame)
    yield from stream.encode(None)


@dataclass(frozen=True)
class Read:
    """A video read back: its planes, its time stamps, and until when the last frame is shown."""

    planes: list[list[np.ndarray]]
    stamps: list[Fraction]
    end: Fraction
    frames: list[av.VideoFrame]


def read_video(path: Path) -> Read:
    """Every frame of a video."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        stream = container.streams.video[0]
        base = Fraction(stream.time_base)
        lasts = None if stream.duration is None else ((stream.start_time or 0) + stream.duration) * base
    stamps = [frame.pts * Fraction(frame.time_base) for frame in frames]
    end = lasts or stamps[-1] + (frames[-1].duration or 0) * base
    return Read([raw(frame) for frame in frames], stamps, end, frames)


def packets(path: Path, kind: str) -> list[tuple[Fraction, bytes]]:
    """(time, content) of each packet of the streams of a kind."""
    with av.open(str(path)) as container:
        streams = [stream for stream in container.streams if stream.type == kind]
        found = [packet for packet in container.demux(streams) if packet.dts is not None] if streams else []
        return [(packet.pts * Fraction(packet.time_base), bytes(packet)) for packet in found]
