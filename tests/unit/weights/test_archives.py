"""Archives of strangers: what they unpack to is told from their headers, before anything of it is read."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
import torch

from vfibench.contracts import AdapterCard, WeightFile
from vfibench.errors import VfibenchError
from vfibench.weights import kinds
from vfibench.weights.fetching import fetch
from vfibench.weights.reading import read_checkpoint


def repacked(path: Path, method: int) -> Path:
    """The same archive, compressed by another method."""
    other = path.with_name("other.pth")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return other


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.save({"a": torch.arange(4096.0)}, tmp_path / "net.pth")
    return tmp_path / "net.pth"


def test_a_compressed_checkpoint_has_the_same_numbers(saved: Path) -> None:
    read = read_checkpoint(repacked(saved, zipfile.ZIP_DEFLATED))
    assert torch.equal(read["a"], torch.arange(4096.0))  # type: ignore[index]


def test_a_checkpoint_that_unpacks_to_too_much_is_not_unpacked(saved: Path, monkeypatch) -> None:
    monkeypatch.setattr(kinds, "LARGEST_UNPACKED", 4096)
    monkeypatch.setattr(torch, "load", None)  # it is not even opened
    with pytest.raises(VfibenchError, match=r"found an archive that unpacks to 1[67],\d{3} bytes"):
        read_checkpoint(repacked(saved, zipfile.ZIP_DEFLATED))


def test_an_archive_whose_parts_lie_in_one_another_is_refused(tmp_path: Path) -> None:
    """Entries that share their bytes make a small file of any size, without compression."""
    path = tmp_path / "net.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", b"x" * 5000)
        entry = archive.infolist()[0]
        for number in range(40):
            other = zipfile.ZipInfo(f"net/data/{number}")
            other.header_offset, other.CRC = entry.header_offset, entry.CRC
            other.file_size = other.compress_size = entry.file_size
            archive.filelist.append(other)
    with pytest.raises(VfibenchError, match=r"found an archive that unpacks to 205,000 bytes"):
        read_checkpoint(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 99])
def test_an_unknown_compression_is_one_line(saved: Path, method: int) -> None:
    other = repacked(saved, zipfile.ZIP_DEFLATED if method == 99 else method)
    if method == 99:
        data = bytearray(other.read_bytes())
        for mark, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
            place = -1
            while (place := data.find(mark, place + 1)) >= 0:
                struct.pack_into("<H", data, place + offset, method)
        other.write_bytes(data)
    with pytest.raises(VfibenchError) as caught:
        read_checkpoint(other)
    assert str(other) in caught.value.message
    assert "\n" not in caught.value.message


def boxed(size: int | None = None) -> tuple[AdapterCard, WeightFile]:
    file = WeightFile("net.pkl", "https://example.org/a.zip", by_hand=False, member="net.pkl", size=size)
    return AdapterCard("net", "pkg:Net", weights=(file,)), file


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VFIBENCH_WEIGHTS", str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def test_a_member_is_taken_out_of_its_archive(tmp_path: Path, cache: Path) -> None:
    place = fetch(*boxed(), lambda path: None, zipped(tmp_path, "log/net.pkl", b"abc"))
    assert place == cache / "net" / "net.pkl"
    assert place.read_bytes() == b"abc"


def test_a_member_that_unpacks_to_another_size_is_not_unpacked(tmp_path: Path, cache: Path) -> None:
    bomb = zipped(tmp_path, "log/net.pkl", bytes(3_000_000))
    with pytest.raises(VfibenchError, match=r"expected net.pkl of 3 bytes, found 3,000,000"):
        fetch(*boxed(3), lambda path: None, bomb)
    assert not list(cache.rglob("net.pkl"))


def test_a_member_without_a_known_size_is_limited(tmp_path: Path, cache: Path, monkeypatch) -> None:
    monkeypatch.setattr("vfibench.weights.unpacking.LARGEST_UNPACKED", 1000)
    with pytest.raises(VfibenchError, match=r"found log/net.pkl of 3,000,000 bytes"):
        fetch(*boxed(), lambda path: None, zipped(tmp_path, "log/net.pkl", bytes(3_000_000)))


def test_a_locked_member_is_one_line(tmp_path: Path, cache: Path) -> None:
    path = zipped(tmp_path, "net.pkl", b"abc")
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag of encryption, in both headers
    data[data.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(VfibenchError, match=r"cannot unpack net.pkl"):
        fetch(*boxed(), lambda path: None, path)


@pytest.mark.parametrize("name", ["../../net.pkl", "/etc/net.pkl", "a/../../net.pkl"])
def test_a_name_in_an_archive_decides_no_place(tmp_path: Path, cache: Path, name: str) -> None:
    assert fetch(*boxed(), lambda path: None, zipped(tmp_path, name, b"abc")) == cache / "net" / "net.pkl"
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "cache"}


@pytest.mark.parametrize("url", ["package:vfibench/../../x.pth", "package:vfibench//etc/passwd"])
def test_a_card_cannot_lead_out_of_its_package(url: str, cache: Path) -> None:
    file = WeightFile("net.pkl", url, sha256="0" * 64)
    from vfibench.weights.fetching import fetched

    with pytest.raises(VfibenchError, match="expected the name of a file below"):
        fetched(AdapterCard("net", "pkg:Net", weights=(file,)))


@pytest.mark.parametrize("name", ["../../net.pkl", "/etc/net.pkl"])
def test_a_card_cannot_lead_out_of_the_folder_of_weights(name: str, tmp_path: Path, cache: Path) -> None:
    file = WeightFile(name, "https://example.org/a", by_hand=False)
    (tmp_path / "given").write_bytes(b"abc")
    with pytest.raises(VfibenchError, match="expected the name of a file below"):
        fetch(AdapterCard("net", "pkg:Net", weights=(file,)), file, lambda path: None, tmp_path / "given")
