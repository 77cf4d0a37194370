"""What tells changed files where a dataset does not: some of its samples, decoded and hashed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfibench.contracts import Dataset, Sample

ALL, SOME = 32, 8
"""Up to ALL samples are decoded, of a larger dataset SOME: the price of every start of a run."""


def decoded_fingerprint(dataset: Dataset) -> str:
    """A hash of what samples hold: all of at most 32, else 8 that are spread evenly, with the first and last.

    Files that are replaced as a whole, by another release or another encoding, always show. In a dataset of
    more than 32 samples a change that leaves those 8 alone does not.

    Returns:
        Such as "decoded 8 of 100: 3f5a...".

    Raises:
        VfibenchError: a sample cannot be decoded.
    """
    places, digest = looked_at(len(dataset)), hashlib.sha256()
    for place in places:
        add_sample(digest, dataset[place])
    return f"decoded {len(places)} of {len(dataset)}: {digest.hexdigest()}"


def looked_at(count: int) -> list[int]:
    """Which of `count` samples are decoded.

    >>> looked_at(3), looked_at(50)
    ([0, 1, 2], [0, 7, 14, 21, 28, 35, 42, 49])
    """
    return list(range(count)) if count <= ALL else spread(SOME, count)


def spread(wanted: int, count: int) -> list[int]:
    """`wanted` of the places 0 to count - 1, evenly spread, both ends among them; all where there are fewer.

    >>> spread(3, 9), spread(3, 2)
    ([0, 4, 8], [0, 1])
    """
    if count <= wanted:
        return list(range(count))
    return [step * (count - 1) // (wanted - 1) for step in range(wanted)]


def unnoticed(count: int) -> str:
    """What a run on `count` samples cannot notice, in one sentence; "" where nothing is left out."""
    if count <= ALL:
        return ""
    return (
        f"it tells no fingerprint, so {SOME} of its {count} samples are looked at to notice changed files; "
        "a change in the others goes unnoticed"
    )


def add_sample(digest: hashlib._Hash, sample: Sample) -> None:
    """Add all that a sample is made of to a hash; memory layout makes no difference."""
    digest.update(repr((sample.id, sample.times, sorted(sample.tags.items()))).encode())
    for array in (sample.frames, sample.targets, *([] if sample.mask is None else [sample.mask])):
        digest.update(repr((array.dtype.name, array.shape)).encode())
        digest.update(array.tobytes())
