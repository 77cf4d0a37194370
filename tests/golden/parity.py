"""What the parity tests of all methods share: the stored figures, their tolerance, and the samples kept here.

The figures in ../shared/parity were read off the original public implementations; ../shared/facts/README.md
names their commits and gives the rule of the made-up weights and the tolerance.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from golden.made_weights import MADE, digest, made_weights, write_released

from vfibench.contracts import Adapter

SAMPLES = Path(__file__).with_name("samples")


@dataclass(frozen=True)
class Figures:
    """Everything stored about one original network: its arrays and its json record."""

    name: str
    arrays: Mapping[str, np.ndarray]
    info: Mapping[str, Any]

    def tolerance(self, array: str, error: str = "f32_vs_f64_maxdiff") -> float:
        """Allowed difference: ten times the original's own float32 error, at least 1e-4 of the size."""
        largest = float(np.abs(self.arrays[array]).max())
        return max(10 * self.info.get(error, 0.0), 1e-4 * max(1.0, largest))

    def check(self, array: str, ours: torch.Tensor | np.ndarray, error: str = "f32_vs_f64_maxdiff") -> None:
        """Assert that our value of an array is the stored one, and print how near it is."""
        reference, found = self.arrays[array], np.asarray(ours)
        assert found.shape == reference.shape, f"{array}: {found.shape} is not {reference.shape}"
        difference = float(np.abs(found - reference).max())
        allowed = self.tolerance(array, error)
        print(f"parity {self.name} {array} {difference:.1e} of {allowed:.1e}")
        assert difference <= allowed, f"{array}: off by {difference:.2e}, allowed {allowed:.1e}"

    def check_weights(self) -> None:
        """Assert that the rule beside the tests makes the original's weights to the bit."""
        assert self.info["rule"] == MADE[self.name].rule
        weights = made_weights(self.info["keys"], MADE[self.name].rule)
        assert digest(weights) == self.info["weights_sha256_in_key_order"]


def read_figures(name: str, shared: Callable[..., Path]) -> Figures:
    """The figures of one network; the test skips where they are missing."""
    with np.load(shared("parity", f"{name}.npz")) as file:
        stored = dict(file)
    info = json.loads(bytes(stored.pop("info_json")))
    return Figures(name, stored, info)


def loaded(name: str, adapter: type[Adapter], seed_add: int = 0, **settings: Any) -> Any:
    """An adapter that has read made-up weights from a file of the released structure."""
    made = adapter(**settings)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "made-up.pth")
        write_released(name, file, seed_add)
        made.load(torch.device("cpu"), file)
    return made


def drifting_clips(count: int, height: int = 96, width: int = 64) -> torch.Tensor:
    """Two clips of smooth noise that drifts by (-2, 1) px a frame: [2, count, 3, height, width] in [0, 1]."""
    rows, columns = height + count, width + 2 * count
    noise = np.random.default_rng(7).random((2, 3, rows // 4 + 1, columns // 4 + 1), dtype=np.float32)
    smooth = F.interpolate(torch.from_numpy(noise), (rows, columns), mode="bilinear", align_corners=False)
    frames = [smooth[:, :, k : k + height, 2 * k : 2 * k + width] for k in range(count)]
    return torch.stack(frames, dim=1)


class Sampled(NamedTuple):
    """A method with other weights, a batch of unlike clips, and what it made of them at `times`."""

    adapter: Any
    clips: torch.Tensor
    times: Sequence[float]
    whole: torch.Tensor

    @classmethod
    def of(cls, adapter: Any, clips: torch.Tensor, times: Sequence[float]) -> Sampled:
        with torch.inference_mode():
            return cls(adapter, clips, times, adapter.predict(clips, times))

    def check_each_time_alone(self) -> None:
        """Several times together equal each time alone."""
        with torch.inference_mode():
            alone = torch.cat([self.adapter.predict(self.clips, [time]) for time in self.times], dim=1)
        assert torch.equal(self.whole, alone)

    def check_second_run(self) -> None:
        """A second run is the same to the bit, and leaves the frames alone."""
        frames = self.clips.clone()
        with torch.inference_mode():
            assert torch.equal(self.adapter.predict(frames, self.times), self.whole)
        assert torch.equal(frames, self.clips)
