"""From positions in the training order to batches, the same for any number of processes.

Sample p of the whole training (step times batch plus place in the batch) depends on the recipe's seed and p
alone: rank r of n takes its own places of every batch, so nothing is counted twice, and a training that
goes on at step s just asks for positions from s times batch on.
"""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from vfibench.errors import VfibenchError
from vfibench.frames.resize import reduced_pictures
from vfibench.trainable import Batch, Clip, TrainingSource
from vfibench.training.recipes import Data

Item = tuple[Tensor, Tensor, Tensor, Tensor | None]
CROP, FLIP = 0, 1
"""First part of a random stream's seed: what the source draws, and what augmentation draws."""


class Place(NamedTuple):
    """Which part of every batch a process computes: rank of `world` processes."""

    rank: int = 0
    world: int = 1

    def positions(self, first: int, last: int, batch: int) -> Iterator[int]:
        """Positions of the samples of steps first to last - 1; `world` divides `batch`."""
        share = batch // self.world
        for step in range(first, last):
            start = step * batch + self.rank * share
            yield from range(start, start + share)


class Samples(Dataset[Item]):
    """The endless training order over a source: each epoch a permutation of its own."""

    def __init__(self, source: TrainingSource, data: Data, seed: int) -> None:
        self.source, self.data, self.seed = source, data, seed

    def __getitem__(self, position: int) -> Item:
        """Sample at a position: frames, targets, times and flows, uint8 pictures; see `Batch`."""
        index = position
        if self.source.size is not None:
            epoch, place = divmod(position, self.source.size)
            index = int(_order(self.seed, epoch, self.source.size)[place])
        clip = self.source.sample(index, np.random.default_rng([CROP, self.seed, position]), self.data.wanted)
        clip = augmented(clip, self.data, np.random.default_rng([FLIP, self.seed, position]))
        frames, flows = clip.frames, clip.flows
        if self.data.scale > 1:  # motion is told in pixels of the inputs, and there at full size only
            frames, flows = reduced_pictures(np.ascontiguousarray(frames), self.data.scale), None
        known = None if flows is None else torch.from_numpy(np.ascontiguousarray(flows))
        pictures = [torch.from_numpy(each.copy()) for each in (frames, clip.targets)]
        return pictures[0], pictures[1], torch.tensor(clip.times, dtype=torch.float32), known


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, size: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(size)


def augmented(clip: Clip, data: Data, rng: np.random.Generator) -> Clip:
    """Mirror, turn and reverse a clip as the recipe allows; motion follows. All draws are always made."""
    mirror_x, mirror_y, backwards = rng.random(3) < 0.5
    turns = int(rng.integers(4))
    frames, targets, times, flows = clip
    if data.flip and mirror_x:
        frames, targets = frames[..., ::-1], targets[..., ::-1]
        flows = None if flows is None else _signed(flows[..., ::-1], (-1, 1))
    if data.flip and mirror_y:
        frames, targets = frames[..., ::-1, :], targets[..., ::-1, :]
        flows = None if flows is None else _signed(flows[..., ::-1, :], (1, -1))
    for _ in range(turns if data.rotate else 0):
        frames, targets = (np.rot90(each, axes=(-2, -1)) for each in (frames, targets))
        flows = None if flows is None else _turned(flows)
    if data.reverse and backwards:
        frames, targets, times = frames[::-1], targets[::-1], tuple(1 - time for time in reversed(times))
        flows = None if flows is None else flows[::-1, [2, 3, 0, 1]]
    return Clip(frames, targets, times, flows)


def _signed(flows: np.ndarray, signs: tuple[int, int]) -> np.ndarray:
    return flows * np.array([*signs, *signs], dtype=np.float32).reshape(4, 1, 1)


def _turned(flows: np.ndarray) -> np.ndarray:
    """A quarter turn as `np.rot90` makes it: what moved right now moves up."""
    turned = np.rot90(flows, axes=(-2, -1))
    return _signed(turned[:, [1, 0, 3, 2]], (1, -1))


def batches(
    samples: Samples, place: Place, first: int, last: int, batch: int, workers: int, pinned: bool = False
) -> Iterator[Batch]:
    """The batches of this process for steps first to last - 1, on the CPU.

    Args:
        workers: processes that make samples ahead; 0 makes them in this one, as they are asked for.
        pinned: whether pictures lie where CUDA takes them from without waiting.

    Raises:
        VfibenchError: the source cannot give a sample.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This DataLoader will create")  # more workers than cores
        loader = DataLoader(
            _Answers(samples),
            batch_size=batch // place.world,
            sampler=_Order(place, first, last, batch),
            num_workers=workers,
            collate_fn=_collated,
            pin_memory=pinned,
            worker_init_fn=_deaf,
        )
    for answer in loader:
        if isinstance(answer, VfibenchError):
            raise answer
        yield answer


class _Answers(Dataset[Item | VfibenchError]):
    """Samples, or why there is none: raised in a worker, an error would arrive with its traceback as text."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __getitem__(self, position: int) -> Item | VfibenchError:
        try:
            return self._samples[position]
        except VfibenchError as error:
            return error


def _deaf(_worker: int) -> None:
    """Ctrl-C reaches all processes of a terminal; the one that trains decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class _Order(Sampler[int]):
    """Positions as `Place.positions` gives them."""

    def __init__(self, place: Place, first: int, last: int, batch: int) -> None:
        self._asked = place, first, last, batch

    def __iter__(self) -> Iterator[int]:
        place, *steps = self._asked
        return place.positions(*steps)


def _collated(answers: list[Item | VfibenchError]) -> Batch | VfibenchError:
    """Pictures stay uint8: they cross to the device four times as fast, see `placed`."""
    samples: list[Item] = []
    for answer in answers:
        if isinstance(answer, VfibenchError):
            return answer
        samples.append(answer)
    frames, targets, times, flows = zip(*samples, strict=True)
    known = [flow for flow in flows if flow is not None]
    stacked = torch.stack(known) if len(known) == len(flows) else None
    return Batch(torch.stack(frames), torch.stack(targets), torch.stack(times), stacked)


def placed(batch: Batch, device: torch.device) -> Batch:
    """A batch on the device, its pictures as float32 in [0, 1]."""
    frames, targets, times, flows = (
        None if each is None else each.to(device, non_blocking=True) for each in batch
    )
    assert frames is not None
    assert targets is not None
    assert times is not None
    return Batch(frames.float() / 255, targets.float() / 255, times, flows)
