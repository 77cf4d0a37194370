"""LPIPS against the package whose heads it uses, with a real and with random backbones."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torchvision import models

from vfibench.metrics import backbone_identity
from vfibench.metrics.backbones import BACKBONES, read_features
from vfibench.metrics.lpips import read_heads
from vfibench.metrics.scorer import Scorer, unavailable

Shared = Callable[..., Path]
CPU = torch.device("cpu")


def pictures(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    source = torch.Generator().manual_seed(5)
    target = torch.randint(0, 256, (count, 3, 64, 80), generator=source).to(torch.uint8)
    return target / 255 + 0.3 * torch.randn(target.shape, generator=source), target


def packages_own(net: str, features: dict[str, torch.Tensor]) -> torch.nn.Module:
    """The `lpips` package's network with these weights in its backbone."""
    import lpips

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    slices = [getattr(network.net, f"slice{number}") for number in range(1, network.net.N_slices + 1)]
    names = {name: module for part in slices for name, module in part.named_children()}
    for key, value in features.items():
        index, _, rest = key.partition(".")
        names[index].get_parameter(rest).data.copy_(value)
    return network.eval()


def random_backbone(net: str, folder: Path) -> Path:
    torch.manual_seed(3)
    network = getattr(models, BACKBONES[net].network)(weights=None)
    path = folder / f"{BACKBONES[net].network}-random.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.mark.parametrize(("name", "net"), [("lpips", "alex"), ("lpips-squeeze", "squeeze")])
def test_lpips_equals_the_package_on_rounded_pictures(tmp_path: Path, name: str, net: str, monkeypatch):
    monkeypatch.setattr(backbone_identity, "SPREAD", {})  # so that random weights will do
    predicted, target = pictures()
    path = random_backbone(net, tmp_path)
    ours = Scorer([name], CPU, tmp_path)(predicted, target)[name]
    rounded = (predicted * 255).clamp(0, 255).round() / 127.5 - 1
    with torch.inference_mode():
        theirs = packages_own(net, read_features(path))(rounded, target / 127.5 - 1).flatten()
    assert ours.dtype == torch.float64
    assert float(ours.min()) > 1e-4
    torch.testing.assert_close(ours.float(), theirs, rtol=1e-5, atol=1e-7)


def test_lpips_with_the_real_squeezenet_is_zero_only_for_equal_pictures(shared: Shared):
    folder = shared("data", "weights", "lpips_squeeze")
    predicted, target = pictures(2)
    predicted[0] = target[0] / 255
    scores = Scorer(["lpips-squeeze"], CPU, folder)(predicted, target)["lpips-squeeze"]
    assert float(scores[0]) == 0
    assert float(scores[1]) > 0.04


def test_a_sample_has_the_same_lpips_alone_and_in_a_batch(shared: Shared):
    scorer = Scorer(["lpips-squeeze"], CPU, shared("data", "weights", "lpips_squeeze"))
    predicted, target = pictures()
    together = scorer(predicted, target)["lpips-squeeze"]
    alone = [scorer(predicted[k : k + 1], target[k : k + 1])["lpips-squeeze"] for k in range(3)]
    assert torch.equal(together, torch.cat(alone))


def reason(tmp_path: Path) -> str:
    """Why `lpips` cannot be computed, with a backbone that is whole."""
    random_backbone("alex", tmp_path)
    assert unavailable(["lpips"], tmp_path).keys() == {"lpips"}
    return unavailable(["lpips"], tmp_path)["lpips"]


def test_a_package_that_is_not_installed_is_a_reason_of_one_line(tmp_path: Path, monkeypatch):
    monkeypatch.delitem(sys.modules, "lpips", raising=False)
    monkeypatch.setattr("vfibench.metrics.lpips.find_spec", lambda name: None)
    message = reason(tmp_path)
    assert message.startswith("no LPIPS heads, the package lpips is not installed; pip install")
    assert "\n" not in message


def test_a_module_that_only_has_its_name_is_a_reason_of_one_line(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)  # what blocks its import; `find_spec` raises ValueError
    assert reason(tmp_path).startswith("no LPIPS heads, the package lpips is not installed; pip install")


def test_a_package_that_breaks_when_it_is_imported_serves_all_the_same(tmp_path: Path, monkeypatch):
    heads = read_heads("alex")
    package = tmp_path / "lpips"
    (package / "weights" / "v0.1").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    state = {f"lin{layer}.model.1.weight": head[None, :, None, None] for layer, head in enumerate(heads)}
    torch.save(state, package / "weights" / "v0.1" / "alex.pth")
    monkeypatch.delitem(sys.modules, "lpips", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    random_backbone("alex", tmp_path)
    assert unavailable(["lpips"], tmp_path) == {}
    assert all(map(torch.equal, read_heads("alex"), heads))
    (package / "weights" / "v0.1" / "alex.pth").write_bytes(b"no weights")
    message = unavailable(["lpips"], tmp_path)["lpips"]
    assert message.startswith(f"no LPIPS heads, expected them in {package}")
    assert "\n" not in message
    (package / "weights" / "v0.1" / "alex.pth").unlink()
    assert "found no such file; pip install" in unavailable(["lpips"], tmp_path)["lpips"]
