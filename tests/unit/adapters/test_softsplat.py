"""SoftSplat's adapter: its files, its frames, and what must hold for any weights."""

from __future__ import annotations

import pytest
import torch

from vfibench.errors import VfibenchError
from vfibench_adapters.loading import untrained
from vfibench_adapters.softsplat.adapter import SoftSplatAdapter
from vfibench_adapters.softsplat.flow import resized
from vfibench_adapters.softsplat.network import SoftSplat


@pytest.fixture(scope="module")
def adapter():
    made = SoftSplatAdapter()
    made.load(torch.device("cpu"), None)
    return made


@pytest.fixture(scope="module")
def released():
    """Tensors under the released file's names."""
    return {
        name.replace("net", "module"): tensor for name, tensor in untrained(SoftSplat).state_dict().items()
    }


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def without(released, name):
    return {key: tensor for key, tensor in released.items() if key != name}


FIRST = "moduleFlow.moduleExtractor.moduleFirst.0.weight"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda released: {"block0.convblock.0.0.weight": torch.zeros(3)}, "1 unexpected .first: block0"),
        (
            lambda released: without(released, FIRST),
            "1 missing .first: netFlow.netExtractor.netFirst.0.weight",
        ),
        (
            lambda released: released | {"moduleFlow.extra": torch.zeros(1)},
            "1 unexpected .first: netFlow.extra",
        ),
        (lambda released: released | {FIRST: torch.zeros(16, 1, 3, 3)}, r"expected \[16, 3, 3, 3\], found"),
        (lambda released: {"state": 1}, "expected named tensors, found entries state"),
    ],
)
def test_a_file_of_another_network_is_refused_in_one_line(tmp_path, released, change, message):
    torch.save(change(released), tmp_path / "network-l1.pytorch")
    with pytest.raises(VfibenchError, match=message) as caught:
        SoftSplatAdapter().load(torch.device("cpu"), tmp_path / "network-l1.pytorch")
    assert "\n" not in str(caught.value)
    assert "network-l1.pytorch" in str(caught.value)


def test_released_names_are_those_of_the_network_with_another_word(tmp_path, adapter, released):
    torch.save(released, tmp_path / "network-l1.pytorch")
    other = SoftSplatAdapter()
    other.load(torch.device("cpu"), tmp_path / "network-l1.pytorch")
    frames = noise(1, 2, 3, 16, 20)
    with torch.inference_mode():
        assert torch.equal(other.predict(frames, [0.5]), adapter.predict(frames, [0.5]))


def test_another_number_of_frames_is_refused(adapter):
    with pytest.raises(VfibenchError, match="softsplat: expected 2 frames, found 4"):
        adapter.predict(noise(1, 4, 3, 16, 16), [0.5])


@pytest.mark.parametrize("size", [(2, 2), (2, 6), (66, 2), (2, 128), (70, 130)])
@torch.inference_mode()
def test_frames_of_any_even_size_give_finite_frames(adapter, size):
    made = adapter.predict(noise(2, 2, 3, *size), [0.5, 0.25])
    assert made.shape == (2, 2, 3, *size)
    assert made.isfinite().all()


@torch.inference_mode()
def test_brightness_and_contrast_of_a_sample_pass_through(adapter):
    """Standardisation is of each sample by itself, both frames together."""
    frames = noise(2, 2, 3, 32, 40)
    changed = torch.stack((frames[0] * 0.5 + 0.25, frames[1] * 0.25))
    made, expected = adapter.predict(changed, [0.5]), adapter.predict(frames, [0.5])
    expected = torch.stack((expected[0] * 0.5 + 0.25, expected[1] * 0.25))
    torch.testing.assert_close(made, expected, rtol=0, atol=2e-5)


@torch.inference_mode()
def test_the_brightness_of_one_frame_matters(adapter):
    frames = noise(1, 2, 3, 32, 40)
    changed = frames * torch.tensor([1.0, 0.5]).view(1, 2, 1, 1, 1)
    assert (adapter.predict(changed, [0.5]) - adapter.predict(frames, [0.5])).abs().max() > 1e-3


def test_a_flow_at_another_size_is_scaled_by_the_widths():
    flow = torch.tensor([1.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 3, 5)
    larger = resized(flow, (5, 10))
    torch.testing.assert_close(larger, torch.tensor([2.0, -4.0]).view(1, 2, 1, 1).expand(1, 2, 5, 10))
