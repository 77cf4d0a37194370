"""Is what a user may ask of a dataset done or refused, never passed over in silence?"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from vfibench.datasets.opened import OpenedDataset
from vfibench.errors import VfibenchError
from vfibench.testing.battery import Cases, Skip
from vfibench.testing.datasets.subject import Subject, check

FACTORS = (2, 4, 8)
NOBODY = "no/such/sample"


@check("a list of samples is scored as an own list, or refused", needs=("stable", "selection"))
def list_file(subject: Subject) -> Cases:
    """Every second sample, last one first; then a list of a sample that there is not, which is refused."""
    wanted = subject.first.ids[::-2]
    found = _listed(subject, wanted)
    if found is None:
        yield f"{len(wanted)} samples", ""
    else:
        named = sorted(found.ids) == sorted(wanted) and found.selection.kind == "own list"
        told = f"expected an own list of these {len(wanted)} samples, or a refusal, found {found.selection}"
        yield f"{len(wanted)} samples", "" if named else told
    other = _listed(subject, (NOBODY,))
    told = "" if other is None else f"expected a refusal of an unknown sample, found {other.selection}"
    yield "an unknown sample", told


def _listed(subject: Subject, ids: Sequence[str]) -> OpenedDataset | None:
    """Opened with a list of these samples, None where that was refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.txt"
        path.write_text("".join(f"{name}\n" for name in ids), encoding="utf-8")
        return _opened(subject, list_file=path)


@check("a complete dataset is the same with --partial, or refuses it", needs=("stable", "selection"))
def partial(subject: Subject) -> Cases:
    """Nothing is missing, so nothing changes."""
    first = subject.first
    if subject.options.partial:
        raise Skip(f"opened with --partial: {first.selection}")
    found = _opened(subject, partial=True)
    same = found is None or (found.ids == first.ids and found.selection == first.selection)
    told = f"expected {first.selection} as without it, found {found.selection if found else None}"
    yield "--partial", "" if same else told


@check("--factor 2, 4 and 8 set the target times, or are refused", needs=("times",))
def factor(subject: Subject) -> Cases:
    """A factor of 4 asks for the times 1/4, 1/2 and 3/4."""
    for asked in FACTORS:
        found, expected = _opened(subject, factor=asked), [step / asked for step in range(1, asked)]
        right = found is None or list(found.times) == expected
        told = f"expected target times {expected}, or a refusal, found {list(found.times) if found else None}"
        yield f"--factor {asked}", "" if right else told


def _opened(subject: Subject, **changes: object) -> OpenedDataset | None:
    """Opened with other options, None where these are refused; any other error than ours is a fault."""
    try:
        return OpenedDataset(subject.factory(subject.changed(**changes)), subject.card, subject.first.inputs)
    except VfibenchError:
        return None
