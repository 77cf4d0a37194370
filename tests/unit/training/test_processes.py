"""Two processes with the same batch over both are one training: losses, weights, errors, downloads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tiny_training import run, run_together, write_recipe
from torch import distributed

from vfibench.errors import VfibenchError
from vfibench.training.curves import read_curve
from vfibench.training.processes import ToldElsewhere, failures_in_words, in_step, joined_processes
from vfibench.training.samples import Place


def words(recipe: Path, out: Path, *more: object) -> list[object]:
    return ["train", "--recipe", recipe, "--out", out, "--device", "cpu", "--log-every", 5, *more]


def assert_close(out: Path, other: Path) -> None:
    rows, expected = (read_curve(folder / "losses.csv") for folder in (out, other))
    assert len(rows) == len(expected) > 0
    for row, like in zip(rows, expected, strict=True):
        assert row == pytest.approx(like, rel=1e-5)
    scores, expected = (read_curve(folder / "validation.csv") for folder in (out, other))
    assert [row["step"] for row in scores] == [row["step"] for row in expected] == [5, 8]
    assert [row["psnr_db"] for row in scores] == pytest.approx([row["psnr_db"] for row in expected], abs=1e-3)
    ours, theirs = (load_file(folder / "weights.safetensors") for folder in (out, other))
    for name, tensor in theirs.items():
        torch.testing.assert_close(ours[name], tensor, rtol=1e-4, atol=2e-5, msg=name)


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml", steps="8")
    code, said = run(words(recipe, tmp_path / "one"), tmp_path / "log")
    assert code == 0, said
    ends = run_together(2, words(recipe, tmp_path / "two"), tmp_path / "log")
    assert [code for code, _ in ends] == [0, 0], ends
    first, second = (said for _, said in ends)
    assert "shared by 2 processes" in first
    assert first.count("weights: ") == 1
    assert second == ""
    assert_close(tmp_path / "two", tmp_path / "one")
    with safe_open(tmp_path / "two" / "weights.safetensors", "pt") as file:
        assert file.metadata()["device"].startswith("2 x ")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["convlstm", "convgru"])
def test_recurrent_networks_too_and_one_process_goes_on_where_two_stopped(
    tmp_path: Path, method: str
) -> None:
    recipe = tmp_path / "tiny.toml"
    write_recipe(recipe, steps="8", method=f'"{method}"', targets='"windows"\ninputs = 4')
    assert run(words(recipe, tmp_path / "one"), tmp_path / "log")[0] == 0
    ends = run_together(2, words(recipe, tmp_path / "two"), tmp_path / "log", send=(9, 6))
    assert [code for code, _ in ends] == [-9, -9]
    code, said = run(words(recipe, tmp_path / "two", "--resume"), tmp_path / "log")
    assert code == 0, said
    assert "going on after step 4" in said
    assert_close(tmp_path / "two", tmp_path / "one")


def test_an_error_of_all_is_told_once(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / "tiny.toml", batch="3")
    ends = run_together(2, words(recipe, tmp_path / "out"), tmp_path / "log")
    assert [code for code, _ in ends] == [2, 2]
    first, second = (said for _, said in ends)
    assert "error: training.batch: expected a multiple of the 2 processes, found 3" in first
    assert second == ""


def test_alone_an_error_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise VfibenchError("expected this, found that", "do so")

    with pytest.raises(VfibenchError, match="found that; do so"):
        in_step(Place(), fail)
    assert in_step(Place(), lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "place", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), Place(), "lower --batch"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."), Place(), "fewer --workers"),
        (RuntimeError("[gloo/pair.cc:547] Connection closed by peer [::1]"), Place(1, 2), "has ended"),
    ],
)
def test_what_goes_wrong_outside_becomes_a_line(error: Exception, place: Place, said: str) -> None:
    with pytest.raises(VfibenchError, match=said), failures_in_words(place):
        raise error


def test_an_error_that_all_processes_meet_is_told_by_the_first() -> None:
    for rank, kind in ((0, VfibenchError), (1, ToldElsewhere)):
        with (
            pytest.raises(VfibenchError, match="found that; do so") as caught,
            failures_in_words(Place(rank, 2)),
        ):
            raise VfibenchError("expected this, found that", "do so")
        assert type(caught.value) is kind


def test_an_error_of_a_source_in_a_worker_keeps_its_words() -> None:
    said = "Caught RuntimeError in DataLoader worker process 0.\nRuntimeError: no such clip"
    with pytest.raises(RuntimeError, match="no such clip"), failures_in_words(Place()):
        raise RuntimeError(said)


def test_an_error_of_ours_stays_one() -> None:
    with pytest.raises(RuntimeError, match="a fault of ours"), failures_in_words(Place(1, 2)):
        raise RuntimeError("a fault of ours")
    assert issubclass(ToldElsewhere, VfibenchError)


@pytest.fixture
def second_of_two(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[object]]:
    """As torchrun starts it on a machine that pretends to have so many GPUs; what the group is made with."""
    for name, value in {"WORLD_SIZE": 2, "RANK": 1, "LOCAL_RANK": 1, "MASTER_PORT": 1}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    made: list[object] = []

    def join(backend: str, timeout: object, device_id: torch.device | None) -> None:
        made.extend([backend, device_id])

    monkeypatch.setattr(distributed, "init_process_group", join)
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(distributed, "destroy_process_group", lambda: None)
    monkeypatch.setattr(torch.cuda, "set_device", made.append)

    def pretend(gpus: int) -> list[object]:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        return made

    return pretend


@pytest.mark.parametrize(
    ("asked", "gpus", "found", "backend"),
    [
        ("cuda", 2, "cuda:1", "nccl"),
        ("", 2, "cuda:1", "nccl"),
        ("", 0, "cpu", "gloo"),
        ("cpu", 1, "cpu", "gloo"),
    ],
)
def test_each_process_takes_the_gpu_of_its_number(
    second_of_two: Callable[[int], list[object]], asked: str, gpus: int, found: str, backend: str
) -> None:
    made, device = second_of_two(gpus), torch.device(found)
    with joined_processes(asked) as joined:
        assert joined == (Place(1, 2), device)
    assert made == ([device, backend, device] if backend == "nccl" else [backend, None])


@pytest.mark.parametrize(
    ("asked", "gpus", "said"),
    [
        (
            "",
            1,
            "expected a GPU for each process of this machine, found 1 for process 2; do --nproc-per-node 1",
        ),
        ("cuda", 1, "do --nproc-per-node 1"),
        ("cuda", 0, "expected a CUDA device for --device cuda, found 0"),
        ("cuda:1", 2, "expected --device cpu or cuda under torchrun, found 'cuda:1'"),
        ("tpu", 2, "expected --device cpu or cuda under torchrun, found 'tpu'"),
    ],
)
def test_a_process_without_a_gpu_of_its_own_is_refused(
    second_of_two: Callable[[int], list[object]], asked: str, gpus: int, said: str
) -> None:
    made = second_of_two(gpus)
    with pytest.raises(VfibenchError, match=said), joined_processes(asked):
        pass
    assert made == []
