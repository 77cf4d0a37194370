"""Where predictions made elsewhere lie: which file is the prediction of which frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.frames.files import PREDICTIONS
from vfibench.frames.folders import files_in


class NoPrediction(VfibenchError):
    """A frame without a prediction."""


class PredictionFolder:
    """DIR/<sample>/t0.500000.png, or DIR/<sample>.png for one time; PREDICTIONS has the other suffixes.

    Each folder is listed once. It may be asked from several threads.

    Args:
        root: DIR.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listed: dict[Path, dict[str, list[Path]]] = {}

    def paths(self, sample: str, times: Sequence[float]) -> list[Path]:
        """The file of each time.

        Raises:
            NoPrediction: a frame has none; the accepted names are given.
            VfibenchError: a frame has several; both files are given.
        """
        return [self._path(sample, time, len(times) == 1) for time in times]

    def _path(self, sample: str, time: float, alone: bool) -> Path:
        own, single = self.root / sample / f"t{time:.6f}", self.root / sample
        found = list(self._files(own.parent).get(own.name, ()))
        if alone:
            found += self._files(single.parent).get(single.name, ())
        if len(found) > 1:
            raise VfibenchError(
                f"expected one prediction of {sample} at {time:g}, found {found[0]} and {found[1]}",
                "remove the one that is not meant",
            )
        if not found:
            other = f" or {single}.png" if alone else ""
            raise NoPrediction(
                f"expected a prediction at {own}.png{other}, found none", "complete the folder"
            )
        return found[0]

    def _files(self, folder: Path) -> dict[str, list[Path]]:
        """Predictions in a folder by their name without suffix."""
        if folder not in self._listed:
            named: dict[str, list[Path]] = {}
            for name in sorted(files_in(folder)):
                suffix = Path(name).suffix
                if suffix.lower() in PREDICTIONS:
                    named.setdefault(name.removesuffix(suffix), []).append(folder / name)
            self._listed[folder] = named
        return self._listed[folder]
