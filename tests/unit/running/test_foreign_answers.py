"""What methods, datasets and metrics answer is the harness's from then on, whatever they do with it later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import made_plugins
import numpy as np
import pytest
import torch
from made_clips import frame, make_clip
from made_plugins import Mse, Textures
from plugged import plugged
from skimage.metrics import peak_signal_noise_ratio
from untidy_methods import InItsInputs, Mean, SameMemory

import vfibench
from vfibench.contracts import Padding, Sample
from vfibench.frames.files import read_image
from vfibench.running.plan import Planner, Request
from vfibench.running.predictors import AdapterPredictor, SampleBatch
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore

CPU = torch.device("cpu")
CARELESS = [SameMemory, InItsInputs]


def batch_of(numbers: tuple[int, ...], times: tuple[float, ...]) -> SampleBatch:
    """One sample of these frames."""
    pixels = np.stack([frame(number) for number in numbers]).transpose(0, 3, 1, 2)
    targets = np.zeros((len(times), *pixels.shape[1:]), np.uint8)
    sample = Sample("a", pixels, targets, times)
    return SampleBatch([sample], torch.from_numpy(pixels)[None], times, [None])


def predictor(method: type[Mean], **options: Any) -> AdapterPredictor:
    adapter = method()
    adapter.load(CPU, None)
    return AdapterPredictor(adapter, method.card, Padding(), CPU, "fp32", **options)


def levels(number: int) -> np.ndarray:
    return frame(number).transpose(2, 0, 1).astype(np.float64)


@pytest.mark.parametrize("method", CARELESS)
def test_a_prediction_is_left_alone_by_the_next_call(method: type[Mean]) -> None:
    ask = predictor(method)
    first = ask(batch_of((1, 3), (0.5,))).frames
    ask(batch_of((5, 9), (0.5,)))
    np.testing.assert_allclose(first[0, 0] * 255, (levels(1) + levels(3)) / 2, atol=1e-4)


@pytest.mark.parametrize("method", CARELESS)
def test_midpoints_of_midpoints_do_not_overwrite_one_another(method: type[Mean]) -> None:
    times = (0.125, 0.25, 0.5, 0.75, 0.875)
    made = predictor(method)(batch_of((1, 6), times)).frames[0]
    for time, found in zip(times, made, strict=True):
        np.testing.assert_allclose(found * 255, (1 - time) * levels(1) + time * levels(6), atol=1e-3)


@pytest.mark.parametrize("method", CARELESS)
def test_pairs_of_enlarged_frames_do_not_overwrite_one_another(method: type[Mean]) -> None:
    times = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
    asked = batch_of((1, 4, 6, 11), times)
    tidy = predictor(Mean, enlarge=4)(asked).frames
    torch.testing.assert_close(predictor(method, enlarge=4)(asked).frames, tidy, rtol=0, atol=0)
    spread = [float(one.mean()) for one in tidy[0]]
    assert len(set(spread)) == len(times)  # else nothing could have been exchanged


@pytest.mark.parametrize("method", CARELESS)
def test_scores_and_pictures_are_those_of_a_careful_method(tmp_path: Path, method: type[Mean]) -> None:
    clip = make_clip(tmp_path / "clip", count=41)
    asked = Request((f"untidy_methods:{method.__name__}",), (f"clip:{clip}",), metrics=(), batch_size=1)
    store = ResultStore(tmp_path / "run")
    jobs = Planner(asked).jobs()
    assert Runner(store, CPU, workers=4, save_images=True).run(jobs)
    (result,) = store.results()
    assert len(result.rows) == 20
    for index, row in enumerate(result.rows):
        first, last = (frame(2 * index + place).astype(np.float32) / 255 for place in (1, 3))
        made = np.round((first + last) / 2 * 255).astype(np.uint8)
        expected = peak_signal_noise_ratio(frame(2 * index + 2), made, data_range=255)
        assert row.scores["psnr"] == pytest.approx(expected, abs=1e-6)
        kept = read_image(store.album(jobs[0].cell).prediction(row.sample, row.t)).transpose(1, 2, 0)
        np.testing.assert_array_equal(kept, made)


class SameArrays(Textures):
    """Decodes every sample into the same arrays."""

    card = replace(Textures.card, name="made-same-arrays", target="made_plugins:SameArrays")

    def __getitem__(self, index: int) -> Sample:
        sample = super().__getitem__(index)
        if not hasattr(self, "frames"):
            self.frames, self.targets = np.empty_like(sample.frames), np.empty_like(sample.targets)
        self.frames[:] = 0
        self.targets[:] = 0
        self.frames[:], self.targets[:] = sample.frames, sample.targets
        return replace(sample, frames=self.frames, targets=self.targets)


def test_a_dataset_may_decode_into_the_same_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_plugins, "SameArrays", SameArrays, raising=False)
    with plugged(Textures, SameArrays):
        tidy = vfibench.evaluate("blend", "made-textures", batch_size=2)
        for _ in range(3):
            found = vfibench.evaluate("blend", "made-same-arrays", batch_size=2)
            assert found.drop(columns="clip").equals(tidy.drop(columns="clip"))


class Spoils(Mse):
    """Writes to the pictures it is given, and answers in the same memory."""

    answer = torch.zeros(64, dtype=torch.float64)

    def __call__(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        found = super().__call__(predicted, target)
        predicted.zero_()
        target.fill_(77)
        return self.answer[: len(found)].copy_(found)


def test_a_metric_may_write_to_its_pictures_and_answer_in_the_same_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Second(Mse):
        card = replace(Mse.card, name="made-second", target="made_plugins:Second")

    monkeypatch.setattr(made_plugins, "Second", Second, raising=False)
    with plugged(Mse, Second, Textures):
        tidy = vfibench.evaluate("blend", "made-textures", metrics=("made-mse",), batch_size=1)
        monkeypatch.setattr(made_plugins, "Mse", Spoils)
        asked = Request(("blend",), ("made-textures",), metrics=("made-mse", "made-second"), batch_size=1)
        store = ResultStore(tmp_path)
        jobs = Planner(asked).jobs()
        assert Runner(store, CPU, workers=4, save_images=True).run(jobs)
        (result,) = store.results()
        for name in ("made-mse", "made-second"):
            found = [row.scores[name] for row in result.rows]
            np.testing.assert_allclose(found, tidy["made-mse"], rtol=1e-7)
        sample = Textures(made_plugins.DatasetOptions())[0]
        expected = 0.5 * sample.frames.astype(float).sum(axis=0)
        kept = read_image(store.album(jobs[0].cell).prediction(sample.id, 0.5))
        assert np.abs(kept - expected).max() <= 0.5
