"""Depth-aware flow projection against a loop over pixels, and what must hold for any flow."""

from __future__ import annotations

import math

import pytest
import torch

from vfibench_adapters.blocks.projection import project_flow


def made_up(height, width, batch=1, reach=3.0, seed=0, dtype=torch.float32):
    """Flow that also leaves the picture, and weights from 0.1 to 3."""
    generator = torch.Generator().manual_seed(seed)
    flow = reach * torch.randn(batch, 2, height, width, generator=generator, dtype=dtype)
    return flow, 0.1 + 2.9 * torch.rand(batch, 1, height, width, generator=generator, dtype=dtype)


def constant(x, y, height=5, width=7):
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(1, 2, height, width), torch.ones(1, 1, height, width)


def by_loops(flow, weight):
    """One sample: the sums of the definition, pixel by pixel, in plain numbers."""
    _, height, width = flow.shape
    sums = [[[0.0, 0.0, 0.0] for _ in range(width)] for _ in range(height)]
    for row in range(height):
        for column in range(width):
            (fx, fy), share = flow[:, row, column].tolist(), weight[0, row, column].item()
            x, y = column + fx, row + fy
            if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                continue
            for down in (0, 1):
                for right in (0, 1):
                    place = sums[min(int(y) + down, height - 1)][min(int(x) + right, width - 1)]
                    for index, value in enumerate((-share * fx, -share * fy, share)):
                        place[index] += value
    return sums


def filled_by_loops(sums):
    """Averages, and holes from the nearest averages in four directions."""
    height, width = len(sums), len(sums[0])
    mean = {
        (row, column): (x / share, y / share)
        for row, line in enumerate(sums)
        for column, (x, y, share) in enumerate(line)
        if share > 0
    }
    out = torch.zeros(2, height, width)
    for row in range(height):
        for column in range(width):
            found = [mean.get((row, column))]
            if found == [None]:
                found = [
                    next((mean[at] for at in line if at in mean), None)
                    for line in (
                        [(row, k) for k in range(column, -1, -1)],
                        [(row, k) for k in range(column, width)],
                        [(k, column) for k in range(row, -1, -1)],
                        [(k, column) for k in range(row, height)],
                    )
                ]
            values = [value for value in found if value is not None]
            if values:
                out[:, row, column] = torch.tensor(values).mean(dim=0)
    return out


@pytest.mark.parametrize(("size", "reach"), [((9, 14), 3.0), ((11, 5), 0.7), ((12, 12), 8.0), ((1, 6), 1.0)])
def test_sums_means_and_filled_holes_are_those_of_a_loop_over_pixels(size, reach):
    flow, weight = made_up(*size, batch=2, reach=reach)
    made, left_open = project_flow(flow, weight), project_flow(flow, weight, fill=False)
    for sample in range(2):
        sums = by_loops(flow[sample], weight[sample])
        total = torch.tensor(sums)[..., 2]
        assert (total == 0).any() or size == (1, 6)
        torch.testing.assert_close(made.weight[sample, 0], total, rtol=1e-5, atol=1e-5)
        expected = filled_by_loops(sums)
        torch.testing.assert_close(made.flow[sample], expected, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(left_open.flow[sample], expected * (total > 0), rtol=1e-5, atol=1e-4)


def test_no_motion_is_projected_to_none_with_double_weight_at_the_far_edges():
    made = project_flow(*constant(0.0, 0.0))
    assert torch.equal(made.flow, torch.zeros(1, 2, 5, 7))
    columns, rows = torch.full((7,), 2.0), torch.full((5,), 2.0)
    columns[0] = rows[0] = 1
    columns[-1] = rows[-1] = 3  # from the pixel before, and its own twice
    assert torch.equal(made.weight[0, 0], rows.unsqueeze(1) * columns)


def test_the_nearer_of_two_that_meet_prevails():
    flow, weight = constant(0.0, 0.0)
    flow, weight = flow.clone(), weight.clone()
    flow[0, 0, 2, 1], weight[0, 0, 2, 1] = 3.0, 1e6
    assert project_flow(flow, weight).flow[0, 0, 2, 4].item() == pytest.approx(-3, abs=1e-3)


def test_a_picture_that_all_flow_leaves_stays_a_hole():
    made = project_flow(*constant(9.0, 0.0))
    assert torch.equal(made.flow, torch.zeros(1, 2, 5, 7))
    assert torch.equal(made.weight, torch.zeros(1, 1, 5, 7))


def test_flow_that_is_no_number_reaches_no_pixel():
    flow, weight = made_up(6, 8)
    flow[0, :, 2, 3] = math.nan
    assert project_flow(flow, weight).flow.isfinite().all()


@pytest.mark.parametrize("fill", [True, False])
def test_gradients_are_those_of_finite_differences(fill):
    flow, weight = made_up(5, 6, batch=2, dtype=torch.float64)
    flow = flow + 0.05 * ((flow - flow.round()).abs() < 0.02)  # away from the borders of pixels
    inputs = flow.requires_grad_(), weight.requires_grad_()
    assert torch.autograd.gradcheck(lambda *both: project_flow(*both, fill=fill), inputs)


def test_half_precision_gives_float32():
    flow, weight = made_up(6, 8)
    made = project_flow(flow.half(), weight.half())
    assert made.flow.dtype == made.weight.dtype == torch.float32


def test_it_runs_where_deterministic_algorithms_are_asked_for():
    flow, weight = made_up(24, 32)
    torch.use_deterministic_algorithms(True)
    try:
        made = [project_flow(flow.requires_grad_(), weight).flow for _ in range(2)]
        made[0].sum().backward()
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(*made)
