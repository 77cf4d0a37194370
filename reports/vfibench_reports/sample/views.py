"""The pictures of a sample page in their order, with their captions, and what its script is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfibench_reports.contents.picking import Contest, Pick
from vfibench_reports.kit.site import slug
from vfibench_reports.sample.frame_scores import caption, caption_columns, figures, heading
from vfibench_reports.sample.pictures import Encoded, Shown
from vfibench_reports.sample.scenes import FramePictures, focus, psnr

TRUTH = "ground truth"
BLEND = "blend of both frames"
CROP_ORDER = ("frame", "truth", "method", "blend")
"""The order of a row of crops, and of the numbers in the names of saved ones."""


@dataclass(frozen=True)
class View:
    """A picture of the page.

    Attributes:
        name: unique on the page, also in its address.
        sort: "frame", "truth", "method" or "blend".
        image: id of its element; "" for the blend, which the script makes.
        uri: data URI, "" for the blend.
        scores: of the whole frame, for captions: "PSNR 31.275 dB, SSIM 0.9056".
        figures: the same as bare figures, a column each.
        shown: a method's other pictures.
    """

    name: str
    sort: str
    image: str
    uri: str
    scores: str = ""
    figures: tuple[str, ...] = ()
    shown: Shown | None = None


def page_views(contest: Contest, pick: Pick, scene: FramePictures, encoded: Encoded) -> list[View]:
    """Frame, ground truth, frame, then methods, and last the blend of both frames where no method is it."""
    columns, mixed = caption_columns(contest), len(contest.inputs) > 1
    before, after = (f"frame {time}" for time in scene.times)
    taken = {before, after, TRUTH, BLEND}
    views = [
        View(before, "frame", "picture-before", encoded.before),
        View(TRUTH, "truth", "picture-truth", encoded.truth),
        View(after, "frame", "picture-after", encoded.after),
    ]
    for number, shown in enumerate(encoded.methods):
        contender = shown.contender
        name = f"{contender.name} (method)" if contender.name in taken else contender.name
        told = figures(contender, pick.frame, columns)
        given = [f"{contender.inputs} input frames"] if mixed else []
        said = ", ".join([*filter(None, [_said(columns, told)]), *given])
        views.append(View(name, "method", f"picture-{number}", shown.picture, said, told, shown))
    if not any(contender.result.cell.method == "blend" for contender in contest.contenders):
        value = psnr(scene.blend, scene.truth)
        told = tuple(caption(column, value) if column == "psnr" else "–" for column in columns)
        views.append(View(BLEND, "blend", "", "", _said(columns, told), told))
    return views


def _said(columns: Sequence[str], told: Sequence[str]) -> str:
    pairs = zip(columns, told, strict=True)
    return ", ".join(f"{heading(column)} {text}" for column, text in pairs if text != "–")


def page_data(
    contest: Contest, pick: Pick, scene: FramePictures, encoded: Encoded, views: Sequence[View]
) -> dict[str, object]:
    """What the script needs to know; coordinates are those of the whole picture."""
    window = encoded.window
    sample, time = pick.frame
    order = sorted(views, key=lambda view: CROP_ORDER.index(view.sort))
    return {
        "dataset": contest.dataset,
        "protocol": contest.protocol,
        "sample": sample,
        "time": f"{time:g}",
        "stem": "-".join(part for part in (slug(contest.dataset), slug(sample), slug(f"t{time:g}")) if part),
        "left": window.left,
        "top": window.top,
        "width": window.width,
        "height": window.height,
        "crop": focus(scene),
        "weight": scene.weight,
        "columns": [heading(column) for column in caption_columns(contest)],
        "pictures": [
            {
                "name": view.name,
                "sort": view.sort,
                "image": view.image,
                "scores": view.scores,
                "figures": view.figures,
                "file": f"{order.index(view):02d}-{slug(view.name)[:30]}".strip("-"),
            }
            for view in views
        ],
    }
