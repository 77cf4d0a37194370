"""Locks between processes: kept by none that died or was forked off, and files where a disk has no locks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.store.cell_lock import CellLock
from vfibench.store.jsonl import JsonLines
from vfibench.system import lock_files, telling
from vfibench.system.files import write_whole
from vfibench.system.lock_files import STALE_S, LockFile, this_process
from vfibench.system.locks import Lock, alone, only_one


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without locks, of which nothing has been said yet."""

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", fails)
    monkeypatch.setattr(telling, "_told", set())


def test_only_a_lock_that_another_has_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fails)
    with pytest.raises(VfibenchError, match=r"cannot write .*a\.jsonl: Input/output error"):
        JsonLines(tmp_path / "a.jsonl")


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_has_lock_files(tmp_path, monkeypatch, capsys, number: int) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fails)
    monkeypatch.setattr(telling, "_told", set())
    first = JsonLines(tmp_path / "a.jsonl")
    first.append([{"a": 1}])
    held = json.loads((tmp_path / ".a.jsonl.lock").read_text())
    assert (held["host"], held["process"]) == (socket.gethostname(), os.getpid())
    with pytest.raises(
        VfibenchError, match=rf"another run is writing .*a\.jsonl \(process {os.getpid()} on "
    ):
        JsonLines(tmp_path / "a.jsonl")
    first.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    second = JsonLines(tmp_path / "a.jsonl")
    assert second.rows == [{"a": 1}]
    second.close()
    write_whole(tmp_path / "b", "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b"]
    (line,) = capsys.readouterr().err.splitlines()  # once
    assert line == (
        f"note: the file system of {tmp_path} has no locks ({os.strerror(number)}); lock files stand in"
    )


def holder(**changes: object) -> str:
    return json.dumps(json.loads(this_process()) | changes)


@pytest.mark.parametrize(
    ("changes", "age", "free"),
    [
        ({}, 0, False),
        ({}, 10 * STALE_S, False),  # this very process lives, however long ago it touched the file
        ({"process": 2**22 + 1}, 0, True),
        ({"since": "1"}, 0, True),  # another process has the number by now
        ({"host": "elsewhere"}, STALE_S - 60, False),
        ({"host": "elsewhere"}, STALE_S + 60, True),
        ({"machine": "a container"}, STALE_S - 60, False),
        ({"machine": "a container"}, STALE_S + 60, True),
    ],
)
def test_a_lock_file_that_was_left_behind_is_taken_over(tmp_path, changes, age, free) -> None:
    path = tmp_path / ".a.lock"
    path.write_text(holder(**changes))
    os.utime(path, (time.time() - age,) * 2)
    made = LockFile.make(path)
    assert (made is not None) == free
    assert sorted(each.name for each in tmp_path.iterdir()) == [".a.lock"]
    if made is not None:
        assert path.read_bytes() == made.content
        made.remove()
        assert not path.exists()


def test_a_lock_file_is_touched_while_its_process_lives(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lock_files, "TOUCHED_S", 0.02)
    monkeypatch.setattr(lock_files, "_touched", lock_files._Touched())
    made = LockFile.make(tmp_path / ".a.lock")
    assert made is not None
    os.utime(made.path, (1, 1))
    deadline = time.monotonic() + 10
    while made.path.stat().st_mtime < 1000 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert made.path.stat().st_mtime > time.time() - 60
    made.remove()


def test_one_that_was_taken_over_is_not_removed_by_its_first_owner(tmp_path: Path) -> None:
    made = LockFile.make(tmp_path / ".a.lock")
    assert made is not None
    made.path.write_text(holder(host="elsewhere"))
    made.remove()
    assert "elsewhere" in made.path.read_text()


def test_shards_of_one_split_share_a_cell_without_locks_too(tmp_path: Path, without: None) -> None:
    first, second = CellLock(tmp_path / "c.lock", 2), CellLock(tmp_path / "c.lock", 2)
    with pytest.raises(VfibenchError, match="another run is writing"):
        CellLock(tmp_path / "c.lock", 3)
    first.close()
    with pytest.raises(VfibenchError, match="another run is writing"):
        CellLock(tmp_path / "c.lock", 1)
    second.close()
    CellLock(tmp_path / "c.lock", 3).close()
    assert [path.name for path in tmp_path.iterdir()] == ["c.lock"]


FORKED = """
import os, sys, time
from pathlib import Path
from vfibench.system.locks import Lock
path = Path(sys.argv[1])
file = path.open("ab+", buffering=0)
lock = Lock.take(file, path)
child = os.fork()
if child == 0:
    taken = Lock.take(path.open("ab+"), path)
    print("free" if taken else "kept", os.getpid(), flush=True)
    file.write(b"from the child")
    time.sleep(60)
    os._exit(0)
time.sleep(0.3)
os._exit(9)  # as if it were killed: nothing is given back
"""


def test_a_forked_child_keeps_no_lock_and_takes_none_away(tmp_path: Path) -> None:
    path = tmp_path / "a"
    process = subprocess.Popen([sys.executable, "-c", FORKED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told, child = process.stdout.readline().split()
    try:
        assert told == "kept"  # while its parent lived
        assert process.wait(20) == 9
        os.kill(int(child), 0)  # the child lives
        with path.open("ab+") as file:
            lock = Lock.take(file, path)
            assert lock is not None
            lock.close()
        assert path.read_bytes() == b""  # nor does it write to what it no longer locks
    finally:
        os.kill(int(child), signal.SIGKILL)
        process.stdout.close()


def test_a_child_that_knows_nothing_of_python_frees_it_with_its_parent(tmp_path: Path) -> None:
    with (tmp_path / "a").open("ab+") as file:
        lock = Lock.take(file, tmp_path / "a")
        assert lock is not None
        number = os.dup(file.fileno())  # as a library's own fork would have it
        lock.close()
    with (tmp_path / "a").open("ab+") as file:
        again = Lock.take(file, tmp_path / "a")
        assert again is not None
        again.close()
    os.close(number)


def test_waiting_is_told_with_who_is_waited_for(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("vfibench.system.locks.SILENT_S", 0.05)
    monkeypatch.setattr(telling, "_told", set())
    done: list[str] = []

    def second() -> None:
        with alone(tmp_path / "run.lock", "to write run.json"):
            done.append("second")

    with alone(tmp_path / "run.lock", "to write run.json"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.4)
        done.append("first")
    thread.join(20)
    assert done == ["first", "second"]
    (line,) = capsys.readouterr().err.splitlines()
    begin = f"note: waiting to write run.json: process {os.getpid()} on {socket.gethostname()} (since 2"
    assert line.startswith(begin)
    assert line.endswith(f"has the lock {tmp_path / 'run.lock'}")


def test_the_second_of_two_that_may_not_be_at_once_is_told_who_the_first_is(tmp_path: Path) -> None:
    def work() -> None:
        with only_one(tmp_path / ".lock", "another is at it", "wait"):
            done.append(1)

    done: list[int] = []
    first = only_one(tmp_path / ".lock", "another is at it", "wait")
    told = rf"another is at it: process {os.getpid()} on .*; wait"
    with first, pytest.raises(VfibenchError, match=told):
        work()
    assert list(tmp_path.iterdir()) == []
    work()
    assert done == [1]
