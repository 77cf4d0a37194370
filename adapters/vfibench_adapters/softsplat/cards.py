"""The card of SoftSplat."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, WeightFile
from vfibench_adapters.published import published_scores

LICENCE = "strictly for academic purposes only (README; no licence file)"
FOLDER = "https://content.sniklaus.com/softsplat"


def _weights(name: str, trained_for: str) -> WeightFile:
    return WeightFile(
        name=name,
        url=f"{FOLDER}/{name}",
        by_hand=False,
        structure=f"named tensors from moduleFlow and moduleSynthesis, trained for {trained_for}",
        licence=LICENCE,
    )


SOFTSPLAT = AdapterCard(
    name="softsplat",
    target="vfibench_adapters.softsplat.adapter:SoftSplatAdapter",
    title="SoftSplat: softmax splatting (the released model, later than the paper's own)",
    paper="Niklaus and Liu, Softmax Splatting for Video Frame Interpolation, CVPR 2020, arXiv 2003.05534",
    year=2020,
    licence=LICENCE,
    code_url="https://github.com/sniklaus/softmax-splatting",
    weights=(
        _weights("network-l1.pytorch", "the metrics (L1)"),
        _weights("network-lf.pytorch", "looks (feature loss)"),
    ),
    inputs=(2,),
    times="any",
    padding=Padding(multiple=2),
    training_data="not stated for the released model; Vimeo-90K triplets in the paper",
    published=published_scores("softsplat"),
)
