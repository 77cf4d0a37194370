"""The methods of a page: how fast they are on which hardware, what they are and what they have seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vfibench.leaderboards.grouping import BoardEntry
from vfibench_reports.kit.entries import code, hardware, names, parameters, text_field, weights
from vfibench_reports.kit.numbers import MISSING, quantity
from vfibench_reports.kit.tables import METHOD, Column, Field, Table

Figure = tuple[Column, Callable[[BoardEntry], Field]]
"""A column and the field of an entry it shows."""

PARAMETERS = Column("parameters", "parameters", "millions", "scalars in the network", style="number")


def speed_table(entries: Sequence[BoardEntry]) -> Table | None:
    """The network's own speed on named hardware; None where nothing was timed."""
    timed = [entry for entry in entries if entry.speed is not None]
    if not timed:
        return None
    several = any(entry.speed is not None and entry.speed.times > 1 for entry in timed)
    return _table("speed", "Speed", timed, _speed_figures(several), names(timed, titles=False))


def method_table(entries: Sequence[BoardEntry]) -> Table:
    """What each method is; columns that say nothing about any of them are left out."""

    def of_card(key: str) -> Callable[[BoardEntry], Field]:
        return lambda entry: text_field(getattr(entry.result.cell.facts.method, key))

    figures: list[Figure] = [
        (Column("inputs", "inputs", style="number"), _inputs),
        (Column("variant", "variant"), _setting("variant")),
        (Column("precision", "precision"), _setting("precision")),
        (PARAMETERS, parameters),
        (Column("weights", "weights", style="code"), weights),
        (Column("training", "training data", style="prose"), of_card("training_data")),
        (Column("licence", "licence"), of_card("licence")),
        (Column("paper", "paper"), of_card("paper")),
        (Column("code", "code"), code),
    ]
    told = [figure for figure in figures if any(figure[1](entry).text != MISSING for entry in entries)]
    return _table("methods", "Methods", entries, told, names(entries))


def _table(
    name: str, label: str, entries: Sequence[BoardEntry], figures: Sequence[Figure], titles: Sequence[Field]
) -> Table:
    rows = [
        [title, *(get(entry) for _, get in figures)] for entry, title in zip(entries, titles, strict=True)
    ]
    return Table(name, label, [METHOD, *(column for column, _ in figures)], rows)


def _speed_figures(several: bool) -> list[Figure]:
    """Columns of the speed table; `several` adds the time of all of a sample's frames together."""
    sample = [(_number("sample", "ms a sample", "median"), _speed("ms_call"))] if several else []
    return [
        (Column("fps", "frames/s", first="descending", style="number"), _speed("frames_per_s")),
        (_number("ms", "ms a frame", "median"), _speed("ms_median")),
        (_number("p95", "ms a frame", "95%"), _speed("ms_p95")),
        *sample,
        (_number("memory", "memory", "peak MiB"), _speed("peak_mb")),
        (_number("calls", "calls"), _calls),
        (_number("inputs", "inputs"), _inputs),
        (_number("batch", "batch"), _batch),
        (Column("precision", "precision"), _setting("precision")),
        (Column("hardware", "hardware"), hardware),
    ]


def _number(key: str, label: str, detail: str = "") -> Column:
    return Column(key, label, detail, style="number")


def _speed(attribute: str) -> Callable[[BoardEntry], Field]:
    return lambda entry: quantity(getattr(entry.speed, attribute))


def _setting(key: str) -> Callable[[BoardEntry], Field]:
    return lambda entry: text_field(entry.result.cell.settings.value(key))


def _inputs(entry: BoardEntry) -> Field:
    count = entry.result.cell.settings.inputs
    return Field(str(count), count)


def _batch(entry: BoardEntry) -> Field:
    size = entry.result.cell.settings.batch_size
    return Field(MISSING) if size is None else Field(str(size), size)


def _calls(entry: BoardEntry) -> Field:
    """Calls the figures stand on; a run of warm-up calls only says so."""
    speed = entry.speed
    assert speed is not None
    return Field(str(speed.calls), speed.calls, "" if speed.warm else "warm-up only")
