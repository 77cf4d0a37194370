"""`dis` against loops over pixels, on known motion and on real frames; `minterpolate` against FFmpeg."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from vfibench import load_method
from vfibench.errors import VfibenchError
from vfibench.frames.files import read_image
from vfibench_adapters.classical import minterpolate
from vfibench_adapters.classical.dis_flow import Dis, flows
from vfibench_adapters.classical.middlebury import Motion, between, flow_at, motion_of, nearest
from vfibench_adapters.classical.minterpolate import Minterpolate


def random_motion(seed: int, height: int = 7, width: int = 9) -> Motion:
    draw = torch.Generator().manual_seed(seed)
    flow = [14 * torch.randn(1, 2, height, width, generator=draw) for _ in range(2)]
    # Whole and half numbers too, where positions fall on pixels, and equal costs.
    flow[0][..., :3] = flow[0][..., :3].round()
    flow[1][..., :2, :] = (2 * flow[1][..., :2, :]).round() / 2
    costs = [(4 * torch.rand(height, width, generator=draw)).round() / 4 for _ in range(2)]
    seen = [(torch.rand(1, 1, height, width, generator=draw) > 0.3).float() for _ in range(2)]
    return Motion((flow[0], flow[1]), (costs[0], costs[1]), (seen[0], seen[1]))


def splatted_by_loops(motion: Motion, time: float) -> tuple[np.ndarray, np.ndarray]:
    """Baker et al.'s first two steps, pixel by pixel: the flow at `time`, and where none lands."""
    there, back = (flow[0].double().numpy() for flow in motion.flows)
    height, width = there.shape[1:]
    best = np.full((height, width), math.inf)
    flow = np.zeros((2, height, width))
    for field, costs, share, sign in (
        (there, motion.costs[0], time, 1),
        (back, motion.costs[1], 1 - time, -1),
    ):
        for y in range(height):
            for x in range(width):
                at = x + share * field[0, y, x], y + share * field[1, y, x]
                for column in range(width):
                    for row in range(height):
                        if max(abs(column - at[0]), abs(row - at[1])) < 1 and costs[y, x] < best[row, column]:
                            best[row, column] = costs[y, x]
                            flow[:, row, column] = sign * field[:, y, x]
    return flow, np.isinf(best)


@pytest.mark.parametrize("time", [0.5, 0.25, 0.75])
@pytest.mark.parametrize("seed", range(4))
def test_flow_is_splatted_as_loops_splat_it(seed, time):
    motion = random_motion(seed)
    found = flow_at(motion, time)[0].numpy()
    expected, holes = splatted_by_loops(motion, time)
    assert 0 < holes.sum() < holes.size
    assert np.allclose(found[:, ~holes], expected[:, ~holes], atol=1e-6)
    known = np.argwhere(~holes)
    for y, x in np.argwhere(holes):  # filled from a pixel that is nearest, as OpenCV measures (to 5 %)
        far = np.hypot(*(known - (y, x)).T)
        near = known[far <= 1.05 * far.min() + 1e-9]
        assert any(np.allclose(found[:, y, x], expected[:, a, b]) for a, b in near)


def test_the_nearest_pixel_is_itself_where_it_is_known():
    hit = torch.rand(20, 30, generator=torch.Generator().manual_seed(0)) > 0.7
    index = nearest(hit)
    own = torch.arange(600)
    assert torch.equal(index[hit.flatten()], own[hit.flatten()])
    assert bool(hit.flatten()[index].all())


def bilinear(image: np.ndarray, x: float, y: float) -> np.ndarray:
    """[C, H, W] at a place, its border continued."""
    height, width = image.shape[1:]
    x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    left, top = min(int(x), width - 2), min(int(y), height - 2)
    u, v = x - left, y - top
    row = lambda r: (1 - u) * image[:, r, left] + u * image[:, r, left + 1]  # noqa: E731
    return (1 - v) * row(top) + v * row(top + 1)


