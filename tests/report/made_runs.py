"""Run folders for tests of pages, written through the store with made-up but lifelike scores.

No score here is a measurement: values come from a seeded generator around a method's `level`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from vfibench.contracts import Padding, Selection
from vfibench.metrics.columns import column_facts
from vfibench.store.cells import Cell
from vfibench.store.entry import Session
from vfibench.store.facts import CellFacts, DatasetFacts, MethodFacts, ProtocolFacts
from vfibench.store.folder import ResultStore
from vfibench.store.rows import ScoreRow, TimingRow
from vfibench.store.settings import Settings
from vfibench.store.shards import Shard
from vfibench.system.devices import DeviceFacts
from vfibench.system.provenance import GitState, Provenance

DEFAULT = ("psnr", "ssim", "ssim3d", "ie")
CPU = DeviceFacts(type="cpu", name="Example CPU at 2.50GHz", cores=2, threads=2)
H200 = DeviceFacts(type="cuda", name="NVIDIA H200", memory_mb=143771, cuda="13.0", cudnn=91002)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class MadeCell:
    """What a test wants to see on a page; everything else is filled in as the runner would."""

    method: str = "blend"
    dataset: str = "ucf101"
    protocol: str = "vfibench"
    level: float = 34.0
    samples: int = 8
    official: int | None = None
    kind: str = "official"
    columns: Sequence[str] = DEFAULT
    inputs: int = 2
    times: Sequence[float] = (0.5,)
    exact: int = 0
    failed: int = 0
    clips: Sequence[str] = ()  # the clip each sample is of
    tags: Sequence[dict[str, Any]] = ()  # further tags of each sample
    unreached: int = 0
    unavailable: dict[str, str] = field(default_factory=dict)
    weights: str | None = None
    code: str | None = None
    precision: str = "fp32"
    variant: str = ""
    ms: float | None = 12.0
    device: DeviceFacts = CPU
    facts: dict[str, Any] = field(default_factory=dict)
    command: str = "vfibench run -m blend -d ucf101"
    digits: int = 9  # of scores behind the point; 17 keeps all that a float holds

    @property
    def ids(self) -> list[str]:
        return [f"{number:04d}" for number in range(self.samples)]

    @property
    def selection(self) -> Selection:
        official = self.samples if self.official is None else self.official
        return Selection(self.kind, self.samples, official, sha("".join(self.ids)))


def settings(made: MadeCell) -> Settings:
    return Settings(
        weights_sha256=sha(made.weights) if made.weights else None,
        code=sha(made.code) if made.code else None,
        variant=made.variant,
        inputs=made.inputs,
        precision=made.precision,
        device=made.device.type,
        batch_size=4,
        padding=Padding(),
        predictions=sha(made.method) if made.method.startswith("frames:") else None,
        selection=made.kind,
        list_sha256=sha("".join(made.ids)),
        times=tuple(made.times),
        metrics={column: fact.version for column, fact in column_facts(made.columns).items()},
    )


def facts(made: MadeCell) -> CellFacts:
    method = {
        "title": f"the method {made.method}",
        "year": 2018,
        "paper": "Jiang et al., CVPR 2018",
        "licence": "none stated",
        "code_url": "https://example.org/code",
        "training_data": "Vimeo-90K" if made.weights else "",
        "times": "any",
        "learned": made.weights is not None,
        "weights": made.weights,
    }
    return CellFacts(
        msgspec.convert(method | made.facts, MethodFacts),
        DatasetFacts(f"the dataset {made.dataset}", "frames 0 and 2 in, frame 1 out", "research only"),
        ProtocolFacts("PSNR and SSIM as in the papers", "vfibench"),
    )


def session(made: MadeCell, cell: Cell) -> Session:
    """What a run that scored the cell would tell of it; no session of it wrote any row."""
    return Session(
        cell=cell,
        planned=made.samples * len(made.times),
        selection=made.selection,
        columns=column_facts(made.columns),
        unavailable=made.unavailable,
        provenance=Provenance(
            command=made.command,
            versions={"python": "3.13.1", "vfibench": "0.1.0", "torch": "2.15.0"},
            git=GitState(sha("commit")[:40], False),
            platform="Linux-6.1-x86_64",
            device=made.device,
        ),
    )


def value(column: str, level: float, digits: int = 9) -> float:
    """A score of the right size: dB, a similarity that grows with it, an error that falls with it."""
    kind = column.partition("@")[0]
    shift = (int(sha(column)[:4], 16) % 400) / 1000 if "@" in column else 0.0
    if kind == "psnr":
        return round(level + 4 * shift, digits)
    if kind.startswith("ssim"):
        return round(1 - 10 ** (-(level + 8 * shift) / 24), digits)
    return round(160 * 10 ** (-level / 20), digits)


def rows(made: MadeCell) -> list[ScoreRow]:
    hardness, noise = random.Random(made.dataset), random.Random(f"{made.method} {made.weights}")
    frames = [(index, name, time) for index, name in enumerate(made.ids) for time in made.times]
    found: list[ScoreRow] = []
    for place, (index, name, time) in enumerate(frames[: len(frames) - made.unreached]):
        tags = ({"clip": made.clips[index]} if made.clips else {}) | (made.tags[index] if made.tags else {})
        level = made.level + hardness.gauss(0.0, 3.0) + noise.gauss(0.0, 0.1)
        status, message, scores = "ok", "", {}
        if place < made.failed:
            status, message = "error", "NaN or infinity in the prediction"
        elif place < made.failed + made.exact:
            scores = {
                column: None if column.startswith("psnr") else value(column, 400) for column in made.columns
            }
        else:
            scores = {column: value(column, level, made.digits) for column in made.columns}
        exact = tuple(name for name, score in scores.items() if score is None)
        found.append(ScoreRow(index, name, time, status, scores, exact, tags, message))
    return found


def timings(made: MadeCell) -> list[TimingRow]:
    if made.ms is None:
        return []
    generator = random.Random(made.method)
    per_sample = len(made.times)
    return [
        TimingRow(
            batch=batch,
            samples=4,
            frames=4 * per_sample,
            shape=(256, 256),
            predict_s=round(
                4 * per_sample * made.ms * (20 if batch == 0 else generator.uniform(0.9, 1.3)) / 1e3, 7
            ),
            warmup=batch == 0,
            peak_mb=812.25,
        )
        for batch in range(max(2, made.samples // 4))
    ]


def write_run(folder: Path, cells: Sequence[MadeCell]) -> Path:
    """A run folder with these cells."""
    store, sessions = ResultStore(folder), []
    for made in cells:
        cell = Cell(made.method, made.dataset, made.protocol, settings(made), facts(made))
        writer = store.open_cell(cell, Shard())
        writer.append(rows(made), timings(made))
        writer.close()
        sessions.append(session(made, cell))
    store.tell(Shard(), "complete", "2026-01-01T00:00:00+00:00", sessions)
    return folder
