"""Weights of LPIPS backbones: where they are looked for, what is accepted, what is said otherwise."""

from __future__ import annotations

import pickle
import pwd
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench.metrics import backbones
from vfibench.metrics.backbones import (
    BACKBONES,
    Backbone,
    build_features,
    find_backbone,
    places_of,
    read_features,
)
from vfibench.metrics.scorer import Scorer, unavailable

Shared = Callable[..., Path]
FILE = "squeezenet1_1_features_fp16.npz"


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty torch cache, no environment, and addresses that nobody answers."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv(backbones.ENVIRONMENT, raising=False)
    for net, backbone in BACKBONES.items():
        url = "http://127.0.0.1:9/" + Path(backbone.url).name
        monkeypatch.setitem(BACKBONES, net, Backbone(backbone.network, url, backbone.taps))
    return tmp_path


def test_a_backbone_is_found_in_the_folder_then_the_environment_then_torchs_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    cached = tmp_path / "torch" / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    named = tmp_path / "named" / "alexnet.pth"
    given = tmp_path / "given" / "alexnet_features.npz"
    for path in (cached, named, given):
        path.parent.mkdir(parents=True)
        path.touch()
    assert find_backbone("alex") == cached
    monkeypatch.setenv(backbones.ENVIRONMENT, str(named.parent))
    assert find_backbone("alex") == named
    assert find_backbone("alex", given.parent) == given
    assert find_backbone("alex", tmp_path / "not there") == named


def test_a_user_without_a_home_has_no_cache_of_torchs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in ("TORCH_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    assert places_of() == []
    assert places_of(tmp_path) == [tmp_path]
    with pytest.raises(VfibenchError, match=r"found no squeezenet1_1.*; get it from"):
        find_backbone("squeeze")


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    np.savez_compressed(tmp_path / "alexnet.npz", **{"features.0.weight": np.zeros(300_000)})
    monkeypatch.setattr(backbones, "LARGEST", 1_000_000)
    monkeypatch.setattr(np, "load", None)  # it is not even opened
    with pytest.raises(VfibenchError, match=r"found something else \(2,400,\d{3} bytes once unpacked\)"):
        read_features(tmp_path / "alexnet.npz")


def test_another_networks_file_is_not_taken(tmp_path: Path):
    (tmp_path / "alexnet-owt-7be5be79.pth").touch()
    (tmp_path / "squeezenet1_0.pth").touch()
    (tmp_path / "squeezenet1_1.txt").touch()
    with pytest.raises(VfibenchError):
        find_backbone("squeeze", tmp_path)


def test_a_missing_backbone_says_what_was_looked_for_where_and_what_to_do(tmp_path: Path):
    with pytest.raises(VfibenchError) as caught:
        find_backbone("alex", tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        "alexnet-owt-7be5be79.pth",
        str(tmp_path),
        "checkpoints",
        "VFIBENCH_BACKBONES",
        "127.0.0.1",
        "vfibench fetch lpips",
    ):
        assert part in message


def test_a_missing_backbone_is_told_in_short_before_the_first_comma(tmp_path: Path):
    with pytest.raises(VfibenchError) as caught:
        find_backbone("squeeze", tmp_path)
    assert str(caught.value).partition(",")[0] == "no squeezenet1_1 backbone"


def test_a_torchvision_that_does_not_fit_torch_is_a_reason_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Misfit(MetaPathFinder):
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.startswith("torchvision"):
                raise RuntimeError("operator torchvision::nms does not exist\nand more")

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Misfit(), *sys.meta_path])
    torch.save({"features.0.weight": torch.ones(1)}, tmp_path / "alexnet.pth")
    assert unavailable(["lpips"], tmp_path)["lpips"] == (
        "no alexnet backbone, torchvision cannot be imported (RuntimeError: operator torchvision::nms does "
        "not exist); install the torchvision that belongs to this torch"
    )


def test_a_missing_backbone_makes_its_metric_unavailable_before_a_run(tmp_path: Path):
    reasons = unavailable(["psnr", "lpips", "ssim"], tmp_path)
    assert list(reasons) == ["lpips"]
    assert "alexnet" in reasons["lpips"]
    with pytest.raises(VfibenchError, match="alexnet"):
        Scorer(["lpips"], torch.device("cpu"), tmp_path)


def test_full_state_dicts_and_npz_files_of_features_are_read_alike(tmp_path: Path):
    weight = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.savez(tmp_path / "a.npz", **{"features.0.weight": weight})
    full = {"features.0.weight": torch.from_numpy(weight), "classifier.1.weight": torch.ones(2)}
    torch.save(full, tmp_path / "a.pth")
    read = [read_features(tmp_path / name) for name in ("a.npz", "a.pth")]
    assert read[0].keys() == read[1].keys() == {"0.weight"}
    assert torch.equal(read[0]["0.weight"], read[1]["0.weight"])
    assert read[0]["0.weight"].dtype == torch.float32


class Trap:
    """A pickle that runs code when it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]

    def __init__(self, path: Path) -> None:
        self.path = str(path)


def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path: Path):
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.pth").write_bytes(pickle.dumps(Trap(sprung)))
    torch.save({"features.0.weight": Trap(sprung)}, tmp_path / "trap2.pth")
    np.savez(tmp_path / "trap.npz", **{"features.0.weight": np.array([Trap(sprung)], dtype=object)})
    for name in ("trap.pth", "trap2.pth", "trap.npz"):
        with pytest.raises(VfibenchError, match="expected a torchvision state dict"):
            read_features(tmp_path / name)
    assert not sprung.exists()


def test_a_saved_object_that_is_no_state_dict_is_refused(tmp_path: Path):
    torch.save({1: torch.ones(2)}, tmp_path / "numbers.pth")
    torch.save(torch.ones(2), tmp_path / "tensor.pth")
    torch.save({"model": torch.ones(2)}, tmp_path / "other.pth")
    np.save(tmp_path / "array.npz.npy", np.ones(2))
    (tmp_path / "array.npz.npy").rename(tmp_path / "array.npz")
    for name in ("numbers.pth", "tensor.pth", "other.pth", "array.npz"):
        with pytest.raises(VfibenchError, match="expected a torchvision state dict"):
            read_features(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 torn"])
@pytest.mark.parametrize("suffix", [".pth", ".npz"])
def test_a_file_that_is_no_state_dict_is_refused_in_one_line(tmp_path: Path, content: bytes, suffix: str):
    path = tmp_path / f"alexnet{suffix}"
    path.write_bytes(content)
    with pytest.raises(VfibenchError) as caught:
        read_features(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_networks_weights_are_refused_with_the_names(tmp_path: Path):
    torch.save({"features.0.weight": torch.ones(64, 3, 11, 11)}, tmp_path / "squeezenet1_1.pth")
    with pytest.raises(VfibenchError, match=r"expected the weights of squeezenet1_1 in .*squeezenet1_1\.pth"):
        build_features("squeeze", tmp_path / "squeezenet1_1.pth")


def test_the_real_squeezenet_loads_frozen_and_silent(
    shared: Shared, capfd: pytest.CaptureFixture[str], recwarn
):
    path = find_backbone("squeeze", shared("data", "weights", "lpips_squeeze"))
    assert path.name == FILE
    features = build_features("squeeze", path)
    assert not any(parameter.requires_grad for parameter in features.parameters())
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list
