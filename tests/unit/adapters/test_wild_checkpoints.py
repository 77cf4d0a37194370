"""Every learned method reads its network as training scripts save it, from files of any name."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vfibench.registry import METHODS, load_target
from vfibench_adapters.dain.network import DAIN
from vfibench_adapters.loading import untrained

CPU = torch.device("cpu")
LEARNED = [
    card.name for card in METHODS.cards() if card.learned and card.target.startswith("vfibench_adapters")
]
STAGES = {"stage1_model.": "stage1_state_dict", "stage2_model.": "stage2_state_dict"}
PARTS = {"state_dictFC.": "state_dictFC", "state_dictAT.": "state_dictAT"}


def in_parts(state: dict[str, Tensor], parts: dict[str, str], wrapper: str) -> dict[str, object]:
    """The structure of a file that keeps a network's parts apart."""
    return {
        key: {
            wrapper + name.removeprefix(prefix): tensor
            for name, tensor in state.items()
            if name.startswith(prefix)
        }
        for prefix, key in parts.items()
    }


def wrapped(name: str, state: dict[str, Tensor]) -> dict[str, object]:
    """As saved by a script that compiled the network and trained it on several GPUs."""
    wrapper = "module._orig_mod."
    if name == "superslomo-adobe":
        return {"epoch": 3, "model": in_parts(state, PARTS, wrapper)}
    if name == "convlstm":
        return {"epoch": 3, "model": in_parts(state, STAGES, wrapper)}
    return {"epoch": 3, "state_dict": {wrapper + key: tensor for key, tensor in state.items()}}


@pytest.mark.parametrize("name", LEARNED)
def test_a_wrapped_network_under_another_suffix_is_the_same_network(name: str, tmp_path: Path) -> None:
    made, read = (load_target(METHODS.card(name).target)() for _ in range(2))
    if name == "dain":  # it changes its network once it is loaded
        torch.save(untrained(DAIN).state_dict(), tmp_path / "plain.pth")
    made.load(CPU, tmp_path / "plain.pth" if name == "dain" else None)
    state = made.network.state_dict()
    saved = torch.load(tmp_path / "plain.pth") if name == "dain" else state
    torch.save(wrapped(name, saved), tmp_path / "checkpoint.ckpt")
    read.load(CPU, tmp_path / "checkpoint.ckpt")
    found = read.network.state_dict()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


@pytest.mark.parametrize("name", ["superslomo-starter", "rife-starter", "zooming-slowmo-starter", "toflow"])
def test_safetensors_under_the_suffix_of_a_pickle_are_read(name: str, tmp_path: Path) -> None:
    made, read = (load_target(METHODS.card(name).target)() for _ in range(2))
    made.load(CPU, None)
    state = {key: tensor.contiguous() for key, tensor in made.network.state_dict().items()}
    save_file(state, tmp_path / "net.pth")
    read.load(CPU, tmp_path / "net.pth")
    assert all(torch.equal(tensor, state[key]) for key, tensor in read.network.state_dict().items())
