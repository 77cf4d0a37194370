"""The images that `vfibench run --save-images` keeps, as a sequence: RUN:METHOD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vfibench.errors import VfibenchError, did_you_mean
from vfibench.store import read_results
from vfibench.store.album import Album
from vfibench.store.result import CellResult
from vfibench.system.paths import given_path

TRUTH = "truth"
"""The word for the ground truth in place of a method."""


@dataclass(frozen=True)
class SavedImages:
    """The pictures of a method, samples in their order, each from its first input over the predictions.

    Attributes:
        name: what the sequence is called.
        files: in the order they are shown.
    """

    name: str
    files: tuple[Path, ...]

    @classmethod
    def of(cls, word: str) -> SavedImages:
        """The images of "RUN:METHOD", "RUN:METHOD=NAME" or "RUN:truth".

        Raises:
            VfibenchError: no such run or method, or it kept no images.
        """
        run, method, name = _parts(word)
        results = read_results([run])
        labels = list(dict.fromkeys(result.cell.label for result in results))
        fitting = [result for result in results if method in (TRUTH, result.cell.label, result.cell.method)]
        if not fitting:
            raise VfibenchError(
                f"expected a method of {run} or {TRUTH!r}, found {method!r}",
                did_you_mean(method, labels, f"it has: {', '.join(labels)}"),
            )
        for result in fitting:
            files = _files(result, Album.of(run, result.cell), truth=method == TRUTH)
            if files:
                return cls(name or method, files)
        raise VfibenchError(
            f"expected saved images of {method} in {run}, found none",
            "run it again with --save-images --policy always",
        )


def is_saved(word: str) -> bool:
    """Whether a word is of the form RUN:METHOD, and RUN is a run."""
    if given_path(word).exists():
        return False
    run, _, method = word.rpartition(":")
    return bool(run and method) and (given_path(run) / "run.json").is_file()


def _parts(word: str) -> tuple[Path, str, str]:
    run, _, rest = word.rpartition(":")
    method, _, name = rest.partition("=")
    return given_path(run), method, name


def _files(result: CellResult, album: Album, *, truth: bool) -> tuple[Path, ...]:
    """First input, then what is between, of each sample; at last the last sample's second input."""
    times: dict[str, list[float]] = {}
    for row in result.rows:
        times.setdefault(row.sample, []).append(row.t)
    if any(not 0 < t < 1 for sample in times.values() for t in sample):
        return ()  # space-time super-resolution: its inputs are no frames of the sequence
    found: list[Path] = []
    for sample, among in times.items():
        found.append(album.frame(sample, 0))
        found += [(album.target if truth else album.prediction)(sample, t) for t in sorted(among)]
    found += [album.frame(sample, 1) for sample in list(times)[-1:]]
    return tuple(found) if _all_there(found) else ()


def _all_there(files: Sequence[Path]) -> bool:
    return bool(files) and all(file.is_file() for file in files)
