"""Card of SepConv."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile
from vfibench_adapters.published import published_scores

LICENCE = "none stated; strictly for academic purposes only (commercial use: ask the authors)"
STRUCTURE = "bare dict of 94 tensors, moduleConv1.0.weight to moduleHorizontal2.7.bias"


def _weights(name: str) -> WeightFile:
    return WeightFile(
        name=name,
        url=f"https://content.sniklaus.com/sepconv/{name}",
        by_hand=False,
        structure=STRUCTURE,
        licence="academic purposes only",
    )


SEPCONV = AdapterCard(
    name="sepconv",
    target="vfibench_adapters.sepconv.adapter:SepConvAdapter",
    title="SepConv: adaptive separable convolution, 51 taps",
    paper="Niklaus, Mai and Liu, Video Frame Interpolation via Adaptive Separable Convolution, ICCV 2017, "
    "arXiv 1708.01692",
    year=2017,
    licence=LICENCE,
    code_url="https://github.com/sniklaus/sepconv-slomo",
    weights=(_weights("network-l1.pytorch"), _weights("network-lf.pytorch")),
    inputs=(2,),
    times="midpoint",
    padding=Padding(128, "replicate", "end"),
    variants={
        "paper": Variant(
            "25 pixels more on every side, as the paper's own evaluation padded",
            padding=Padding(128, "replicate", "end", extra=25),
        )
    },
    training_data="250,000 triplets of 150x150 patches from YouTube videos, cropped to 128x128",
    published=published_scores("sepconv"),
)
