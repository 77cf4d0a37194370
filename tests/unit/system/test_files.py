"""Files are written whole or not at all: after a failure, a kill, a full disk, and by several at once."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.system.files import rename_whole, whole, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_made_with_its_folder_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "new.txt"
    write_whole(path, "ü\r\n" * 9)
    assert path.read_bytes() == "ü\r\n".encode() * 9
    write_whole(path, b"\xff\x00")
    assert path.read_bytes() == b"\xff\x00"
    assert names(path.parent) == ["new.txt"]


def test_a_new_file_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), ValueError("odd"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "kept.bin"
    path.write_bytes(b"old")

    def fail() -> None:
        with whole(path) as file:
            file.write(b"new" * 100_000)
            raise error

    with pytest.raises(type(error)):
        fail()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["kept.bin"]


def test_a_failure_of_the_renaming_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EBUSY, "in use")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(VfibenchError, match=r"cannot write .*a\.txt: in use"):
        write_whole(tmp_path / "a.txt", "new")
    assert names(tmp_path) == []


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with pytest.raises(VfibenchError, match=r"cannot write .*kept\.txt: File too large"):
            write_whole(path, "new" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["kept.txt"]


KILLED_MIDWAY = """
import os, signal, sys
from pathlib import Path
from vfibench.system.files import whole
with whole(Path(sys.argv[1])) as file:
    file.write(b"n" * 50_000)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_midway_leaves_the_old_file_and_the_next_write_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED_MIDWAY, str(path)])
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert (tmp_path / ".kept.txt.part").stat().st_size == 50_000
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert names(tmp_path) == ["kept.txt"]


def test_several_at_once_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "shared.bin"

    def write(letter: int) -> None:
        for _ in range(10):
            with whole(path, durable=False) as file:
                for _ in range(20):
                    file.write(bytes([letter]) * 5000)
                    file.flush()

    with ThreadPoolExecutor(6) as pool:
        ends = [pool.submit(write, letter) for letter in b"abcdef"]
        while not all(end.done() for end in ends):
            if path.exists():
                found = path.read_bytes()
                assert (len(found), len(set(found))) == (100_000, 1)
        for end in ends:
            end.result()
    assert names(tmp_path) == ["shared.bin"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "file")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "file").read_text() == "new"
    assert names(tmp_path / "far") == ["file"]


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((tmp_path / "pipe").read_text)
        write_whole(tmp_path / "pipe", "told")
        assert read.result(timeout=30) == "told"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_folder_that_is_not_to_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match=r"cannot write .*No such file.*; make its folder"):
        write_whole(tmp_path / "no" / "a", "x", make_folder=False)
    assert names(tmp_path) == []


def test_a_folder_at_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match="a folder stands there: name a file"):
        write_whole(tmp_path, "text")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(VfibenchError, match="a file stands where a folder is needed"):
        write_whole(tmp_path / "file" / "a.txt", "text")


@pytest.mark.parametrize(("durable", "steps"), [(True, ["fsync", "replace"]), (False, ["replace"])])
def test_contents_reach_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool, steps: list[str]
) -> None:
    done: list[str] = []
    replace = Path.replace

    def noted(number: int) -> None:
        assert os.fstat(number).st_size == 3  # nothing is left in Python's buffer
        done.append("fsync")

    def renamed(self: Path, target: Path) -> Path:
        done.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "replace", renamed)
    write_whole(tmp_path / "a", b"abc", durable=durable)
    assert done == steps
    (tmp_path / "part").write_bytes(b"xyz")
    rename_whole(tmp_path / "part", tmp_path / "a", durable=durable)
    assert done == [*steps, *steps]
    assert (tmp_path / "a").read_bytes() == b"xyz"
