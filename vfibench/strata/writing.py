"""From run folders to their files of facts: each dataset list is opened and measured once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vfibench.store.result import CellResult
from vfibench.strata.estimate import one_thread
from vfibench.strata.files import FactsFile, facts_file, heading, read_facts, row_text
from vfibench.strata.measure import how, measure
from vfibench.strata.reopen import reopen
from vfibench.system.files import appendable, busy, rename_whole, unwritable, write_whole
from vfibench.system.json_text import readable
from vfibench.system.locks import Lock
from vfibench.system.threads import in_order


@dataclass(frozen=True)
class StrataProgress:
    """What a front end is told: samples of a dataset whose facts are known, of all."""

    dataset: str
    done: int
    total: int


@dataclass(frozen=True)
class Written:
    """The facts of one dataset list, and the files they lie in."""

    dataset: str
    facts: FactsFile
    paths: tuple[Path, ...]
    fresh: bool


@dataclass(frozen=True)
class StrataWork:
    """How facts are made.

    Attributes:
        root: the data root, else VFIBENCH_DATA.
        list_file: own list of those cells that had one, where their rows do not name all of its samples.
        workers: threads.
        again: measure anew what is there already, also what an interrupted call left.
        on_event: told of progress.
    """

    root: Path | None = None
    list_file: Path | None = None
    workers: int = 2
    again: bool = False
    on_event: Callable[[StrataProgress], None] = lambda _: None


def dataset_lists(results: Sequence[CellResult]) -> list[list[CellResult]]:
    """Cells by what they were scored on: those of one list share the facts of its frames."""
    lists: dict[str, list[CellResult]] = {}
    for result in results:
        lists.setdefault(facts_file(result).name, []).append(result)
    return list(lists.values())


def write_facts(results: Sequence[CellResult], work: StrataWork) -> Written:
    """Put the facts of one dataset list into the run folder of each of its cells.

    Measured unless one of the folders has them already, and then from where an interrupted call stopped.

    Raises:
        VfibenchError: the dataset cannot be opened or is not the one that was scored, a picture cannot be
            read, a file cannot be written, or another process is at it.
    """
    name = results[0].cell.dataset
    paths = tuple(dict.fromkeys(facts_file(result) for result in results))
    there = [path for path in paths if path.is_file() and not work.again]
    if not there:
        _measure(results, paths[0], work)
    source = there[0] if there else paths[0]
    facts, text = read_facts(source), source.read_text(encoding="utf-8")
    for path in paths:
        if path != source and path not in there:
            write_whole(path, text)
    return Written(name, facts, paths, fresh=not there)


def _measure(results: Sequence[CellResult], path: Path, work: StrataWork) -> None:
    """Facts of every sample, in order, into the file's .part; its name once all are there."""
    dataset = reopen(results, work.root, work.list_file)
    head, name, total = heading(results[0], how(dataset)), results[0].cell.dataset, len(dataset)
    part = path.with_name(path.name + ".part")
    try:
        with appendable(part) as file:
            lock = Lock.take(file, part)
            if lock is None:
                raise busy(part)
            with closing(lock):
                if work.again:
                    file.truncate(0)
                known = _go_on(part, file, head)
                wanted = [index for index, sample in enumerate(dataset.ids) if readable(sample) not in known]
                work.on_event(StrataProgress(name, total - len(wanted), total))
                with one_thread():
                    found = in_order(wanted, lambda index: measure(dataset, index), work.workers)
                    for done, rows in enumerate(found, total - len(wanted) + 1):
                        file.write(row_text(rows).encode())
                        work.on_event(StrataProgress(name, done, total))
                rename_whole(part, path)
    except OSError as error:
        raise unwritable(part, error) from error


def _go_on(part: Path, file: IO[bytes], head: str) -> set[str]:
    """Samples that an interrupted call left in the .part under the same heading; the file holds only those.

    Its last sample is measured again: not all of its times may be there.
    """
    file.seek(0)
    rows = list(read_facts(part).rows.items()) if file.read().startswith(head.encode()) else []
    last = rows[-1][0][0] if rows else ""
    kept = [(frame, pair) for frame, pair in rows if frame[0] != last]
    file.truncate(0)
    file.write((head + row_text(kept)).encode())
    return {sample for (sample, _), _ in kept}
