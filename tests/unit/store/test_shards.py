"""Splitting a run: every batch exactly once, no padding."""

from __future__ import annotations

import pytest

from vfibench.errors import VfibenchError
from vfibench.store.shards import Shard


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_batch_belongs_to_exactly_one_shard(count: int) -> None:
    takers = [[s for s in range(count) if Shard(s, count).takes(batch)] for batch in range(23)]
    assert all(len(shards) == 1 for shards in takers)


@pytest.mark.parametrize("text", ["3/2", "2/2", "0/0"])
def test_a_shard_beyond_the_last_is_refused(text: str) -> None:
    with pytest.raises(VfibenchError, match="expected a shard i/n with 0 <= i < n"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["", "2", "a/b", "-1/2", "1/2/3"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(VfibenchError, match="expected a shard such as"):
        Shard.parse(text)


def test_torchrun_decides_by_its_environment() -> None:
    assert Shard.from_environment({"RANK": "2", "WORLD_SIZE": "4"}) == Shard(2, 4)
    assert Shard.from_environment({}) == Shard(0, 1)
    with pytest.raises(VfibenchError, match="RANK"):
        Shard.from_environment({"RANK": "x", "WORLD_SIZE": "4"})