@pytest.mark.parametrize("seed", range(3))
def test_pixels_are_fetched_from_whoever_sees_them(seed):
    motion, time = random_motion(seed), 0.25
    frames = [torch.rand(1, 3, 7, 9, generator=torch.Generator().manual_seed(seed + k)) for k in (10, 20)]
    found = between(*frames, motion, time)[0].numpy()
    flow = flow_at(motion, time)[0].double().numpy()
    first, second = (frame[0].double().numpy() for frame in frames)
    seen = [one[0].double().numpy() for one in motion.seen]
    for y in range(7):
        for x in range(9):
            places = [(x - time * flow[0, y, x], y - time * flow[1, y, x])]
            places.append((x + (1 - time) * flow[0, y, x], y + (1 - time) * flow[1, y, x]))
            inside = [0 <= a <= 8 and 0 <= b <= 6 for a, b in places]
            shared = [
                ok and bilinear(s, a, b)[0] > 0.5 for ok, s, (a, b) in zip(inside, seen, places, strict=True)
            ]
            if not inside[0] and not inside[1]:
                weight = 1 - time
            elif not inside[0] or (inside[1] and shared[0] and not shared[1]):
                weight = 0.0  # the second alone
            elif not inside[1] or (shared[1] and not shared[0]):
                weight = 1.0
            else:
                weight = 1 - time
            expected = weight * bilinear(first, *places[0]) + (1 - weight) * bilinear(second, *places[1])
            assert np.allclose(found[:, y, x], expected, atol=1e-5), (y, x)


def texture(seed: int, height: int, width: int) -> np.ndarray:
    grain = np.random.default_rng(seed).uniform(0, 1, (height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(grain, (0, 0), 4)
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


def scene(time: float) -> np.ndarray:
    """A square that moves by 8 pixels in front of a background that moves by 4 the other way, [3, H, W]."""
    back = texture(1, 128, 240)
    picture = back[:, round(20 + 4 * time) : round(20 + 4 * time) + 160].copy()
    left = round(40 + 8 * time)
    picture[30:98, left : left + 68] = texture(2, 68, 68)
    return picture.transpose(2, 0, 1)


def test_what_one_frame_alone_sees_is_taken_from_there():
    first, middle, second = (scene(time) for time in (0, 0.5, 1))
    frames = torch.from_numpy(np.stack([first, second]))[None]
    made = Dis().predict(frames, [0.5])[0, 0].numpy()
    plain = (first + second) / 2
    score = lambda picture, where: peak_signal_noise_ratio(middle[where], picture[where], data_range=1)  # noqa: E731
    whole = (slice(None), slice(4, -4), slice(8, -8))
    beside = (slice(None), slice(36, 92), slice(40, 43))  # uncovered on the left: the second frame sees it
    assert score(made, whole) > 32 > score(plain, whole) + 5
    assert score(made, beside) > score(plain, beside) + 3


@pytest.mark.parametrize("time", [0.25, 0.5, 0.75])
def test_a_picture_that_moves_as_a_whole_is_moved(time):
    wide = texture(3, 80, 160)
    frames = torch.from_numpy(np.stack([wide[:, 16 + k : 112 + k].transpose(2, 0, 1) for k in (0, 8)]))[None]
    made = Dis().predict(frames, [time])[0, 0].numpy()
    shift = round(8 * time)
    expected = wide[:, 16 + shift : 112 + shift].transpose(2, 0, 1)
    inner = (slice(None), slice(2, -2), slice(10, -10))
    assert peak_signal_noise_ratio(expected[inner], made[inner], data_range=1) > 36


def test_flow_points_where_the_picture_went():
    wide = texture(4, 80, 160)
    first, second = (torch.from_numpy(wide[:, 16 + k : 112 + k].transpose(2, 0, 1).copy()) for k in (0, 6))
    there, back = flows(first, second)
    assert there[0, 0, 10:-10, 10:-10].median() == pytest.approx(-6, abs=0.2)
    assert back[0, 0, 10:-10, 10:-10].median() == pytest.approx(6, abs=0.2)
    assert abs(there[0, 1, 10:-10, 10:-10].median()) < 0.2


@pytest.mark.parametrize(("name", "gain"), [("dis", 1.0), ("minterpolate", 0.4)])
def test_real_triplets_are_better_than_their_average(shared, name, gain):
    folder = shared("data", "ucf101_interp_ours")
    method, scores = load_method(name), []
    for sample in sorted(folder.iterdir())[:8]:
        first, second, truth = (read_image(sample / f"frame_{k}.png") for k in ("00", "02", "01_gt"))
        frames = torch.from_numpy(np.stack([first, second])).float()[None] / 255
        made = method.predict(frames, [0.5])[0, 0].mul(255).round().clamp(0, 255).byte().numpy()
        average = np.rint((first.astype(np.float64) + second) / 2).astype(np.uint8)
        scores.append([peak_signal_noise_ratio(truth, picture) for picture in (made, average)])
    ours, plain = np.mean(scores, axis=0)
    assert ours > plain + gain


def test_flow_is_found_once_for_each_pair(monkeypatch):
    from vfibench_adapters.classical import dis_flow

    calls = []
    monkeypatch.setattr(dis_flow, "flows", lambda *pair: (calls.append(1), flows(*pair))[1])
    Dis().predict(torch.rand(3, 2, 3, 32, 40), [k / 8 for k in range(1, 8)])
    assert len(calls) == 3


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (15, 17), (40, 2)])
@pytest.mark.parametrize("name", ["dis", "minterpolate"])
def test_small_frames_come_back_in_their_size(name, size):
    frames = torch.rand(1, 2, 3, *size)
    made = load_method(name).predict(frames, [0.3, 0.5])
    assert made.shape == (1, 2, 3, *size)
    assert bool(made.isfinite().all())


