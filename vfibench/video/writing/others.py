"""Everything of a file that is no picture: sound, subtitles, chapters, attachments, tags."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
from av.stream import Stream

from vfibench.video.reading.source import Copied, Notes
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.writing.stretching import Stretched

_KINDS = {"audio": "sound", "subtitle": "subtitles"}


class Others:
    """The streams beside the pictures, opened in a container before anything is written.

    Args:
        container: where they go.
        source: where they come from.
        same_time: whether time is the source's, so that packets go through as they are.
        slow: how much longer sound becomes where it is not, None where it is left out.
        shift: seconds that are added to the time stamps of stretched sound.
        notes: told what is left out.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        source: VideoSource,
        same_time: bool,
        slow: Fraction | None,
        shift: Fraction,
        notes: Notes,
    ) -> None:
        self._container, self._notes = container, notes
        self._slow, self._shift = slow, shift
        self._copies: dict[int, Stream] = {}
        self._stretched: dict[int, Stretched] = {}
        container.metadata.update(source.container.metadata)
        if same_time:
            self._keep(source)
        else:
            self._stretch(source)
        self._attach(source)
        self._chapters(source, whole=same_time and source.whole)

    def take(self, copied: Copied) -> None:
        """Write a packet, or what comes of it."""
        index = copied.stream.index
        if (stretched := self._stretched.get(index)) is not None:
            stretched.take(copied.packet)
        if (stream := self._copies.get(index)) is not None:
            copied.packet.stream = stream
            self._container.mux_one(copied.packet)

    def end(self) -> None:
        """Write what is still on its way."""
        for one in self._stretched.values():
            one.end()

    def time_of(self, copied: Copied) -> Fraction | None:
        """When a packet is due in the output, in seconds; None where it does not say."""
        packet = copied.packet
        if packet.dts is None or not packet.time_base:
            return None
        time = packet.dts * Fraction(packet.time_base.numerator, packet.time_base.denominator)
        if copied.stream.index in self._stretched and self._slow is not None:
            return time * self._slow + self._shift
        return time

    def _keep(self, source: VideoSource) -> None:
        """Open a stream for each of the source's that this container holds."""
        known = self._container.supported_codecs
        for stream in source.streams:
            name = stream.codec_context.name if stream.codec_context is not None else ""
            held = (
                {name, stream.codec_context.codec.canonical_name}
                if stream.codec_context is not None
                else set()
            )
            if held & known:
                made = self._container.add_stream_from_template(stream)
                made.metadata.update(stream.metadata)
                self._copies[stream.index] = made
            else:
                self._notes.add(
                    f"{_KINDS[stream.type]} ({name or 'unknown'}) does not go into this container: left out"
                )

    def _stretch(self, source: VideoSource) -> None:
        """What becomes of other streams where time is another."""
        sounds = [one for one in source.streams if one.type == "audio" and self._slow is not None]
        for one in sounds:
            assert self._slow is not None
            self._stretched[one.index] = Stretched(self._container, one, self._slow, self._shift, self._notes)
        left = sorted({_KINDS[one.type] for one in source.streams if one not in sounds})
        if left:
            hint = ", --audio stretch keeps sound" if "sound" in left else ""
            self._notes.add(f"{' and '.join(left)} left out: time is stretched{hint}")

    def _attach(self, source: VideoSource) -> None:
        """Attachments, such as the fonts of subtitles, where the container has them."""
        files = [one for one in source.container.streams if one.type == "attachment"]
        for one in files:
            held: Any = one
            if "matroska" not in self._container.format.name or not held.data:
                self._notes.add(f"attachments ({len(files)}) do not go into this container: left out")
                return
            name, kind = one.metadata.get("filename", "attachment"), held.mimetype or ""
            self._container.add_attachment(name, kind or "application/octet-stream", held.data)

    def _chapters(self, source: VideoSource, *, whole: bool) -> None:
        """Chapters, where their times are still the source's."""
        with suppress(av.FFmpegError, ValueError, AttributeError):
            chapters = source.container.chapters()
            if chapters and whole:
                self._container.set_chapters(chapters)
            elif chapters:
                self._notes.add(f"chapters ({len(chapters)}) left out: time is another")
