"""The card of DAIN."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, WeightFile
from vfibench_adapters.published import published_scores

DAIN = AdapterCard(
    name="dain",
    target="vfibench_adapters.dain.adapter:DAINAdapter",
    title="DAIN: flow projected by depth, adaptive warping",
    paper="Bao et al., Depth-Aware Video Frame Interpolation, CVPR 2019, arXiv 1904.00830",
    year=2019,
    licence="MIT (the bundled MegaDepth: MIT)",
    code_url="https://github.com/baowenbo/DAIN",
    weights=(
        WeightFile(
            name="best.pth",
            url="http://vllab1.ucmerced.edu/~wenbobao/DAIN/best.pth",
            by_hand=False,
            structure="a state dict of the whole network, from initScaleNets_filter to depthNet; "
            "the address is the authors' of 2019 and may be gone",
        ),
    ),
    inputs=(2,),
    times="any",
    # The network itself needs multiples of 64.
    padding=Padding(multiple=128, mode="replicate", place="centred", extra_when_fitting=32),
    training_data="Vimeo-90K triplets, 97% of the training list; PWC-Net and MegaDepth trained before",
    published=published_scores("dain"),
)
