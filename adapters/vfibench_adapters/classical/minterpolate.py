"""`minterpolate`: FFmpeg's filter of that name, through PyAV."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from vfibench.contracts import AdapterCard
from vfibench.video.colour import Coding, from_rgb, planes_of, to_rgb
from vfibench.video.layouts import filled
from vfibench.video.library import need_av, pulled
from vfibench_adapters.classical.cards import MINTERPOLATE

if TYPE_CHECKING:
    from av import VideoFrame

OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"
STEPS = 1024  # of an interval, in which the filter works
MOST = 64  # times an interval is divided into in one go
CODING = Coding("yuv444p", matrix=1, full=True)
SMALLEST = 32  # pixels a side: two of its blocks


class Minterpolate:
    """The filter, given the frames before and after the interval as well where there are four."""

    card: ClassVar[AdapterCard] = MINTERPOLATE

    def load(self, device: torch.device, weights: Path | None) -> None:  # noqa: ARG002
        """Make sure that PyAV and the filter are there.

        Raises:
            VfibenchError: they are not.
        """
        from vfibench.errors import VfibenchError

        need_av()
        import av

        if "minterpolate" not in av.filter.filters_available:
            raise VfibenchError("expected FFmpeg with the filter minterpolate, found one without")

    @torch.no_grad()
    def predict(self, frames: Tensor, times: Sequence[float]) -> Tensor:
        """[B, 2 or 4, 3, H, W] to [B, T, 3, H, W], float32; computed on the CPU."""
        made = [torch.stack(_sample(sample, times)) for sample in frames.float().cpu()]
        return torch.stack(made).to(frames.device)


def _sample(frames: Tensor, times: Sequence[float]) -> list[Tensor]:
    height, width = frames.shape[-2:]
    missing = (0, max(0, SMALLEST - width), 0, max(0, SMALLEST - height))
    whole = torch.nn.functional.pad(frames, missing, mode="replicate") if any(missing) else frames
    window = [planes_frame(frame) for frame in (whole if len(whole) == 4 else whole[[0, 0, 1, 1]])]
    places = [round(time * STEPS) for time in times]
    step = math.gcd(STEPS, *places)
    if STEPS // step <= MOST:
        found = filtered(window, [n * STEPS for n in range(4)], STEPS // step)
        made = [found[(STEPS + place) // step] for place in places]
    else:  # one at a time: the interval is shifted until an even second falls on it
        made = []
        for place in places:
            shifted = [0, *(2 * STEPS - place + n * STEPS for n in range(3))]
            made.append(filtered(window, shifted, 1)[2])
    return [rgb_of(frame)[:, :height, :width] for frame in made]


def filtered(window: Sequence[VideoFrame], stamps: Sequence[int], rate: int) -> dict[int, VideoFrame]:
    """What the filter makes of four frames.

    Args:
        window: the frames.
        stamps: when each is shown, in units of 1 / STEPS.
        rate: output frames per second.

    Returns:
        By number: frame n of the output is shown at n / rate.
    """
    import av

    base, graph = Fraction(1, STEPS), av.filter.Graph()
    first = window[0]
    source = graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=base)
    step = graph.add("minterpolate", f"fps={rate}:{OPTIONS}")
    graph.link_nodes(source, step, graph.add("buffersink")).configure()
    found: dict[int, VideoFrame] = {}
    for frame, stamp in zip(window, stamps, strict=True):
        frame.pts, frame.time_base = stamp, base
        graph.push(frame)
        for made in pulled(graph):
            if isinstance(made, av.VideoFrame) and made.pts is not None:
                found[made.pts] = made
    return found


def planes_frame(rgb: Tensor) -> VideoFrame:
    """A picture [3, H, W] in [0, 1] as 8-bit planes for the filter."""
    import av

    frame = av.VideoFrame(rgb.shape[2], rgb.shape[1], CODING.pixel_format)
    shape = (rgb.shape[1], rgb.shape[2])
    return filled(frame, from_rgb(rgb.clamp(0, 1), CODING, shape))


def rgb_of(frame: VideoFrame) -> Tensor:
    """The filter's planes as a picture [3, H, W], nominally in [0, 1]."""
    return to_rgb(planes_of(frame), CODING)
