"""Which weights stand under LPIPS: others than the published ones are refused, and a cell knows which."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from made_clips import make_clip
from torchvision import models

from vfibench.errors import VfibenchError
from vfibench.metrics.backbones import backbone_sha256, build_features
from vfibench.metrics.scorer import unavailable
from vfibench.running.plan import Planner, Request

FILE = "squeezenet1_1_features_fp16.npz"
Shared = Callable[..., Path]


@pytest.fixture
def real(shared: Shared, tmp_path: Path) -> Path:
    """A folder that holds the published weights."""
    shutil.copy(shared("data", "weights", "lpips_squeeze") / FILE, tmp_path / FILE)
    return tmp_path


def test_random_weights_of_the_right_shape_are_refused(tmp_path: Path) -> None:
    torch.manual_seed(1)
    path = tmp_path / "squeezenet1_1.pth"
    torch.save(models.squeezenet1_1(weights=None).state_dict(), path)
    with pytest.raises(
        VfibenchError, match=r"expected the published weights of squeezenet1_1 in .*, found others"
    ):
        build_features("squeeze", path)
    assert "found others" in unavailable(["lpips-squeeze"], tmp_path)["lpips-squeeze"]


@pytest.mark.parametrize("net", ["alex", "squeeze"])
def test_a_file_that_promises_a_hash_keeps_it(net: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("vfibench.metrics.backbone_identity.SPREAD", {})
    network = {"alex": "alexnet", "squeeze": "squeezenet1_1"}[net]
    path = tmp_path / f"{network}.pth"
    torch.save(getattr(models, network)(weights=None).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    build_features(net, path.rename(tmp_path / f"{network}-{digest[:8]}.pth"))
    wrong = tmp_path / f"{network}-owt-7be5be79.pth"
    (tmp_path / f"{network}-{digest[:8]}.pth").rename(wrong)
    with pytest.raises(VfibenchError, match=f"found others: sha256 {digest[:16]}"):
        build_features(net, wrong)


def test_one_layer_of_another_network_is_noticed(real: Path) -> None:
    with np.load(real / FILE) as stored:
        arrays = dict(stored)
    arrays["features.12.expand3x3.weight"] = arrays["features.12.expand3x3.weight"] * np.float16(1.05)
    np.savez(real / FILE, **arrays)
    with pytest.raises(VfibenchError, match=r"12\.expand3x3\.weight have a root mean square of 0\.0386"):
        build_features("squeeze", real / FILE)


def test_the_hash_is_of_the_weights_and_not_of_the_file(real: Path) -> None:
    build_features("squeeze", real / FILE)
    digest = backbone_sha256("squeeze", real)
    with np.load(real / FILE) as stored:
        state = {name: torch.from_numpy(stored[name]) for name in stored.files}
    (real / FILE).unlink()
    torch.save(state, real / "squeezenet1_1.pth")
    assert backbone_sha256("squeeze", real) == digest
    state["features.0.bias"][0] += 0.5
    torch.save(state, real / "squeezenet1_1.pth")
    assert backbone_sha256("squeeze", real) != digest


def test_other_weights_are_another_cell(real: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", count=5)
    asked = Request(("blend",), (f"clip:{clip}",), metrics=("lpips-squeeze",), backbones=real)
    first = Planner(asked).jobs()[0].cell
    assert list(first.settings.backbones) == ["lpips-squeeze"]
    with np.load(real / FILE) as stored:
        arrays = dict(stored)
    arrays["features.0.bias"] = arrays["features.0.bias"] + np.float16(0.5)
    np.savez(real / FILE, **arrays)
    assert Planner(asked).jobs()[0].cell.key != first.key
    assert (
        "backbones"
        not in Planner(Request(("blend",), (f"clip:{clip}",), ())).jobs()[0].cell.settings.to_json()
    )
