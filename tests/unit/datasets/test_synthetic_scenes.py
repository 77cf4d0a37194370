"""The parts a synthetic scene is made of: homographies, textures, outlines, visibility."""

from __future__ import annotations

import numpy as np
import pytest

from vfibench.registry import import_sibling

import_sibling("vfibench_datasets", "datasets")
from vfibench_datasets.synthetic import facts, raster, scenes  # noqa: E402
from vfibench_datasets.synthetic.card import COUNT  # noqa: E402
from vfibench_datasets.synthetic.cuts import CutBox, backdrop, coverage_of, smooth  # noqa: E402
from vfibench_datasets.synthetic.geometry import Pose, apply, between, inverse, pose_matrix  # noqa: E402
from vfibench_datasets.synthetic.outlines import circle, rectangle  # noqa: E402
from vfibench_datasets.synthetic.render import frame, texture_of  # noqa: E402
from vfibench_datasets.synthetic.truth import truth  # noqa: E402

START = pose_matrix(Pose(100.0, 80.0, 1.2, 0.1, (3e-4, -2e-4)))
END = pose_matrix(Pose(160.0, 60.0, 1.5, -0.05, (1e-4, 4e-4)))
POINTS = np.random.default_rng(0).uniform(-200, 200, (2, 50))
EVERY_LAYER = [(i, k, layer) for i in range(COUNT) for k, layer in enumerate(scenes.scene(i).layers)]


def test_a_pose_turns_by_the_angle_whose_half_has_the_tangent_and_scales():
    x, y = apply(pose_matrix(Pose(10.0, 20.0, 2.0, np.tan(np.pi / 12))), np.array([1.0]), np.array([0.0]))
    assert np.allclose((x - 10, y - 20), [[2 * np.cos(np.pi / 6)], [2 * np.sin(np.pi / 6)]])


def test_the_inverse_takes_every_point_back():
    back = apply(inverse(END), *apply(END, *POINTS))
    assert np.abs(np.stack(back) - POINTS).max() < 1e-10


def test_the_matrix_is_linear_in_time_and_the_centre_moves_at_constant_speed():
    thirds = [between(START, END, time) for time in (-1, 0, 0.25, 2)]
    assert np.allclose(np.diff(thirds, axis=0)[0] / 1, np.subtract(END, START))
    assert np.allclose(np.subtract(thirds[2], thirds[1]) / 0.25, np.subtract(thirds[3], thirds[2]) / 1.75)
    centres = [apply(m, np.zeros(1), np.zeros(1)) for m in thirds]
    assert np.allclose(np.ravel(centres[2]), [115, 75])


def test_every_point_moves_along_a_straight_line():
    places = np.stack([apply(between(START, END, time), *POINTS) for time in (-1.0, 0.0, 0.3, 1.0, 2.0)])
    first, rest = places[-1] - places[0], places[1:-1] - places[0]
    cross = first[0] * rest[:, 1] - first[1] * rest[:, 0]
    assert np.abs(cross).max() < 1e-9 * (first**2).sum(0).max()


def magnification(m, x, y):
    """Square root of the area, in frame pixels, that a square photograph pixel at (x, y) covers."""
    depth = m[6] * x + m[7] * y + m[8]
    return np.sqrt(np.abs(np.linalg.det(np.reshape(m, (3, 3))) / depth**3))


def test_magnification_is_the_root_of_the_area_a_photograph_pixel_covers():
    x, y = np.array([30.0]), np.array([-40.0])
    e = 1e-4
    right = np.subtract(apply(END, x + e, y), apply(END, x - e, y)).ravel() / (2 * e)
    down = np.subtract(apply(END, x, y + e), apply(END, x, y - e)).ravel() / (2 * e)
    area = right[0] * down[1] - right[1] * down[0]
    assert magnification(END, x, y)[0] == pytest.approx(np.sqrt(area), rel=1e-6)


@pytest.mark.parametrize("step", [raster.reduce, raster.refine])
def test_resampling_keeps_constants_and_ramps(step):
    ramp = np.add.outer(np.arange(16.0), 2 * np.arange(20.0))[..., None]
    made = step(ramp)
    factor = 2 if step is raster.reduce else 0.5
    inner = made[4:-4, 4:-4, 0] if step is raster.refine else made[1:-1, 1:-1, 0]
    assert np.allclose(np.diff(inner, axis=0), factor)
    assert np.allclose(np.diff(inner, axis=1), 2 * factor)
    assert np.array_equal(step(np.full((8, 8, 1), 7.0)), np.full(step(np.zeros((8, 8, 1))).shape, 7.0))


def test_refining_is_one_step_towards_the_cubic_b_spline():
    impulse = np.zeros((9, 9, 1))
    impulse[4, 4] = 64.0
    column = raster.refine(impulse)[8, :, 0] / 6
    assert column[6:11].tolist() == [1, 4, 6, 4, 1]
    assert column.sum() == 16


def test_a_texture_is_read_bilinearly_and_goes_on_beyond_its_edges():
    texture = np.array([[[0.0], [8.0]], [[4.0], [20.0]]], dtype=np.float32)
    u, v = np.array([0.0, 1.0, 0.5, 0.25, 9.0, -3.0]), np.array([0.0, 1.0, 0.5, 0.0, 0.0, 1.0])
    assert raster.sample(texture, u, v)[:, 0].tolist() == [0, 20, 8, 2, 8, 4]


