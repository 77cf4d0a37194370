"""A flipped bit anywhere in a checkpoint or an exported file is found; files without a checksum are read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_training import RECIPE
from torch import nn

from vfibench.errors import VfibenchError
from vfibench.system import telling
from vfibench.training.checkpoints import NAME, read_begun, save_checkpoint
from vfibench.training.checksums import check_seal
from vfibench.training.recipes import parse_recipe
from vfibench.training.samples import Place
from vfibench.training.state import State
from vfibench.weights.reading import header_of, read_checkpoint
from vfibench.weights.sealing import KEY, sealed

ASKED = parse_recipe(RECIPE.encode(), "")


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Linear(3, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(State(ASKED, Small(), torch.device("cpu"), Place()), tmp_path, {})
    return tmp_path


def flips(data: bytes, count: int) -> list[bytes]:
    """Copies with one bit flipped: in each of the first and last bytes, and in others at random."""
    source, size = random.Random(5), len(data)
    places = [*range(0, 64), *range(size - 110, size), *(source.randrange(size) for _ in range(count))]
    found = []
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << source.randrange(8)
        found.append(bytes(changed))
    return found


def test_a_checkpoint_with_a_flipped_bit_is_refused(folder: Path) -> None:
    path = folder / NAME
    whole = path.read_bytes()
    assert check_seal(path, "")
    for data in flips(whole, 60):
        path.write_bytes(data)
        with pytest.raises(VfibenchError, match="found") as told:
            read_begun(folder, ASKED)
        assert str(path) in told.value.message
        assert told.value.hint == "begin anew in another --out"
    path.write_bytes(whole)
    assert read_begun(folder, ASKED)["step"] == 0


def test_a_flipped_bit_in_a_tensor_is_told_as_that(folder: Path) -> None:
    path = folder / NAME
    data, place = path.read_bytes(), 0
    weight = read_checkpoint(path)["network"]["weight"].numpy().tobytes()
    place = data.index(weight)
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(VfibenchError, match="as it was written, found other bytes: its checksum differs"):
        read_begun(folder, ASKED)


def test_a_checkpoint_of_an_earlier_version_is_read_with_a_remark(folder, monkeypatch, capsys) -> None:
    monkeypatch.setattr(telling, "_told", set())
    saved = read_checkpoint(folder / NAME)
    torch.save(saved, folder / "old.pt")
    (folder / "old.pt").replace(folder / NAME)
    for _ in range(2):
        assert read_begun(folder, ASKED)["step"] == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"note: {folder / NAME} has no checksum, since an earlier version wrote it")


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    tensors = {"a": torch.arange(400, dtype=torch.float32), "b": torch.ones(3, 2, dtype=torch.float16)}
    path.write_bytes(sealed(tensors, {"steps": "12", "recipe": "x = 1\n"}))
    return path


def test_an_exported_file_is_what_it_was_but_for_its_checksum(exported: Path) -> None:
    assert {name: text for name, text in header_of(exported).items() if name != KEY} == {
        "steps": "12",
        "recipe": "x = 1\n",
    }
    found = read_checkpoint(exported)
    assert found.keys() == {"a", "b"}
    assert torch.equal(found["a"], torch.arange(400, dtype=torch.float32))
    assert len(header_of(exported)[KEY]) == 64


def test_a_flipped_bit_in_an_exported_tensor_is_told(exported: Path) -> None:
    data, source = exported.read_bytes(), random.Random(2)
    begin = 8 + int.from_bytes(data[:8], "little")
    for place in [begin, len(data) - 1, *(source.randrange(begin, len(data)) for _ in range(50))]:
        changed = bytearray(data)
        changed[place] ^= 1 << source.randrange(8)
        exported.write_bytes(changed)
        with pytest.raises(VfibenchError, match="its checksum differs"):
            read_checkpoint(exported)
    for fact in (b'"12"', b'"x = 1'):
        exported.write_bytes(data.replace(fact, fact.replace(b"1", b"2")))
        with pytest.raises(VfibenchError, match="its checksum differs"):
            read_checkpoint(exported)


def test_a_file_of_another_tool_needs_no_checksum(exported: Path, tmp_path: Path) -> None:
    save_file(load_file(exported), tmp_path / "other.safetensors", {"steps": "12"})
    assert read_checkpoint(tmp_path / "other.safetensors").keys() == {"a", "b"}
