"""The endless stream: repeatable, true to its motion, and of every kind of motion it promises."""

from __future__ import annotations

import math
import pickle
from collections import Counter

import numpy as np
import pytest
import torch
from warping import residuals, warped

from vfibench.registry import SOURCES, load_target
from vfibench.trainable import SourceOptions, Wanted
from vfibench.training.recipes import Data
from vfibench.training.samples import Place, Samples, batches
from vfibench_datasets.synthetic.stream import effects
from vfibench_datasets.synthetic.stream.effects import _compressed, lit, recorded
from vfibench_datasets.synthetic.stream.rendering import motion, render
from vfibench_datasets.synthetic.stream.scenes import CUT_OUTS, PICTURES, draw_scene
from vfibench_datasets.synthetic.stream.source import open_stream

SIZE = 64


def draw(index, wanted, part="train", seed=3, time_seed=0):
    return open_stream(SourceOptions(None, part, seed)).sample(
        index, np.random.default_rng(time_seed), wanted
    )


def equal(one, other):
    pairs = zip(one, other, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module")
def clips():
    """Samples with all frames in steady light: twelve of two inputs and six of four."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effects, "lit", lambda rng, frames, times: frames)
        return {
            inputs: [draw(index, Wanted(inputs, "all", "midpoint", SIZE)) for index in range(count)]
            for inputs, count in ((2, 12), (4, 6))
        }


@pytest.fixture(scope="module")
def scenes():
    """Four hundred scenes, not rendered."""
    return [draw_scene(np.random.default_rng([7, index]), 128) for index in range(400)]


@pytest.mark.parametrize("wanted", [Wanted(2, "middle", "random", 32), Wanted(4, "windows", "random", 64)])
def test_equal_arguments_give_equal_bytes(wanted):
    for index in (0, 5, 10**9):
        one, again = draw(index, wanted), draw(index, wanted)
        assert equal(one, again)
        source = pickle.loads(pickle.dumps(open_stream(SourceOptions(seed=3))))
        assert equal(one, source.sample(index, np.random.default_rng(0), wanted))


def test_another_index_seed_or_part_is_another_scene():
    wanted = Wanted(2, "middle", "midpoint", 32)
    others = [
        draw(0, wanted),
        draw(1, wanted),
        draw(0, wanted, seed=4),
        draw(0, wanted, "validation"),
        draw(1, wanted, "validation"),
        draw(0, wanted, "validation", seed=4),
    ]
    frames = {clip.frames.tobytes() for clip in others}
    assert len(frames) == len(others)


def test_the_fast_stream_shows_the_same_scenes_with_faster_motion():
    wanted = Wanted(2, "middle", "midpoint", 128)
    lengths = []
    for name in ("synthetic", "synthetic-fast"):
        source = load_target(SOURCES.card(name).target)(SourceOptions(seed=3))
        clips = [source.sample(index, np.random.default_rng(0), wanted) for index in range(12)]
        lengths.append([float(np.median(np.hypot(*clip.flows[0, :2]))) for clip in clips])
    moderate, fast = np.array(lengths)
    assert (fast > 0.99 * moderate).all()  # equal where the camera stands on a tripod
    assert np.median(fast) > 1.5 * np.median(moderate)
    assert fast.max() > 12


def test_threads_and_worker_processes_change_nothing():
    source = open_stream(SourceOptions(seed=3))
    samples = Samples(source, Data(crop=64, targets="windows", flip=True, reverse=True), 3)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        alone = list(batches(samples, Place(), 0, 2, 2, 0))
    finally:
        torch.set_num_threads(threads)
    helped = list(batches(samples, Place(), 0, 2, 2, 2))
    assert all(
        a.equal(b) for one, other in zip(alone, helped, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize(
    ("wanted", "times"),
    [
        (Wanted(2, "middle", "midpoint", 32), (0.5,)),
        (Wanted(4, "windows", "midpoint", 32), (-0.5, 0.5, 1.5)),
        (Wanted(2, "all", "random", 32), (0, 0.5, 1)),
        (Wanted(4, "all", "midpoint", 32), (-1, -0.5, 0, 0.5, 1, 1.5, 2)),
        (Wanted(6, "windows", "midpoint", 32), (-1.5, -0.5, 0.5, 1.5, 2.5)),
    ],
)
def test_shapes_types_and_times_are_as_wanted(wanted, times):
    clip = draw(2, wanted)
    assert clip.times == times
    assert clip.frames.shape == (wanted.inputs, 3, 32, 32)
    assert clip.targets.shape == (len(times), 3, 32, 32)
    assert clip.flows.shape == (wanted.inputs - 1, 4, 32, 32)
    assert (clip.frames.dtype, clip.targets.dtype, clip.flows.dtype) == (np.uint8, np.uint8, np.float32)
    assert np.isfinite(clip.flows).all()
    assert clip.frames.std() > 3  # a picture, not a plain


def test_random_times_are_all_eighths_and_the_same_in_every_window():
    found = Counter()
    for seed in range(60):
        times = np.array(draw(0, Wanted(4, "windows", "random", 32), time_seed=seed).times)
        assert np.array_equal(np.diff(times), [1, 1])
        found[times[1] * 8] += 1
    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]


def test_inputs_and_motion_do_not_depend_on_the_targets_asked_for():
    for index in range(6):
        one, other = (
            draw(index, Wanted(2, "middle", "random", 32)),
            draw(index, Wanted(2, "all", "random", 32)),
        )
        assert np.array_equal(one.frames, other.frames)
        assert np.array_equal(one.flows, other.flows)


@pytest.mark.parametrize("inputs", [2, 4])
def test_exact_motion_takes_each_frame_to_its_neighbour(clips, inputs):
    """On the clean frames, where both see a pixel: within a level or two, which resampling costs."""
    moving = 0
    for clip in clips[inputs]:
        still, moved = residuals(clip.targets[::2], clip.flows)
        assert (
            moved.size > 0.3 * clip.flows[:, :2].size * 3
        )  # both ways, three channels: most pixels are seen
        assert np.median(moved) < 2.5
        assert moved.mean() < 4
        if still.mean() > 4:
            moving += 1
            assert moved.mean() < 0.5 * still.mean()
    assert moving >= len(clips[inputs]) / 4


def test_frames_between_are_where_the_layers_are_at_that_time():
    """The frame at t, warped from that at 0 by the scene's own motion, for times inside and outside."""
    for index in range(5):
        layers = draw_scene(np.random.default_rng([8, index]), SIZE)
        times = [-1.0, 0.25, 0.625, 1.0]
        frames, owners = render(layers, [0.0, *times], SIZE)
        onward = motion(layers, owners[1:], times, [0.0] * 4).numpy()
        back = motion(layers, owners[:1].expand(4, -1, -1), [0.0] * 4, times).numpy()
        for frame, flow, home in zip(frames[1:].numpy() * 255, onward, back, strict=True):
            pair = np.stack([frame, frames[0].numpy() * 255])
            _, moved = residuals(pair, np.concatenate([flow, home])[None])
            assert moved.size
            assert np.median(moved) < 2.5
            assert moved.mean() < 5


def test_motion_there_and_back_cancels_where_both_frames_see(clips):
    for clip in (*clips[2], *clips[4]):
        for flow in clip.flows:
            with np.errstate(invalid="ignore"):
                error = np.hypot(*(flow[:2] + warped(flow[2:], flow[:2])))
            assert np.nanmedian(error) < 0.05


def test_owners_are_the_layer_in_front():
    for index in range(20):
        layers = draw_scene(np.random.default_rng([9, index]), SIZE)
        frames, owners = render(layers, [0.0, 0.5], SIZE)
        assert owners.dtype == torch.int64
        assert owners.shape == (2, SIZE, SIZE)
        assert frames.shape == (2, 3, SIZE, SIZE)
        assert 0 <= owners.min() <= owners.max() < len(layers)
        assert 0 <= frames.min() <= frames.max() <= 1
        top = owners == len(layers) - 1  # what the front layer owns shows it alone when it is laid on black
        alone = render([layers[0], layers[-1]], [0.0, 0.5], SIZE)[1] == 1
        assert len(layers) == 1 or top.equal(alone)


def scene_at(index, inputs, times):
    """Scene `index` of seed 3 rendered at the targets' times, in whole levels."""
    draws = np.random.default_rng([0, 3, index])
    everything = [float(k - inputs // 2 + 1) for k in range(inputs)] + list(times)
    frames, _ = render(draw_scene(draws, SIZE), everything, SIZE)
    return (lit(draws, frames, everything)[inputs:] * 255 + 0.5).to(torch.uint8).numpy()


def test_targets_are_clean_while_inputs_may_not_be():
    same = 0
    for index in range(12):
        clip = draw(index, Wanted(2, "all", "midpoint", SIZE))
        assert np.array_equal(clip.targets, scene_at(index, 2, (0.0, 0.5, 1.0)))
        same += np.array_equal(clip.frames, clip.targets[::2])
    assert 2 <= same <= 10


@pytest.mark.parametrize(("inputs", "targets"), [(2, "middle"), (4, "windows")])
def test_targets_are_what_the_scene_shows_at_their_times(inputs, targets):
    for index in range(4):
        clip = draw(index, Wanted(inputs, targets, "random", SIZE), time_seed=index)
        assert np.array_equal(clip.targets, scene_at(index, inputs, clip.times))


def test_layers_go_straight_at_one_speed(scenes):
    for layers in scenes[:50]:
        for layer in layers:
            start, end = (centre_of(layer, time) for time in (0.0, 1.0))
            for time in (-1.0, 0.25, 0.5, 2.0):
                assert centre_of(layer, time) == pytest.approx((1 - time) * start + time * end, abs=1e-9)


def centre_of(layer, time):
    """Where a layer's own centre stands in the frame, pixels."""
    x, y, w = np.array(layer.at(time)).reshape(3, 3) @ (0.0, 0.0, 1.0)
    return np.array([x / w, y / w])


def test_noise_and_compression_touch_inputs_in_their_share_of_samples(monkeypatch):
    qualities = []
    monkeypatch.setattr(effects, "_compressed", lambda frame, quality: qualities.append(quality) or frame)
    levels = []
    for seed in range(600):
        made = recorded(np.random.default_rng(seed), torch.full((3, 3, 16, 16), 128 / 255), 2)
        assert (made[2] == 128).all()
        levels.append(made[:2].std())
    noisy = [level for level in levels if level]
    assert 0.26 < len(noisy) / 600 < 0.38  # 0.35, of which a tenth is too weak for whole levels
    assert np.mean(noisy) == pytest.approx(1.65, rel=0.25)
    assert 0.2 < len(qualities) / 2 / 600 < 0.3
    assert qualities[::2] == qualities[1::2]  # both inputs alike
    assert min(qualities) >= 50
    assert max(qualities) == 95


def test_compression_keeps_colours_and_changes_texture():
    plain = np.broadcast_to(np.array([200, 40, 90], np.uint8).reshape(3, 1, 1), (3, 16, 16))
    assert np.abs(_compressed(plain, 90).astype(int) - plain).max() <= 3
    texture = np.random.default_rng(0).integers(90, 160, (3, 16, 16), dtype=np.uint8)
    coarse, fine = (np.abs(_compressed(texture, q).astype(int) - texture).mean() for q in (50, 95))
    assert 1 < fine < coarse < 40


def test_light_changes_in_one_sample_of_five_linearly_in_time():
    frames, times = torch.full((3, 3, 2, 2), 0.5), [0.0, 0.5, 1.0]
    lights = [lit(np.random.default_rng(seed), frames.clone(), times)[:, 0, 0, 0] for seed in range(400)]
    changed = [light for light in lights if light[0] != light[2]]
    assert 0.14 < len(changed) / 400 < 0.26
    for light in changed:
        assert light[1] == 0.5
        assert abs(float(light[0] + light[2]) - 1) < 1e-6
    assert 0.002 < np.mean([abs(float(light[2] - light[0])) for light in changed]) < 0.1


def centre(layer, time):
    matrix = layer.at(time)
    return np.array([matrix[2], matrix[5]])


def pose(layer, time):
    """Scale and angle at the layer's centre."""
    m = layer.at(time)
    a, b = m[0] - m[2] * m[6], m[3] - m[5] * m[6]
    return math.hypot(a, b), math.atan2(b, a)


def test_cameras_stand_still_in_a_quarter_of_the_scenes_and_move_up_to_12_px(scenes):
    speeds = np.array([np.hypot(*(centre(layers[0], 1) - centre(layers[0], 0))) for layers in scenes])
    assert 0.18 < np.mean(speeds < 1e-9) < 0.32
    moving = speeds[speeds > 1e-9]
    assert 0.15 <= moving.min() < 0.3
    assert 9 < moving.max() <= 12 + 1e-9
    assert np.median(moving) == pytest.approx(math.sqrt(0.15 * 12), rel=0.35)  # log-uniform


def test_layers_turn_zoom_and_tilt(scenes):
    layers = [layer for scene in scenes for layer in scene]
    turns = np.array([pose(layer, 1)[1] - pose(layer, 0)[1] for layer in layers])
    zooms = np.array([math.log(pose(layer, 1)[0] / pose(layer, 0)[0]) for layer in layers])
    tilts = np.array([abs(layer.start[6]) + abs(layer.start[7]) for layer in layers])
    for amounts, share in ((turns, 0.5), (zooms, 0.5), (tilts, 0.3)):
        assert np.mean(np.abs(amounts) > 1e-9) == pytest.approx(share, abs=0.06)
    assert np.abs(turns).max() > math.radians(2)
    assert np.abs(zooms).max() > 0.03
    assert (turns > 1e-9).any()
    assert (turns < -1e-9).any()


def test_occluders_come_as_cut_outs_blobs_bars_and_wires_at_several_speeds(scenes):
    counts = Counter(len(layers) - 1 for layers in scenes)
    assert sorted(counts) == [0, 1, 2, 3, 4]
    assert min(counts.values()) > 20
    foreground = [layer for layers in scenes for layer in layers[1:]]
    kinds = Counter(
        "cut-out" if layer.surface.cut_out else layer.shape.__qualname__.partition(".")[0]
        for layer in foreground
    )
    shares = {kind: count / len(foreground) for kind, count in kinds.items()}
    assert shares == pytest.approx({"cut-out": 0.3, "blob": 0.45, "bars": 0.15, "wire": 0.1}, abs=0.05)
    assert all(layers[0].shape is None and not layers[0].surface.cut_out for layers in scenes)
    speeds = [np.hypot(*(centre(layer, 1) - centre(layer, 0))) for layer in foreground]
    assert min(speeds) < 1
    assert 18 < max(speeds) < 32


def test_half_of_the_occluders_move_with_the_camera(scenes):
    apart = []
    for layers in scenes:
        camera = centre(layers[0], 1) - centre(layers[0], 0)
        if np.hypot(*camera) > 6:
            apart += [np.hypot(*(centre(layer, 1) - centre(layer, 0) - camera)) for layer in layers[1:]]
    slow = np.mean(np.array(apart) < 2.4)  # the median of own speeds, for those that follow
    assert 0.15 < slow < 0.4


def test_thin_structures_are_thin(scenes):
    line = torch.linspace(-64, 64, 1025)
    x, y = torch.meshgrid(line, line, indexing="xy")
    shapes = {"bars": [], "wire": []}
    for layers in scenes[:200]:
        for layer in layers[1:]:
            kind = "" if layer.shape is None else layer.shape.__qualname__.partition(".")[0]
            if kind in shapes and len(shapes[kind]) < 12:
                shapes[kind].append(layer.shape)
    for kind, found in shapes.items():
        assert len(found) == 12
        covered = [float(shape(x, y).mean()) for shape in found]
        assert min(covered) > 0
        assert max(covered) < 0.5
        assert np.median(covered) < (0.06 if kind == "wire" else 0.2)


def test_every_photograph_and_cut_out_is_used(scenes):
    layers = [layer for scene in scenes for layer in scene]
    assert {layer.surface.picture for layer in layers if not layer.surface.cut_out} == set(PICTURES)
    assert {layer.surface.picture for layer in layers if layer.surface.cut_out} == set(CUT_OUTS)


def test_it_is_in_the_catalogue_and_has_no_end():
    source = load_target(SOURCES.card("synthetic").target)(SourceOptions(seed=1))
    assert source.size is None
    assert "no real video" in source.facts
