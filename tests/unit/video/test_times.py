"""When frames are shown: exact, whatever the rates."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import pytest

from vfibench.errors import VfibenchError
from vfibench.video.interpolating.times import Timing, parse_rate, parse_time, timing_for

NTSC = F(30000, 1001)


def shown(timing: Timing, stamps: list[F], duration: F) -> list:
    inside = [one for pair in pairwise(stamps) for one in timing.within(*pair)]
    return inside + list(timing.at_the_end(stamps[-1], duration))


def check_seamless(frames: list) -> None:
    """Each frame is shown until the next one."""
    for one, following in pairwise(frames):
        assert one.stamp + one.duration == following.stamp


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("factor", [2, 3, 8])
@pytest.mark.parametrize("begin", [F(0), F(7, 5)])
def test_n_frames_become_k_times_n_less_1_and_1(count, factor, begin):
    stamps = [begin + n / NTSC for n in range(count)]
    frames = shown(timing_for(begin, NTSC, factor, None, None), stamps, 1 / NTSC)
    assert len(frames) == factor * (count - 1) + 1
    assert sum(one.place == 0 for one in frames) == count
    assert frames[0].stamp == begin
    assert frames[-1].stamp + frames[-1].duration == begin + count / NTSC
    check_seamless(frames)


def test_variable_rates_keep_their_stamps():
    stamps = [F(0), F(1, 10), F(1, 2), F(11, 20)]
    frames = shown(timing_for(F(0), None, 4, None, None), stamps, F(1, 5))
    assert [one.stamp for one in frames if one.place == 0] == stamps
    assert [one.stamp for one in frames[4:8]] == [F(1, 10), F(1, 5), F(3, 10), F(2, 5)]
    check_seamless(frames)


@pytest.mark.parametrize("fps", [F(60), F(60000, 1001), F(48), F(100), F(125, 2)])
@pytest.mark.parametrize("rate", [F(24), F(24000, 1001), F(30000, 1001), F(25)])
def test_a_fixed_rate_fills_the_same_time(rate, fps):
    stamps = [F(3) + n / rate for n in range(50)]
    frames = shown(timing_for(F(3), rate, None, fps, None), stamps, 1 / rate)
    end = F(3) + 50 / rate
    assert [one.stamp for one in frames] == [3 + n / fps for n in range(len(frames))]
    assert frames[-1].stamp < end <= frames[-1].stamp + 1 / fps
    assert frames[-1].stamp + frames[-1].duration == end
    for one in frames:
        if one.stamp <= stamps[-1]:
            left = max(stamp for stamp in stamps if stamp <= one.stamp)
            assert one.place == (one.stamp - left) * rate


def test_slow_motion_keeps_the_rate_and_stretches_time():
    stamps = [n / NTSC for n in range(5)]
    frames = shown(timing_for(F(0), NTSC, None, None, F(8)), stamps, 1 / NTSC)
    assert [one.stamp for one in frames] == [n / NTSC for n in range(33)]
    assert [one.place for one in frames[:9]] == [F(n, 8) for n in range(8)] + [0]
    uneven = shown(timing_for(F(0), F(25), None, None, F(5, 2)), [F(n, 25) for n in range(5)], F(1, 25))
    assert [one.stamp for one in uneven] == [F(n, 25) for n in range(13)]
    assert uneven[1].place == F(2, 5)


def test_both_slower_and_at_a_rate():
    frames = shown(timing_for(F(0), F(25), None, F(60), F(4)), [F(0), F(1, 25)], F(1, 25))
    assert [one.stamp for one in frames] == [F(n, 60) for n in range(20)]
    assert frames[3].place == F(3, 60) / 4 * 25


@pytest.mark.parametrize("text", ["0", "-1", "nan", "x", "", "1/0"])
def test_a_rate_is_a_positive_number(text):
    with pytest.raises(VfibenchError, match="expected a positive number for --fps"):
        parse_rate(text, "--fps")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("23.976", F(24000, 1001)),
        ("29.97", NTSC),
        ("119.88", F(120000, 1001)),
        ("50", F(50)),
        ("12.5", F(25, 2)),
    ],
)
def test_rates_of_television_are_known_by_their_decimals(text, rate):
    assert parse_rate(text, "--fps") == rate


@pytest.mark.parametrize("text", ["a", "1:2:3:4", "-1", "1:", "1/0"])
def test_a_time_is_seconds_or_minutes(text):
    with pytest.raises(VfibenchError, match="expected --start as"):
        parse_time(text, "--start")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((None, None, None), "found none"),
        ((2, F(60), None), "found both"),
        ((None, F(20), None), "found 20"),
    ],
)
def test_what_cannot_be_asked_for(asked, found):
    with pytest.raises(VfibenchError, match=found):
        timing_for(F(0), F(25), *asked)
