"""Figures of several devices are told as such, and race against none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs
from report.made_runs import CPU, H200, MadeCell, facts, rows, session, settings, timings, write_run

from vfibench.leaderboards.grouping import boards
from vfibench.store.cells import Cell
from vfibench.store.folder import ResultStore
from vfibench.store.folders import read_results
from vfibench.store.shards import Shard
from vfibench_reports.kit.entries import hardware
from vfibench_reports.kit.origins import origins
from vfibench_reports.overview.pareto import races

A100 = structs.replace(H200, name="NVIDIA A100")
FOUR = structs.replace(CPU, threads=4)


def write_sharded(folder, method, devices):
    """A run folder of one cell in as many shards, each on a device of its own."""
    store, count = ResultStore(folder), len(devices)
    for index, device in enumerate(devices):
        made = MadeCell(method, device=device)
        cell = Cell(made.method, made.dataset, made.protocol, settings(MadeCell(method)), facts(made))
        shard, told = Shard(index, count), replace(session(made, cell), wrote=True)
        writer = store.open_cell(cell, shard)
        writer.append([row for row in rows(made) if row.index % count == index], timings(made))
        writer.close()
        store.tell(shard, "complete", "2026-01-01T00:00:00+00:00", [told])
    return folder


@pytest.mark.parametrize(
    ("devices", "text", "detail"),
    [
        ((H200, H200), "NVIDIA H200", ""),
        ((H200, A100), "NVIDIA H200 and NVIDIA A100", ""),
        ((CPU, FOUR, CPU), "Example CPU at 2.50GHz", "2 threads and 4 threads"),
        ((CPU, H200), "Example CPU at 2.50GHz and NVIDIA H200", "2 threads"),
    ],
)
def test_the_devices_of_all_shards_are_named(tmp_path, devices, text, detail):
    (board,) = boards(read_results([write_sharded(tmp_path / "run", "rife", devices)]))
    found = hardware(board.groups[0].entries[0])
    assert (found.text, found.detail) == (text, detail)
    assert ("several devices" in found.tip) == (len({str(device) for device in devices}) > 1)


def test_where_numbers_come_from_names_every_device(tmp_path):
    folders = [write_sharded(tmp_path / "run", "rife", (H200, A100, H200))]
    (origin,) = [each for board in boards(read_results(folders)) for each in origins(board)]
    first, second, *others = dict(origin.facts)["device"].split("; ")
    assert ("name NVIDIA H200" in first, "name NVIDIA A100" in second, others) == (True, True, [])


def test_who_ran_on_several_devices_races_nobody(tmp_path):
    folders = [
        write_run(tmp_path / "whole", [MadeCell(name, device=H200) for name in ("a", "b")]),
        write_sharded(tmp_path / "same", "c", (H200, H200)),
        write_sharded(tmp_path / "mixed", "d", (H200, A100)),
        write_sharded(tmp_path / "other", "e", (A100, H200)),
    ]
    found = [
        race
        for board in boards(read_results(folders))
        for group in board.groups
        for race in races(board, group)
    ]
    assert [{point.entry.label for point in race.points} for race in found if race.hardware == "NVIDIA H200"]
    assert "".join(sorted(point.entry.label for race in found for point in race.points)) == "abc"
