"""Reading weight files: what is refused, how it is said, and that nothing in them runs."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import decimal
import fractions
import functools
import os
import pathlib
import pickle
import re
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from vfibench.contracts import AdapterCard, WeightFile
from vfibench.errors import VfibenchError
from vfibench.weights.reading import header_of, load_strict, missing_weights, read_checkpoint, sha256_of


def refusal(path):
    with pytest.raises(VfibenchError) as caught:
        read_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Trap:
    """Unpickling it creates a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_tensors_and_plain_data_come_back_from_both_of_torchs_formats(tmp_path, legacy):
    saved = {"epoch": 3, "weights": {"a": torch.arange(6.0).view(2, 3)}}
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    read = read_checkpoint(tmp_path / "a.pt")
    assert read["epoch"] == 3
    assert torch.equal(read["weights"]["a"], saved["weights"]["a"])


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_date_beside_the_tensors_comes_back_and_its_class_is_allowed_for_the_reading_only(tmp_path, legacy):
    saved = {"timestamp": datetime.datetime(2018, 9, 4, 12, 30, 15, 250), "weights": torch.ones(2)}
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    before = set(torch.serialization.get_safe_globals())  # torch keeps them in no order
    assert read_checkpoint(tmp_path / "a.pt")["timestamp"] == saved["timestamp"]
    assert set(torch.serialization.get_safe_globals()) == before
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pt", weights_only=True)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_numbers_of_numpy_come_back_as_pythons(tmp_path, legacy):
    numbers = [np.float64(27.5), np.float32(0.1), np.float16(2), np.int64(-3), np.uint8(200), np.bool_(True)]
    numbers.append(np.frombuffer(np.array(1.5, ">f8").tobytes(), ">f8")[0])
    saved = {"valPSNR": [numbers], "weights": torch.ones(2)}
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    read = read_checkpoint(tmp_path / "a.pt")
    assert read["valPSNR"] == [[one.item() for one in numbers]]
    assert {type(one) for one in read["valPSNR"][0]} == {float, int, bool}
    assert torch.equal(read["weights"], saved["weights"])
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pt", weights_only=True)


