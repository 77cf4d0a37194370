"""Sample pages: the pictures of one frame, side by side, one over the other, one after the other, enlarged.

Each frame of a (dataset, protocol) that is worth looking at (`contents/picking.py`) has a page, and a list
leads to them; the index leads to the lists. Only pictures saved by `vfibench run --save-images` are read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vfibench.contracts import PageOptions
from vfibench.errors import VfibenchError, one_line
from vfibench.statistics.arrays import Frame
from vfibench.store.frame_names import frames_named
from vfibench.store.result import CellResult
from vfibench_reports.contents.motion import motion_of_sample
from vfibench_reports.contents.picking import DIFFER, NAMED, Contest, Pick
from vfibench_reports.contents.relatives import Relative, relatives
from vfibench_reports.contents.samples import chosen_frames, frame_page, list_page
from vfibench_reports.kit.site import PLAYER, render, write_page
from vfibench_reports.sample.frame_scores import caption, heading, score_table
from vfibench_reports.sample.heat_maps import MEANINGS, TICKS, strip
from vfibench_reports.sample.pictures import BUDGET, OVERVIEW, data_uri, encode, left_out, thumbnail, whole
from vfibench_reports.sample.scenes import DAMAGED, FramePictures, read_scene
from vfibench_reports.sample.views import page_data, page_views

THUMBNAILS = 100
"""Pictures of a list, about 12 kB each; the frames after them are links alone."""

SCRIPTS = ("copy", "sample", "sample_stage", "sample_crops")


class SamplePage:
    """The page plugin; see `vfibench.contracts.Page`.

    Args:
        options: how many frames of each (dataset, protocol) get a page, and which besides.
    """

    def __init__(self, options: PageOptions | None = None) -> None:
        self.options = options or PageOptions()

    def render(self, results: Sequence[CellResult], out: Path) -> list[tuple[str, str]]:
        """Write the sample pages and a list a (dataset, protocol); (title, file name) of each list."""
        options, pages = self.options, []
        found = chosen_frames(results, options)
        for contest, chosen in found:
            if chosen:
                name = list_page(contest.dataset, contest.protocol)
                related = relatives(results, contest.dataset, contest.protocol, options, but="sample")
                write_list(contest, chosen, related, out, options)
                pages.append((f"{contest.dataset}, protocol {contest.protocol}", name))
            elif options.samples:
                _warn(_no_pages(contest))
        for word in options.named:
            if not any(frames_named(word, [pick.frame for pick in chosen]) for _, chosen in found):
                _warn(f"no sample page of {word}: its pictures were not saved; {SAVES}")
        return pages


SAVES = "`vfibench run --save-images --policy always` saves predictions, inputs and ground truth"


def _warn(message: str) -> None:
    print(f"warning: {one_line(message)}", file=sys.stderr)


def _no_pages(contest: Contest) -> str:
    return (
        f"no sample pages of {contest.dataset}: predictions were saved, but no frame has its inputs and "
        f"ground truth beside them; {SAVES}"
    )


def write_list(
    contest: Contest, chosen: Sequence[Pick], related: Sequence[Relative], out: Path, options: PageOptions
) -> None:
    """Write the pages of the chosen frames, and the list that leads to them."""
    addresses = [frame_page(contest.dataset, contest.protocol, pick.frame) for pick in chosen]
    with ThreadPoolExecutor() as pool:  # encoders let go of the interpreter
        work = partial(write_sample, contest, chosen, addresses, out, options)
        entries = [entry for entry in pool.map(work, range(len(chosen))) if entry is not None]
    html = render(
        "samples.html",
        options=options,
        contest=contest,
        entries=entries,
        related=related,
        named=sum(pick.reason == NAMED for pick in chosen),
    )
    write_page(out, list_page(contest.dataset, contest.protocol), html)


@dataclass(frozen=True)
class ListedFrame:
    """A line of the list: a frame, its page, and what is worth seeing.

    Attributes:
        frame: (sample, time).
        name: file name of the page.
        why: the reason in words, with the figure behind it.
        thumbnail: data URI; "" beyond the first `THUMBNAILS` of a list, to keep it small.
        size: (width, height) of the thumbnail's picture.
    """

    frame: Frame
    name: str
    why: str
    thumbnail: str
    size: tuple[int, int]


def write_sample(
    contest: Contest,
    chosen: Sequence[Pick],
    names: Sequence[str],
    out: Path,
    options: PageOptions,
    place: int,
) -> ListedFrame | None:
    """Write one page; one without pictures where none may be shown, and then None."""
    pick, name = chosen[place], names[place]
    try:
        scene = read_scene(contest, pick)
    except VfibenchError as error:
        write_missing(contest, pick, name, str(error), out, options)
        return None
    sample, time = pick.frame
    for who in (name for name, why in scene.absent if why == DAMAGED):
        _warn(f"the picture of {sample} at t = {time:g} by {who} is damaged and left out")
    if not scene.made:
        why = "; ".join(f"{reason}: {', '.join(who)}" for reason, who in left_out(scene.absent))
        write_missing(contest, pick, name, why, out, options)
        return None
    before = names[place - 1] if place else ""
    after = names[place + 1] if place + 1 < len(names) else ""
    write_page(out, name, render_sample(contest, pick, scene, (before, after), options))
    height, width = scene.truth.shape[:2]
    why = reason(contest, pick)
    small = thumbnail(scene.truth, 240) if place < THUMBNAILS else ""
    return ListedFrame(pick.frame, name, why, small, (width, height))


def write_missing(contest: Contest, pick: Pick, name: str, why: str, out: Path, options: PageOptions) -> None:
    """Write a page that says why there are no pictures: other pages lead to it."""
    sample, time = pick.frame
    _warn(f"the sample page of {sample} at t = {time:g} shows no picture: {why}")
    samples = list_page(contest.dataset, contest.protocol)
    html = render(
        "sample_missing.html",
        options=options,
        contest=contest,
        pick=pick,
        why=why,
        scores=score_table(contest, pick),
        samples=samples,
    )
    write_page(out, name, html)


def reason(contest: Contest, pick: Pick) -> str:
    """Why a frame was picked: "methods differ most: psnr 26.480 (blend) to 31.275 (rife)"."""
    gains = contest.gains[:, pick.place]
    scored = [number for number in range(len(gains)) if gains[number] == gains[number]]
    order = sorted(scored, key=lambda number: gains[number])

    def told(number: int) -> str:
        score = caption(contest.column, float(contest.scores[number, pick.place]))
        return f"{score} ({contest.contenders[number].name})"

    if pick.reason == NAMED:
        ends = f": {heading(contest.column)} {told(order[0])}" if order else ""
        return f"Asked for{ends}" + (f" to {told(order[-1])}" if len(order) > 1 else "")
    if pick.reason == DIFFER:
        return f"Methods differ: {heading(contest.column)} {told(order[0])} to {told(order[-1])}"
    return f"Hard for the best method: {heading(contest.column)} {told(0)}"


def render_sample(
    contest: Contest,
    pick: Pick,
    scene: FramePictures,
    neighbours: tuple[str, str] = ("", ""),
    options: PageOptions = PageOptions(),
) -> str:
    """The page of one frame as HTML; `neighbours` are the pages before and after it in the list."""
    motion = motion_of_sample(contest, pick.frame[0], pick.album)
    encoded = encode(scene, BUDGET - (motion.characters if motion else 0))
    views = page_views(contest, pick, scene, encoded)
    window = encoded.window
    partial_view = window != whole(scene.truth)
    return render(
        "sample.html",
        options=options,
        scripts=SCRIPTS + (PLAYER if motion else ()),
        motion=motion,
        contest=contest,
        pick=pick,
        why=reason(contest, pick),
        scene=scene,
        window=window,
        overview=thumbnail(scene.truth, OVERVIEW) if partial_view else "",
        size=(scene.truth.shape[1], scene.truth.shape[0]),
        views=views,
        legends=[(sort, data_uri(strip(sort)), TICKS[sort], MEANINGS[sort]) for sort in TICKS],
        scores=score_table(contest, pick),
        left_out=left_out(encoded.absent),
        neighbours=neighbours,
        samples=list_page(contest.dataset, contest.protocol),
        data=page_data(contest, pick, scene, encoded, views),
    )
