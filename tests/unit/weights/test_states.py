"""The network in a checkpoint: whatever stands around it is taken off, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vfibench.errors import VfibenchError
from vfibench.weights.reading import load_strict, read_checkpoint
from vfibench.weights.states import state_in

FILE = Path("net.pth")
PLAIN = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.ones(2)}
OTHER = {"a.weight": torch.zeros(2, 3), "a.bias": torch.zeros(2)}


def named(before: str, tensors: dict[str, torch.Tensor] = PLAIN) -> dict[str, torch.Tensor]:
    return {before + name: tensor for name, tensor in tensors.items()}


def assert_plain(found: dict[str, torch.Tensor]) -> None:
    assert found.keys() == PLAIN.keys()
    assert all(torch.equal(found[name], PLAIN[name]) for name in PLAIN)


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "module.",
        "_orig_mod.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "module.module._orig_mod.",
        "model.",
        "net._orig_mod.",
        "generator.module.",
    ],
)
def test_words_before_all_names_are_taken_off(prefix: str) -> None:
    assert_plain(state_in(named(prefix), FILE))


def test_a_part_that_was_compiled_alone_is_found() -> None:
    state = {"a._orig_mod.weight": PLAIN["a.weight"], "a._orig_mod.bias": PLAIN["a.bias"]}
    assert_plain(state_in(state, FILE))


def test_a_word_before_some_names_alone_belongs_to_the_network() -> None:
    state = {"module.weight": torch.ones(1), "bias": torch.ones(1)}
    assert list(state_in(state, FILE)) == ["module.weight", "bias"]


@pytest.mark.parametrize(
    "checkpoint",
    [
        {"state_dict": PLAIN},
        {"model": PLAIN, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}}, "epoch": 3},
        {"net": named("module."), "step": torch.tensor(3)},
        {"params": PLAIN},
        {"params_ema": PLAIN},
        {"params": OTHER, "params_ema": PLAIN},
        {"model": OTHER, "model_ema": named("module.")},
        {"network": OTHER, "average": named("module.") | {"n_averaged": torch.tensor(7)}},
        {"generator": PLAIN, "discriminator": OTHER},
        {"state_dict": named("model."), "pytorch-lightning_version": "2.4.0", "global_step": 5, "loops": {}},
        {"module": PLAIN, "ds_version": "0.14"},
        {"checkpoint": 1, "model": {"state_dict": {"model_state": PLAIN}}},
    ],
    ids=lambda checkpoint: " ".join(checkpoint)[:40],
)
def test_the_network_is_found_where_scripts_keep_it(checkpoint: dict[str, object]) -> None:
    assert_plain(state_in(checkpoint, FILE))


def test_the_methods_own_key_goes_first() -> None:
    assert_plain(state_in({"flow": PLAIN, "state_dict": OTHER}, FILE, "flow"))


@pytest.mark.parametrize(
    ("checkpoint", "said"),
    [
        ({"model": PLAIN, "net": OTHER}, "expected one network, found model and net in net.pth"),
        ({"ema": PLAIN, "params_ema": OTHER}, "expected one network, found params_ema and ema in net.pth"),
        ({"weights_of_g": PLAIN}, "expected named tensors, found entries weights_of_g in net.pth"),
        ({}, "found nothing in net.pth"),
        ([torch.ones(2)], "found list in net.pth"),
        ({"state_dict": {"epoch": 3}}, "found entries epoch in net.pth"),
        (
            named("module.") | {"module._orig_mod.a.bias": torch.ones(2)},
            "expected one tensor a.bias, found it twice",
        ),
    ],
    ids=["two", "two averages", "unknown", "nothing", "list", "no tensors", "twice"],
)
def test_what_is_not_clear_is_refused(checkpoint: object, said: str) -> None:
    with pytest.raises(VfibenchError) as caught:
        state_in(checkpoint, FILE)
    assert said in caught.value.message


def test_a_few_bytes_that_claim_to_be_a_huge_tensor_are_refused() -> None:
    with pytest.raises(VfibenchError, match="found tensors that claim 4,000,000,000,000 bytes and have few"):
        state_in({"a.weight": torch.ones(1).expand(10**6, 10**6)}, FILE)


def test_a_small_tensor_of_one_number_used_many_times_is_read() -> None:
    found = state_in({"a.weight": torch.tensor(2.0).expand(3, 3)}, FILE)
    assert found["a.weight"].tolist() == [[2.0] * 3] * 3


def test_a_tensor_without_numbers_is_refused() -> None:
    with pytest.raises(VfibenchError, match="found a of another sort in net"):
        state_in({"a": torch.ones(2, device="meta")}, FILE)


def linear() -> torch.nn.Linear:
    return torch.nn.Linear(3, 2)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_precisions_become_the_networks(dtype: torch.dtype) -> None:
    weight = torch.tensor([[0.1, 2.0, -3.0], [1.0, 0.5, 7.0]], dtype=torch.float64)
    network = linear()
    load_strict(network, {"weight": weight.to(dtype), "bias": torch.ones(2, dtype=dtype)}, FILE)
    assert network.weight.dtype == torch.float32
    assert torch.equal(network.weight, weight.to(dtype).float())


def test_shared_and_turned_storage_comes_back_as_it_was(tmp_path: Path) -> None:
    block = torch.arange(12.0).view(3, 4)
    torch.save({"weight": block.t()[1:3], "bias": block[0, 2:]}, tmp_path / "net.pth")
    network = linear()
    load_strict(network, state_in(read_checkpoint(tmp_path / "net.pth"), FILE), FILE)
    assert network.weight.tolist() == [[1, 5, 9], [2, 6, 10]]
    assert network.bias.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (torch.tensor([[1.0, float("nan"), 1.0]] * 2), "1 with NaN or infinity (first: weight)"),
        (torch.full((2, 3), float("inf")), "1 with NaN or infinity (first: weight)"),
        (torch.full((2, 3), 1e300, dtype=torch.float64), "1 with NaN or infinity (first: weight)"),
        (torch.ones(2, 3, dtype=torch.int8), "weight expected torch.float32, found torch.int8"),
        (torch.ones(2, 3, dtype=torch.bool), "weight expected torch.float32, found torch.bool"),
        (torch.ones(2, 3).to_sparse(), "1 of another type (first: weight"),
    ],
    ids=["nan", "inf", "too large", "quantised", "bool", "sparse"],
)
def test_what_can_be_no_weight_is_refused_and_the_network_stays(weight: torch.Tensor, said: str) -> None:
    network = linear()
    before = network.weight.clone()
    with pytest.raises(VfibenchError) as caught:
        load_strict(network, {"weight": weight, "bias": torch.ones(2)}, FILE)
    assert said in caught.value.message
    assert torch.equal(network.weight, before)


@pytest.mark.parametrize("name", ["a.pth", "a.pkl", "a.ckpt", "a", "a.pth.tar", "a.safetensors"])
@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
def test_a_checkpoint_is_known_by_its_bytes(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if kind == "safetensors":
        save_file(PLAIN, path)
    else:
        torch.save(PLAIN, path, _use_new_zipfile_serialization=kind == "zip")
    assert_plain(state_in(read_checkpoint(path), path))


@pytest.mark.parametrize("spaces", range(16))
def test_a_header_of_any_length_is_known(tmp_path: Path, spaces: int) -> None:
    """Its length is the first byte of the file, and may look like the beginning of a pickle or an archive."""
    path = tmp_path / "a.bin"
    for more in range(8):
        save_file({"a": torch.ones(1)}, path, {"note": " " * (8 * spaces + more)})
        assert torch.equal(read_checkpoint(path)["a"], torch.ones(1))  # type: ignore[index]
