"""The settings of a cell: everything that can change a score, field by field, as run.json holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from vfibench.contracts import Padding

Count = Annotated[int, Meta(ge=0)]

WHERE_SET: dict[str, object] = {
    "reduced": 1,
    "enlarged": 1,
    "compiled": False,
    "scoring": 1,
    "code": None,
    "plugins": {},
    "backbones": {},
}
"""Settings that run.json holds only where they are not this, so that older cells keep their keys."""


class Settings(Struct, frozen=True, kw_only=True):
    """What decides the scores of a cell beside method, dataset and protocol: a change makes a new cell.

    Attributes:
        weights_sha256: of the file of weights, None for a method without.
        variant: the method's named settings, "" for its usual ones.
        inputs: input frames of a sample.
        recursion: whether other times than the midpoint are reached by asking for midpoints of midpoints.
        precision: "fp32", "tf32" (on CUDA), or the type that autocast computed in.
        device: "cpu" or "cuda".
        batch_size: samples in a call; networks round otherwise in another batch.
        padding: how frames were enlarged before the network saw them.
        predictions: SHA-256 over the pictures of frames:DIR, else None.
        worker: SHA-256 of what identifies a worker process, else None.
        selection: "official", "partial" or "own list".
        list_sha256: of the ids of the samples scored, in order.
        files: fingerprint of the dataset's files, None where it tells none.
        times: target times of a sample.
        metrics: version of each column's metric.
        reduced: factor by which inputs were reduced before the method saw them, 1 for not at all.
        enlarged: factor by which predictions were enlarged afterwards, 1 for not at all.
        compiled: whether the network ran through torch.compile.
        scoring: version of what the harness itself does to frames, see `vfibench.version`.
        code: SHA-256 of the source files that the method is made of, None where it runs elsewhere.
        plugins: of the dataset ("dataset") and the metrics (by column) that are not built in.
        backbones: of the weights under each column of LPIPS.
        extra: what else was stored: settings of plugins and of later versions.
    """

    weights_sha256: str | None = None
    variant: str = ""
    inputs: Count
    recursion: bool = False
    precision: str = "fp32"
    device: str = "cpu"
    batch_size: int | None = None
    padding: Padding | None = None
    predictions: str | None = None
    worker: str | None = None
    selection: str = ""
    list_sha256: str
    files: str | None = None
    times: Annotated[tuple[float, ...], Meta(min_length=1)]
    metrics: dict[str, int]
    reduced: int = 1
    enlarged: int = 1
    compiled: bool = False
    scoring: int = 1
    code: str | None = None
    plugins: dict[str, str] = {}
    backbones: dict[str, str] = {}
    extra: dict[str, object] = {}

    def to_json(self) -> dict[str, object]:
        """One flat object, as run.json holds it and as the cell's key is made of."""
        found: dict[str, object] = msgspec.to_builtins(self)
        del found["extra"]
        for name, usual in WHERE_SET.items():
            if found[name] == usual:
                del found[name]
        return found | self.extra

    def value(self, name: str) -> object:
        """A setting by its name, those in `extra` too; None for one that is absent, empty or False.

        >>> Settings(inputs=2, list_sha256="ab", times=(0.5,), metrics={}, extra={"steps": 8}).value("steps")
        8
        """
        found = getattr(self, name) if name in self.__struct_fields__ else self.extra.get(name)
        return None if found in ("", False) else found

    def names(self) -> list[str]:
        """The names of all settings that are stored."""
        return list(self.to_json())


def nested(found: object) -> object:
    """Settings as stored, with those that are no field of `Settings` brought under "extra"."""
    if not isinstance(found, Mapping):
        return found
    told = {name: value for name, value in found.items() if value or name not in WHERE_SET}
    known = {name for name in Settings.__struct_fields__ if name != "extra"}
    extra = {name: value for name, value in told.items() if name not in known}
    return {name: value for name, value in told.items() if name in known} | {"extra": extra}
