"""Splitting a run over processes and machines: whole batches, no padding, nobody counted twice."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vfibench.errors import VfibenchError


@dataclass(frozen=True)
class Shard:
    """Part `index` (from 0) of `count`; it takes batches b with b % count == index."""

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise VfibenchError(
                f"expected a shard i/n with 0 <= i < n, found {self.index}/{self.count}",
                "shards count from 0: the last of 3 is 2/3",
            )

    def __str__(self) -> str:
        """As it stands in file names: "0of3"."""
        return f"{self.index}of{self.count}"

    def takes(self, batch: int) -> bool:
        """Whether batch number `batch` of the dataset's full list is this shard's."""
        return batch % self.count == self.index

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read "3/8".

        Raises:
            VfibenchError: another form, or 3/3 and beyond.
        """
        match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if not match:
            raise VfibenchError(f"expected a shard such as 0/3, found {text!r}", "write --shard i/n, from 0")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Shard:
        """The RANK and WORLD_SIZE torchrun sets, or the whole where they are not set."""
        rank, world = environment.get("RANK"), environment.get("WORLD_SIZE")
        if rank is None or world is None:
            return cls()
        if not (rank.isdigit() and world.isdigit()):
            raise VfibenchError(f"expected numbers in RANK and WORLD_SIZE, found {rank!r} and {world!r}")
        return cls(int(rank), int(world))
