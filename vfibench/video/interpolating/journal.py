"""`OUTPUT.json`: of every output frame where it comes from, written line by line as frames are made."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.system.files import unwritable
from vfibench.system.json_text import encoded

if TYPE_CHECKING:
    from vfibench.video.interpolating.outcome import Outcome

VERSION = 1


def journal_path(output: Path) -> Path:
    """Beside the output: "slow.mkv.json"."""
    return output.with_name(output.name + ".json")


class Journal:
    """Writes the file; times are fractions of a second, as text, since no decimal is exact."""

    def __init__(self, output: Path) -> None:
        self._path = journal_path(output)
        try:
            self._file = self._path.open("w", encoding="utf-8")
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._file.write(f'{{"schema_version": {VERSION}, "frames": [')
        self._first = True

    def source(self, stamp: Fraction, number: int, held: str) -> None:
        """A frame of the source, shown at its own time, or held for a reason."""
        self._line({"at": str(stamp), "source": number, **({"held": held} if held else {})})

    def made(self, stamp: Fraction, between: tuple[int, int], place: Fraction, window: Sequence[int]) -> None:
        """A made frame: between which two, where, and from which frames in all."""
        self._line({"at": str(stamp), "made": list(between), "time": str(place), "from": list(window)})

    def close(self, outcome: Outcome) -> None:
        """End the list, and add the summary."""
        summary = {
            "finished": outcome.finished,
            "read": outcome.read,
            "written": outcome.written,
            "source": outcome.source,
            "made": outcome.made,
            "held": dict(outcome.held),
            "cuts": outcome.cuts,
            "repeats": dict(outcome.repeats),
            "duration": str(outcome.duration),
            "seconds": {
                "wall": outcome.wall,
                "decode": outcome.decode,
                "network": outcome.network,
                "encode": outcome.encode,
            },
            "memory_mb": outcome.memory,
            **({"gpu_memory_mb": outcome.device_memory} if outcome.device_memory else {}),
            **outcome.how,
            "notes": outcome.notes,
        }
        self._file.write(f'\n], "summary": {encoded(summary)}}}\n')
        self._file.close()

    def _line(self, entry: dict[str, object]) -> None:
        self._file.write(("\n" if self._first else ",\n") + encoded(entry))
        self._first = False