@pytest.mark.parametrize("core", [b"numpy.core.", b"numpy._core."], ids=["numpy1", "numpy2"])
def test_numbers_come_back_whichever_numpy_wrote_them(tmp_path, core):
    path = tmp_path / "a.pt"
    torch.save({"loss": np.float64(27.5)}, path, _use_new_zipfile_serialization=False)
    named = re.sub(rb"numpy\._?core\.(?=multiarray\n)", core, path.read_bytes())
    assert core in named
    path.write_bytes(named)
    assert read_checkpoint(path) == {"loss": 27.5}


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_options_and_arrays_beside_the_tensors_do_not_keep_them_from_being_read(tmp_path, legacy):
    options = argparse.Namespace(lr=1e-4, names=["adobe"], loss=np.float32(0.5))
    saved = {"args": options, "losses": np.arange(5.0), "weights": torch.ones(2)}
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    read = read_checkpoint(tmp_path / "a.pt")
    assert read["args"] == options
    assert torch.equal(read["weights"], saved["weights"])


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda trap: argparse.Namespace(trap=trap),
        lambda trap: np.array([trap], dtype=object),
        lambda trap: [np.float64(1), trap],
    ],
    ids=["options", "array", "number"],
)
def test_what_is_allowed_lets_nothing_else_in(tmp_path, wrap, legacy):
    trace = tmp_path / "trace"
    torch.save({"a": wrap(Trap(trace))}, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    assert "a pickle that would run code" in refusal(tmp_path / "a.pt")
    assert not trace.exists()


ALLOWED = {
    "datetime.datetime": "when Super SloMo's released file was saved; its state is ten bytes",
    "argparse.Namespace": "the options of a training script; its state is a dict of what is allowed itself",
    "numpy.dtype": "our own stand-in: the type of a number, and no other",
    "numpy.ndarray": "our own stand-in: drops what it is given",
    "numpy.core.multiarray.scalar": "our own stand-in, numpy 1's name: a number of Python's",
    "numpy._core.multiarray.scalar": "the same, numpy 2's name",
    "numpy.core.multiarray._reconstruct": "our own stand-in, numpy 1's name: an array that stays empty",
    "numpy._core.multiarray._reconstruct": "the same, numpy 2's name",
}
"""Everything that a checkpoint may name beside torch's own list, and why. Each is a way into the process:
what is added here must run nothing, whatever arguments and state a file gives it."""


def test_nothing_is_allowed_beside_what_this_list_gives_a_reason_for(tmp_path, monkeypatch):
    def open_while_reading(*_, **__):
        seen.extend(torch.serialization.get_safe_globals())

    seen: list[object] = []
    before = set(torch.serialization.get_safe_globals())
    torch.save({}, tmp_path / "a.pt")
    monkeypatch.setattr(torch, "load", open_while_reading)
    read_checkpoint(tmp_path / "a.pt")
    let_in = {f"{one.__module__}.{one.__qualname__}": one for one in seen if one not in before}
    assert sorted(let_in) == sorted(ALLOWED)
    assert len(seen) == len(before) + len(ALLOWED)
    assert let_in["datetime.datetime"] is datetime.datetime
    assert let_in["argparse.Namespace"] is argparse.Namespace
    assert not {np.dtype, np.ndarray} & set(let_in.values())
    functions = [one for name, one in let_in.items() if ".multiarray." in name]
    assert all(isinstance(one, types.FunctionType) for one in functions)  # numpy's own are none of Python's


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2018, 9, 4),
        datetime.timedelta(1),
        datetime.UTC,
        decimal.Decimal(1),
        fractions.Fraction(1, 2),
        pathlib.PurePosixPath("a"),
        types.SimpleNamespace(a=1),
        functools.partial(print),
        np.random.RandomState(0),
        np.random.default_rng(0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_harmless_as_they_look_other_classes_are_refused(tmp_path, value):
    torch.save({"weights": torch.ones(2), "a": value}, tmp_path / "a.pt")
    assert "a pickle that would run code" in refusal(tmp_path / "a.pt")


@pytest.mark.parametrize(
    "value",
    [
        np.array((1, 2.0), [("a", "i4"), ("b", "f8")])[()],
        np.str_("a"),
        np.datetime64("2018-09-04"),
        np.array([None]),
        np.complex128(1j),
    ],
    ids=["record", "text", "date", "objects", "complex"],
)
def test_of_numpy_only_plain_numbers_are_let_in(tmp_path, value):
    torch.save({"a": value}, tmp_path / "a.pt")
    assert "it asks for numpy.dtype" in refusal(tmp_path / "a.pt")


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_tensors_saved_on_a_gpu_come_back_on_the_cpu(tmp_path, legacy, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:3")
    torch.save({"a": torch.arange(3.0)}, tmp_path / "a.pt", _use_new_zipfile_serialization=not legacy)
    assert b"cuda:3" in (tmp_path / "a.pt").read_bytes()
    read = read_checkpoint(tmp_path / "a.pt")["a"]
    assert read.device.type == "cpu"
    assert torch.equal(read, torch.arange(3.0))


def test_a_zipped_folder_is_not_taken_for_a_damaged_checkpoint(tmp_path):
    path = tmp_path / "RIFE_trained_model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("train_log")
        archive.writestr("train_log/flownet.pkl", b"weights")
    message = refusal(path)
    assert "found a zip archive of train_log/flownet.pkl" in message
    assert "unpack it" in message


@pytest.mark.parametrize("other", [datetime.timedelta(1), datetime.date(2018, 9, 4), Path("a")])
def test_other_objects_beside_the_tensors_are_refused(tmp_path, other):
    torch.save({"timestamp": datetime.datetime(2018, 9, 4), "other": other}, tmp_path / "a.pt")
    assert "a pickle that would run code (it asks for" in refusal(tmp_path / "a.pt")


def test_safetensors_come_back(tmp_path):
    save_file({"a": torch.arange(3.0)}, tmp_path / "a.safetensors")
    assert torch.equal(read_checkpoint(tmp_path / "a.safetensors")["a"], torch.arange(3.0))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.pt")
    assert "found a folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html>\n<html>Google Drive cannot scan", "a text that begins '<!DOCTYPE html> <html>"),
        ("Gewichte für später\n".encode() * 40, "a text that begins 'Gewichte für später"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "a file of another kind"),
    ],
)
def test_what_is_no_checkpoint_is_called_what_it_is(tmp_path, content, found):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    assert found in refusal(path)


def test_a_text_under_the_name_of_safetensors_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "expected a safetensors file" in refusal(path)