def test_occlusion_needs_both_flows_to_agree():
    still = torch.zeros(1, 2, 8, 8)
    moved = still.clone()
    moved[..., 4:] = 3
    frame = torch.rand(1, 3, 8, 8)
    motion = motion_of(frame, frame, (moved, still))
    assert bool(motion.seen[0][..., :4].all())
    assert not bool(motion.seen[0][..., 4:].any())


def clip_frames(shared, count: int) -> list[np.ndarray]:
    folder: Path = shared("data", "clips", "BasketballPass_416x240_50")
    return [read_image(folder / f"im{k}.png") for k in range(1, count + 1)]


def through_ffmpeg(pictures: list[np.ndarray], rate: int) -> dict[int, np.ndarray]:
    """The filter over a sequence, colours turned by FFmpeg's scaler; frame n is shown at n / rate."""
    graph = av.filter.Graph()
    height, width = pictures[0].shape[1:]
    source = graph.add_buffer(width=width, height=height, format="yuv444p", time_base=Fraction(1))
    steps = [source, graph.add("minterpolate", f"fps={rate}:{minterpolate.OPTIONS}"), graph.add("buffersink")]
    for one, following in pairwise(steps):
        one.link_to(following)
    graph.configure()
    turned = {"src_colorspace": "ITU709", "dst_colorspace": "ITU709", "threads": 1}
    found = {}
    for number, picture in enumerate(pictures):
        whole = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.transpose(1, 2, 0)), "rgb24")
        frame = whole.reformat(format="yuv444p", src_color_range=2, dst_color_range=2, **turned)
        frame.pts, frame.time_base = number, Fraction(1)
        graph.push(frame)
        while True:
            try:
                made = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            back = made.reformat(format="rgb24", src_color_range=2, dst_color_range=2, **turned)
            found[made.pts] = back.to_ndarray().transpose(2, 0, 1)
    return found


def test_four_frames_give_what_ffmpeg_gives_over_a_sequence(shared):
    pictures = clip_frames(shared, 8)
    whole = through_ffmpeg(pictures, 4)
    window = torch.from_numpy(np.stack(pictures[4:8])).float()[None] / 255
    made = Minterpolate().predict(window, [0.25, 0.5, 0.75])[0].numpy() * 255
    for place, picture in enumerate(made, 1):
        differences = [np.abs(picture - whole[number]) for number in range(21, 24)]
        right = differences.pop(place - 1)
        assert right.mean() < 1.1  # colours are turned with other roundings
        assert np.quantile(right, 0.99) <= 4
        assert all(other.mean() > 2 * right.mean() for other in differences)


def test_a_time_alone_is_the_time_among_others(shared, monkeypatch):
    window = torch.from_numpy(np.stack(clip_frames(shared, 4))).float()[None] / 255
    together = Minterpolate().predict(window, [0.25, 0.5, 0.75])
    monkeypatch.setattr(minterpolate, "MOST", 0)
    alone = Minterpolate().predict(window, [0.25, 0.5, 0.75])
    assert torch.equal(together, alone)
    later = Minterpolate().predict(window, [0.3, 0.301, 0.9])[0]
    assert (later[0] - later[1]).abs().mean() < (later[0] - later[2]).abs().mean()


def test_without_pyav_the_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(VfibenchError, match=r'pip install "vfibench\[video\]"'):
        load_method("minterpolate")
