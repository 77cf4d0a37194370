"""What the harness does around an adapter: recursion, padding, contract checks, reading folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import odd_methods
import pytest
import torch

from vfibench.contracts import Padding, Sample
from vfibench.errors import SampleError, VfibenchError
from vfibench.frames.files import write_image
from vfibench.frames.resize import reduced_pictures
from vfibench.methods.answers import check_shape
from vfibench.running.predictors import AdapterPredictor, FolderPredictor, SampleBatch, to_float
from vfibench.running.recursion import by_recursion, is_dyadic

CPU = torch.device("cpu")


def sample(height: int = 40, width: int = 56, times: tuple[float, ...] = (0.5,)) -> Sample:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, height, width), dtype=np.uint8)
    return Sample("a/b", pixels, np.zeros((len(times), 3, height, width), np.uint8), times)


def batch(one: Sample, extras: object = None) -> SampleBatch:
    return SampleBatch([one], torch.from_numpy(one.frames)[None], one.times, [extras])


def test_recursion_takes_midpoints_of_midpoints() -> None:
    frames = torch.stack([torch.zeros(1, 3, 4, 4), torch.ones(1, 3, 4, 4)], dim=1)
    calls = []

    def midpoint(pair: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return pair.mean(dim=1, keepdim=True)

    times = tuple(k / 8 for k in range(1, 8))
    found = by_recursion(midpoint, frames, times)
    assert torch.allclose(found[0, :, 0, 0, 0], torch.tensor(times))
    assert len(calls) == 7  # each frame once


@pytest.mark.parametrize(
    ("time", "dyadic"), [(0.5, True), (0.125, True), (1 / 3, False), (0.0, False), (1.0, False)]
)
def test_only_dyadic_times_are_reached_by_recursion(time: float, dyadic: bool) -> None:
    assert is_dyadic(time) is dyadic


def test_an_adapter_sees_padded_frames_and_the_result_is_cropped() -> None:
    adapter = odd_methods.Padded()
    one = sample(40, 56)
    made = AdapterPredictor(adapter, adapter.card, Padding(32), CPU, "fp32")(batch(one))
    expected = to_float(torch.from_numpy(one.frames)).mean(dim=0)
    assert torch.equal(made.frames[0, 0], expected)
    assert made.watch is not None
    assert made.watch.seconds() > 0


class SeesSmall(odd_methods.Fourfold):
    """Keeps what it is given."""

    def predict(self, frames: torch.Tensor, times: Sequence[float]) -> torch.Tensor:
        self.seen = frames.clone()
        return super().predict(frames, times)


@pytest.mark.parametrize(
    ("rule", "size", "before", "small"),
    [
        (Padding(4), (40, 56), (0, 0), (12, 16)),
        (Padding(4, place="centred"), (40, 56), (4, 4), (12, 16)),
        (Padding(4, extra=2), (40, 56), (8, 8), (16, 20)),
        (Padding(4, extra=4, place="centred"), (40, 48), (20, 16), (20, 20)),
        (Padding(4, extra_when_fitting=2), (40, 48), (0, 8), (12, 16)),
        (Padding(8, extra=1), (40, 56), (4, 4), (16, 16)),
    ],
)
def test_padding_is_counted_in_the_pixels_the_network_sees_where_frames_are_reduced_first(
    rule: Padding, size: tuple[int, int], before: tuple[int, int], small: tuple[int, int]
) -> None:
    """`before`: lines and columns added at the top and left of the whole frame; `small`: the network's."""
    adapter, one, (height, width) = SeesSmall(), sample(*size), size
    made = AdapterPredictor(adapter, adapter.card, rule, CPU, "fp32", reduce=4)(batch(one)).frames
    after = [4 * full - size - lines for full, size, lines in zip(small, size, before, strict=True)]
    margins = [(0, 0), (0, 0), *zip(before, after, strict=True)]
    wanted = reduced_pictures(np.pad(one.frames, margins, mode="edge"), 4)
    assert adapter.seen.shape == (1, 2, 3, *small)
    assert np.array_equal((adapter.seen[0] * 255).round().to(torch.uint8).numpy(), wanted)
    large = (wanted.astype(np.float32) / 255).mean(axis=0).repeat(4, axis=1).repeat(4, axis=2)
    inside = large[:, before[0] : before[0] + height, before[1] : before[1] + width]
    np.testing.assert_allclose(made[0, 0].numpy(), inside, rtol=0, atol=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_predictions_are_float32_under_every_precision(precision: str) -> None:
    adapter = odd_methods.Blend()
    made = AdapterPredictor(adapter, adapter.card, Padding(), CPU, precision)(batch(sample()))
    assert made.frames.dtype == torch.float32


@pytest.mark.parametrize("method", [odd_methods.WrongShape, odd_methods.TwoFrames])
def test_a_wrong_shape_or_number_of_frames_is_a_sample_error(method: type[odd_methods.Blend]) -> None:
    adapter = method()
    with pytest.raises(SampleError, match=r"expected \[B, T, 3, H, W\] = \[1, 1, 3, 40, 56\]"):
        AdapterPredictor(adapter, adapter.card, Padding(), CPU, "fp32")(batch(sample()))


def test_something_else_than_a_float_tensor_is_a_sample_error() -> None:
    with pytest.raises(SampleError, match="found list"):
        check_shape([], (1,))
    with pytest.raises(SampleError, match=r"found torch\.int64"):
        check_shape(torch.zeros(1, dtype=torch.int64), (1,))


def test_a_folder_of_predictions_is_read_by_sample_and_time(tmp_path: Path) -> None:
    one = sample(times=(0.25, 0.5))
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 40, 56), dtype=np.uint8)
    for time, image in zip(one.times, images, strict=True):
        write_image(tmp_path / "a" / "b" / f"t{time:.6f}.png", image)
    predictor = FolderPredictor(tmp_path, CPU)
    made = predictor(batch(one, predictor.decode(one)))
    assert torch.equal(made.frames[0].mul(255).round().to(torch.uint8), torch.from_numpy(images))


def test_one_time_may_be_a_single_file(tmp_path: Path) -> None:
    image = np.full((3, 40, 56), 7, np.uint8)
    write_image(tmp_path / "a" / "b.png", image)
    (decoded,) = FolderPredictor(tmp_path, CPU).decode(sample())
    assert np.array_equal(decoded, image)


def test_a_missing_prediction_is_named(tmp_path: Path) -> None:
    with pytest.raises(VfibenchError, match=r"expected a prediction at .*t0\.500000\.png or .*b\.png"):
        FolderPredictor(tmp_path, CPU).decode(sample())


def test_a_prediction_of_another_size_is_a_sample_error(tmp_path: Path) -> None:
    write_image(tmp_path / "a" / "b.png", np.zeros((3, 40, 55), np.uint8))
    predictor = FolderPredictor(tmp_path, CPU)
    with pytest.raises(SampleError, match="expected a prediction of 56x40 for a/b, found 55x40"):
        predictor(batch(sample(), predictor.decode(sample())))