@pytest.mark.parametrize("keep", [1, 3, 40, 200, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_file_cut_anywhere_is_refused(tmp_path, kind, keep):
    path = tmp_path / ("a.safetensors" if kind == "safetensors" else "a.pt")
    state = {f"layer{k}.weight": torch.ones(40, 10) for k in range(5)}
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: keep if isinstance(keep, int) else int(keep * len(whole))])
    refusal(path)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_damaged_byte_anywhere_is_read_or_refused_in_the_usual_way(tmp_path, legacy):
    path = tmp_path / "a.pt"
    torch.save({"a": torch.ones(4)}, path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        with contextlib.suppress(VfibenchError):  # damage to the numbers themselves goes unseen
            read_checkpoint(path)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_bare_pickle_that_would_run_code_is_not_run(tmp_path, protocol):
    path, trace = tmp_path / "evil.pt", tmp_path / "trace"
    path.write_bytes(pickle.dumps({"a": Trap(trace)}, protocol=protocol))
    refusal(path)
    assert not trace.exists()


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_checkpoint_that_would_run_code_is_not_run_and_says_what_it_asks_for(tmp_path, legacy):
    path, trace = tmp_path / "evil.pt", tmp_path / "trace"
    saved = {"weights": torch.ones(2), "self.optimizer": Trap(trace)}
    torch.save(saved, path, _use_new_zipfile_serialization=not legacy)
    message = refusal(path)
    assert "a pickle that would run code (it asks for posix.mkdir)" in message
    assert "it was not run" in message
    assert not trace.exists()
    torch.load(path, weights_only=False)
    assert trace.exists(), "the trap must work, or this test proves nothing"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_parts_that_are_not_used_stay_out_of_memory(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"weights": torch.ones(8), "self.optimizer": torch.ones(2**24)}, path)
    before = anonymous_and_mapped_mb()
    checkpoint = read_checkpoint(path)
    assert checkpoint["weights"].sum() == 8
    assert anonymous_and_mapped_mb() - before < 16, "the 64 MB of the optimizer were read"


def anonymous_and_mapped_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_full_match_is_copied_into_the_network():
    network = torch.nn.Linear(3, 2)
    load_strict(network, {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}, Path("w.pt"))
    assert torch.equal(network.weight, torch.ones(2, 3))


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ({"weight": torch.ones(2, 3)}, "found 1 in w.pt: 1 missing (first: bias)"),
        (
            {"weight": torch.ones(2, 3), "bias": torch.ones(2), "scale": torch.ones(1), "x": 1},
            "2 unexpected (first: scale)",
        ),
        (
            {"weight": torch.ones(3, 2), "bias": torch.ones(2)},
            "1 of another shape (first: weight expected [2, 3], found [3, 2])",
        ),
        ({"weight": torch.ones(2, 3), "bias": "two"}, "bias expected [2], found str"),
        ({"a": torch.ones(1)}, "2 missing (first: weight); 1 unexpected (first: a)"),
        ([torch.ones(2, 3)], "expected named tensors, found list in w.pt"),
    ],
)
def test_a_mismatch_is_counted_and_its_first_tensors_named(state, complaint):
    network = torch.nn.Linear(3, 2)
    before = network.weight.clone()
    with pytest.raises(VfibenchError) as caught:
        load_strict(network, state, Path("w.pt"))
    assert complaint in str(caught.value)
    assert torch.equal(network.weight, before)


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_digest_of_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(VfibenchError, match="no such file"):
        sha256_of(tmp_path / "a")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom file modes bind")
def test_a_file_closed_to_the_user_is_named(tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(b"PK")
    path.chmod(0)
    assert "closed to you" in refusal(path)


def test_missing_weights_say_where_they_are_and_how_to_pass_them():
    weights = (WeightFile("net.pt", "https://example.org/folder"),)
    error = missing_weights(AdapterCard("net", "pkg:Net", weights=weights))
    assert "'net' needs its trained weights" in error.message
    assert "download net.pt in a browser from https://example.org/folder" in error.hint
    assert "--weights net.pt" in error.hint


def test_a_header_is_read_without_its_tensors(tmp_path):
    path = tmp_path / "net.safetensors"
    save_file({"a": torch.ones(2)}, path, metadata={"recipe": "two\nlines", "left_out": ""})
    assert header_of(path) == {"recipe": "two\nlines", "left_out": ""}
    save_file({"a": torch.ones(2)}, path)
    assert header_of(path) == {}


@pytest.mark.parametrize("content", [b"", b"text", b"\xff" * 40, b"\x02" + bytes(7) + b"[]" + bytes(30)])
def test_a_file_without_a_header_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(VfibenchError, match="expected a safetensors file, found another") as caught:
        header_of(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(VfibenchError, match="no such file"):
        header_of(tmp_path / "nothing.safetensors")
