"""Card of Super SloMo as its own group released it."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile
from vfibench_adapters.published import published_scores

CODE = "https://github.com/NVIDIA/unsupervised-video-interpolation"
LICENCE = "Nvidia Source Code License (1-Way Commercial): non-commercial use only, read it before any use"


def _weights(name: str, data: str) -> WeightFile:
    """A file of the Google Drive links in the repository's README."""
    return WeightFile(
        name=name,
        url=CODE,
        structure=f"dict with state_dict of flow_pred_encoder_layer1.0.weight...; trained on {data}",
        licence=LICENCE,
    )


SUPERSLOMO_NVIDIA = AdapterCard(
    name="superslomo-nvidia",
    target="vfibench_adapters.superslomo_nvidia.adapter:SuperSloMoNvidiaAdapter",
    title="Super SloMo as its own group at NVIDIA released it",
    paper="Jiang et al., Super SloMo, CVPR 2018, arXiv 1712.00080; released with Reda et al., "
    "Unsupervised Video Interpolation Using Cycle Consistency, ICCV 2019, arXiv 1906.05928",
    year=2019,
    licence=f"{LICENCE} of the weights",
    code_url=CODE,
    weights=(
        _weights("baseline_superslomo_adobe.pth", "Adobe240"),
        _weights("baseline_superslomo_adobe+youtube.pth", "Adobe240 and YouTube240"),
    ),
    inputs=(2,),
    times="any",
    padding=Padding(32),
    variants={
        "flow-scale-2": Variant(
            "flow found at half the size: the authors' setting for SlowFlow's large frames",
            {"flow_scale": 2},
            Padding(64),
        )
    },
    training_data="Adobe240, or Adobe240 and YouTube240, by file; the page's unsupervised_* files hold "
    "the same network",
    notes="Padded to what the network needs; how its own evaluation padded is not known.",
    published=published_scores("superslomo-nvidia"),
)
