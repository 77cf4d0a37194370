"""Cuts, flashes and repeats: FFmpeg's own filter is the reference, real videos are the cases."""

from __future__ import annotations

from itertools import pairwise

import av
import numpy as np
import pytest
from made_videos import Look, filled

from vfibench.video.cuts import THRESHOLD
from vfibench.video.reading.opening import open_source
from vfibench.video.reading.source import Clip, Picture
from vfibench.video.reading.video_file import VideoSource
from vfibench.video.shots import Shot, cuts_by_score, measured, pairs


def shots_of(frames: list[av.VideoFrame]) -> list[Shot]:
    return list(measured(iter([Picture(n, frame, n, 1) for n, frame in enumerate(frames)])))


def frames_of(path, count: int = 60) -> list[av.VideoFrame]:
    source = VideoSource(path, Clip(frames=count))
    return [item.frame for item in source.items()]


def cuts_in(frames: list[av.VideoFrame]) -> list[int]:
    found = pairs(iter(shots_of(frames)), 2, cuts_by_score(THRESHOLD))
    return [pair.second.picture.number for pair in found if pair.cut]


def scdet(frames: list[av.VideoFrame]) -> list[float]:
    """Scores of FFmpeg's filter."""
    graph = av.filter.Graph()
    first = frames[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format.name, time_base="1/25"
    )
    filters = [source, graph.add("scdet", "threshold=10"), graph.add("buffersink")]
    for one, following in pairwise(filters):
        one.link_to(following)
    graph.configure()
    scores = []
    for number, frame in enumerate(frames):
        frame.pts = number
        graph.push(frame)
        scores.append(float(graph.pull().metadata["lavfi.scd.score"]))
    return scores


@pytest.mark.parametrize("name", ["bikes", "car-turn", "carphone_pristine", "realshort"])
def test_scores_are_those_of_ffmpegs_filter(shared, name):
    frames = frames_of(shared("data", "videos", f"{name}.mp4"))
    expected = scdet(frames)
    found = [shot.change.score for shot in shots_of(frames)[1:]]
    assert max(found) > 0.5
    assert found == pytest.approx(expected[1:], abs=0.006)  # the filter prints two or three digits


def of_size(frames: list[av.VideoFrame]) -> list[av.VideoFrame]:
    return [frame.reformat(width=320, height=240, format="yuv420p") for frame in frames]


@pytest.fixture
def scenes(shared) -> list[list[av.VideoFrame]]:
    """Parts of six videos."""
    videos = ("bikes", "car-turn", "carphone_pristine", "realshort", "cockatoo", "carphone_distorted")
    return [of_size(frames_of(shared("data", "videos", f"{name}.mp4"), 24)) for name in videos]


def test_every_cut_between_two_videos_is_found_and_nothing_else(scenes):
    order = [0, 1, 2, 3, 4, 1, 5, 0, 3, 1]
    joined = [frame for place in order for frame in scenes[place]]
    assert cuts_in(joined) == [24 * n for n in range(1, len(order))]


@pytest.mark.parametrize("name", ["car-turn", "vid2e_seq1", "cockatoo", "carphone_distorted", "realshort"])
def test_motion_alone_is_no_cut(shared, name):
    assert cuts_in(frames_of(shared("data", "videos", f"{name}.mp4"), 300)) == []


def test_the_cuts_of_a_real_film_are_found(shared):
    """Looked at, frame by frame."""
    assert cuts_in(frames_of(shared("data", "videos", "bikes.mp4"), 300)) == [30, 76, 137, 187, 242]


def test_fast_sports_are_no_cut(shared):
    clip = open_source(shared("data", "clips", "BasketballPass_416x240_50"), 50, Clip())
    assert cuts_in([item.frame for item in clip.items()]) == []


def test_a_flash_of_one_frame_is_no_cut(scenes):
    look = Look("yuv420p", 320, 240)
    white = filled(look, [np.full((240, 320), 235, np.uint8), *[np.full((120, 160), 128, np.uint8)] * 2])
    for scene in scenes:
        assert cuts_in([*scene[:10], white, *scene[11:]]) == []


def test_a_slow_fade_is_no_cut(scenes):
    one, other = (shots_of(scenes[n][:1])[0].planes for n in (0, 4))
    look = Look("yuv420p", 320, 240)
    faded = []
    for share in np.linspace(0, 1, 31):
        mixed = [a + share * (b - a.astype(float)) for a, b in zip(one, other, strict=True)]
        faded.append(filled(look, [np.round(plane).astype(np.uint8) for plane in mixed]))
    assert cuts_in(faded) == []


def test_repeats_are_told_from_motion(scenes, shared):
    moving = shots_of(scenes[1])
    assert not any(shot.change.repeat for shot in moving[1:])
    twos = [frame for frame in scenes[1] for _ in range(2)]
    assert [shot.change.exact for shot in shots_of(twos)[1:]] == [True, False] * 23 + [True]


def test_windows_do_not_reach_across_a_cut_or_an_end(scenes):
    joined = scenes[0][:4] + scenes[3][:4]
    found = list(pairs(iter(shots_of(joined)), 4, cuts_by_score(THRESHOLD)))
    windows = [[shot.picture.number for shot in pair.window] for pair in found]
    assert [pair.cut for pair in found] == [False] * 3 + [True] + [False] * 4
    assert windows[:3] == [[0, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 3]]
    assert windows[4:7] == [[4, 4, 5, 6], [4, 5, 6, 7], [5, 6, 7, 7]]
    assert found[-1].second is None