def test_coverage_of_a_rectangle_is_exact_for_sides_at_quarter_pixels():
    share = coverage_of(list(rectangle(1.25, 1.5, 3.0, 4.75)), CutBox(0, 0, 5, 6))
    across = np.clip(np.minimum(np.arange(6) + 0.5, 3.0) - np.maximum(np.arange(6) - 0.5, 1.25), 0, 1)
    down = np.clip(np.minimum(np.arange(7) + 0.5, 4.75) - np.maximum(np.arange(7) - 0.5, 1.5), 0, 1)
    assert np.allclose(share, np.outer(down, across))


@pytest.mark.parametrize("turned", [False, True])
def test_coverage_of_a_circle_adds_up_to_its_area_whichever_way_it_turns(turned):
    curve = smooth(circle(20.3, 19.8, 15.0), 2)
    share = coverage_of(curve[::-1] if turned else curve, CutBox(0, 0, 40, 40))
    ends = zip(curve, curve[1:] + curve[:1], strict=True)
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in ends) / 2
    assert area == pytest.approx(np.pi * 15**2, rel=0.02)
    assert share.sum() == pytest.approx(area, rel=1e-3)
    assert share.min() == 0
    assert share.max() == 1


def test_backdrops_cover_the_frame_from_the_first_input_to_the_last():
    edges = np.array([0.0, scenes.WIDTH - 1.0]), np.array([[0.0], [scenes.HEIGHT - 1.0]])
    for index, k, layer in EVERY_LAYER:
        for time in (-1.0, 0.0, 0.5, 1.0, 2.0) if k == 0 else ():
            texture = backdrop(layer.picture, layer.level)
            x, y = apply(inverse(layer.at(time)), *edges)
            u, v = x * texture.density + texture.centre[0], y * texture.density + texture.centre[1]
            height, width = texture.pixels.shape[:2]
            assert min(u.min(), v.min()) >= 0, (index, time)
            assert u.max() <= width - 1, (index, time)
            assert v.max() <= height - 1, (index, time)


def test_no_layer_is_shown_so_small_that_it_would_alias():
    for index, k, layer in EVERY_LAYER:
        texture = texture_of(layer, k)
        height, width = texture.pixels.shape[:2]
        x = np.array([0.0, width - 1.0]) / texture.density - texture.centre[0] / texture.density
        y = np.array([[0.0], [height - 1.0]]) / texture.density - texture.centre[1] / texture.density
        for time in (-1.0, 0.0, 0.5, 1.0, 2.0):
            scale = magnification(layer.at(time), x, y).min() * 2 / texture.density
            assert scale > 0.6, (index, layer.picture, time)


def test_cut_outs_are_clear_at_the_rim_of_their_texture_and_opaque_inside():
    for _, k, layer in EVERY_LAYER:
        if k:
            cover = texture_of(layer, k).coverage[..., 0]
            assert max(cover[0].max(), cover[-1].max(), cover[:, 0].max(), cover[:, -1].max()) == 0
            assert cover.max() == 1


def test_a_draw_depends_on_its_seed_alone():
    one, same = scenes.scene(7), scenes.scene.__wrapped__(7)
    assert one == same
    assert one.layers != scenes.scene(8).layers


def test_truth_at_an_input_says_that_nothing_moves_towards_it():
    exact = truth(scenes.scene(11), 0.0)
    assert np.abs(exact.flow0).max() < 1e-4
    assert np.array_equal(exact.seen0, ~exact.mixed)
    assert np.abs(exact.flow1).max() > 5


def test_truth_shapes_types_and_classes_fit_together():
    exact = truth(scenes.scene(9), 0.25)
    assert exact.flow0.shape == exact.flow1.shape == (2, scenes.HEIGHT, scenes.WIDTH)
    assert exact.flow0.dtype == np.float32
    assert not (exact.mixed & (exact.seen0 | exact.seen1)).any()
    assert np.array_equal(exact.inputs_seeing, exact.seen0.astype(int) + exact.seen1.astype(int))
    assert set(np.unique(exact.inputs_seeing)) == {0, 1, 2}


def test_a_fence_that_moves_by_one_period_hides_the_same_places_in_both_inputs():
    exact = truth(scenes.scene(9), 0.5)
    still = np.abs(exact.flow0[0]) < 10  # the garage behind the fence
    hidden = (exact.inputs_seeing == 0) & ~exact.mixed
    assert (hidden & still).mean() > 0.1
    assert np.allclose(exact.flow0[0][~still], -32.0)
    assert np.allclose(exact.flow1[0][~still], 32.0)


def test_stored_facts_name_every_sequence_and_their_shares_add_up():
    assert list(facts.table()) == scenes.ids()
    for row in facts.table().values():
        assert row.seen_by_2 + row.seen_by_1 + row.seen_by_0 + row.mixed == pytest.approx(1, abs=3e-5)


def test_a_frame_is_interleaved_rgb_without_colour_outside_its_photographs_range():
    pixels = frame(scenes.scene(0), 0.5)
    assert pixels.shape == (3, scenes.HEIGHT, scenes.WIDTH)
    assert pixels.transpose(1, 2, 0).flags.c_contiguous
