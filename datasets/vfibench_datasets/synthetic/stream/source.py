"""The stream as `vfibench train` sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfibench.trainable import Clip, SourceOptions, Wanted

if TYPE_CHECKING:
    import numpy as np

    from vfibench_datasets.synthetic.stream.scenes import Speeds

KEYS = {"train": 0, "validation": 1}
"""First part of a sample's seed; `synthetic`'s own scenes come from another generator altogether.

The generator of times that `vfibench train` hands over begins alike in training (correlation 0.004)."""


class SyntheticStream:
    """Scenes without end; sample k of a seed is the same on every machine, up to rounding."""

    size: int | None = None
    facts: str = (
        "vfibench's synthetic stream: random layers of the photographs inside scikit-image "
        "(CC0 or public domain), moved by homographies; no real video"
    )

    def __init__(self, options: SourceOptions, speeds: Speeds) -> None:
        from vfibench_datasets.synthetic.photographs import check

        check()
        self._speeds = speeds
        self._key = (KEYS[options.part], options.seed)

    def sample(self, index: int, rng: np.random.Generator, wanted: Wanted) -> Clip:
        """Draw and render scene `index`; only times in the windows are taken from `rng`."""
        import numpy as np
        import torch

        from vfibench_datasets.synthetic.stream.effects import lit, recorded
        from vfibench_datasets.synthetic.stream.rendering import motion, render
        from vfibench_datasets.synthetic.stream.scenes import draw_scene

        first = 1 - wanted.inputs // 2
        inputs = [float(first + k) for k in range(wanted.inputs)]
        targets = target_times(wanted, rng)
        times = inputs + targets
        draws = np.random.default_rng([*self._key, index])
        layers = draw_scene(draws, wanted.crop, self._speeds)
        with torch.inference_mode():
            frames, owners = render(layers, times, wanted.crop)
            levels = recorded(draws, lit(draws, frames, times), wanted.inputs)
            onward = motion(layers, owners[: wanted.inputs - 1], inputs[:-1], inputs[1:])
            back = motion(layers, owners[1 : wanted.inputs], inputs[1:], inputs[:-1])
            flows = torch.cat([onward, back], 1).numpy()
        return Clip(levels[: wanted.inputs], levels[wanted.inputs :], tuple(targets), flows)


def target_times(wanted: Wanted, rng: np.random.Generator) -> list[float]:
    """Times of the targets of a source that has every time; random ones are multiples of 1/8."""
    first, last = 1 - wanted.inputs // 2, wanted.inputs // 2
    if wanted.targets == "all":
        return [first + k / 2 for k in range(2 * wanted.inputs - 1)]
    within = 0.5 if wanted.time == "midpoint" else float(rng.integers(1, 8)) / 8
    return [within] if wanted.targets == "middle" else [window + within for window in range(first, last)]


def open_stream(options: SourceOptions) -> SyntheticStream:
    """Open the stream of moderate motion; `root` does not matter.

    Raises:
        VfibenchError: a photograph of scikit-image is missing or changed.
    """
    from vfibench_datasets.synthetic.stream.scenes import MODERATE

    return SyntheticStream(options, MODERATE)


def open_fast_stream(options: SourceOptions) -> SyntheticStream:
    """Open the stream with motion up to twice as fast, and less of it slow, for crops of 128 and more.

    Raises:
        VfibenchError: a photograph of scikit-image is missing or changed.
    """
    from vfibench_datasets.synthetic.stream.scenes import FAST

    return SyntheticStream(options, FAST)
