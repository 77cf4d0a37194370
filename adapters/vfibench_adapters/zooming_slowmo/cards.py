"""Card of Zooming Slow-Mo."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, WeightFile
from vfibench_adapters.published import published_scores

ZOOMING_SLOWMO = AdapterCard(
    name="zooming-slowmo",
    target="vfibench_adapters.zooming_slowmo.adapter:ZoomingSlowMoAdapter",
    title="Zooming Slow-Mo: space-time super-resolution, four times the size and twice the frames",
    paper="Xiang, Tian et al., Zooming Slow-Mo, CVPR 2020, arXiv 2002.11616",
    year=2020,
    licence="GPL-3.0 (the authors' code and weights; the network here is written anew)",
    code_url="https://github.com/Mukosame/Zooming-Slow-Mo-CVPR-2020",
    weights=(
        WeightFile(
            name="xiang2020zooming.pth",
            url="https://drive.google.com/open?id=1xeOoZclGeSI1urY6mVCcApfCqOPgxMBK",
            by_hand=False,
            structure="bare state dict of 416 tensors (conv_first.weight, pcd_align..., ConvBLSTM...)",
            licence="GPL-3.0",
        ),
    ),
    # Four frames are the authors' own window (4 to 7); two are what a triplet offers, and any number runs.
    inputs=(4, 2),
    times="halves",
    scale=4,
    padding=Padding(4, mode="constant", place="end"),
    training_data="Vimeo-90K septuplets, reduced bicubically by 4, crops of 32x32, 600k iterations",
    trainable="vfibench_adapters.zooming_slowmo.training:ZoomingSlowMoTraining",
    published=published_scores("zooming-slowmo"),
)
