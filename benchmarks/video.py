"""`vfibench interpolate` against a plain loop of PyAV, network, PyAV: ratios, both measured in turns.

    python benchmarks/video.py --video ../shared/data/videos/car-turn.mp4

The plain loop decodes, predicts and encodes one frame after the other, through RGB, as scripts do. Both
make twice the frames at 448x256 with the same weights, encoder and quality.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import torch

import vfibench
from vfibench.contracts import Adapter

WIDTH, HEIGHT, RATE = 448, 256, 25
CRF = "18"


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, required=True)
    parser.add_argument("--method", default="rife-starter")
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = small_clip(asked.video, Path(folder) / "in.mp4", asked.frames)
        adapter = vfibench.load_method(asked.method)
        ratios, shares = [], []
        for turn in range(asked.turns):
            began = time.perf_counter()
            plain_loop(adapter, clip, Path(folder) / "plain.mp4")
            plain = time.perf_counter() - began
            ours = vfibench.interpolate_video(
                clip, Path(folder) / f"{turn}.mp4", asked.method, factor=2, cuts="off"
            )
            ratios.append(ours.wall / plain)
            shares.append(ours.network / ours.wall)
            print(f"plain loop {plain:.2f} s, ours {ours.wall:.2f} s, network {shares[-1]:.0%} of it")
    print(f"ours / plain loop: {statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})")
    print(f"share of the network: {statistics.median(shares):.0%}")


def small_clip(video: Path, path: Path, count: int) -> Path:
    """The first frames of a video at the benchmark's size."""
    with av.open(str(video)) as source, av.open(str(path), "w") as made:
        stream = output(made, RATE)
        for number, frame in enumerate(source.decode(video=0)):
            if number == count:
                break
            small = frame.reformat(width=WIDTH, height=HEIGHT, format="yuv420p")
            small.pts, small.time_base = number, Fraction(1, RATE)
            made.mux(stream.encode(small))
        made.mux(stream.encode(None))
    return path


def output(container: av.container.OutputContainer, rate: int) -> av.VideoStream:
    """The stream that is encoded to."""
    stream = container.add_stream("libx264", rate=rate, options={"crf": CRF})
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    return stream


@torch.inference_mode()
def plain_loop(adapter: Adapter, clip: Path, path: Path) -> None:
    """Decode, predict, encode, one after the other."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as made:
        stream = output(made, 2 * RATE)
        last, number = None, 0
        for frame in source.decode(video=0):
            pixels = torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1).float() / 255
            shown = [pixels]
            if last is not None:
                shown.insert(0, adapter.predict(torch.stack([last, pixels])[None], (0.5,))[0, 0])
            for picture in shown:
                array = picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).contiguous().numpy()
                encoded = av.VideoFrame.from_ndarray(array, "rgb24")
                encoded.pts, encoded.time_base = number, Fraction(1, 2 * RATE)
                made.mux(stream.encode(encoded))
                number += 1
            last = pixels
        made.mux(stream.encode(None))


if __name__ == "__main__":
    main()
