"""Card of TOFlow's interpolation network, in the form of pytoflow."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, WeightFile
from vfibench_adapters.published import published_scores

CODE = "https://github.com/Coldog2333/pytoflow"
COMMIT = "3cec913fa5a2ddb8133a075d4ff177cceb74f06a"

TOFLOW = AdapterCard(
    name="toflow",
    target="vfibench_adapters.toflow.adapter:TOFlowAdapter",
    title="TOFlow for interpolation: SpyNet and a correction (pytoflow's network and weights)",
    paper="Xue et al., Video Enhancement with Task-Oriented Flow, IJCV 2019, arXiv 1711.09078",
    year=2019,
    licence="MIT",
    code_url=CODE,
    weights=(
        WeightFile(
            name="interp.pkl",
            url=f"{CODE}/raw/{COMMIT}/toflow_models/interp.pkl",
            by_hand=False,
            structure="a state dict of SpyNet and ResNet, with the unused layers of the other tasks",
        ),
    ),
    inputs=(2,),
    times="midpoint",
    training_data="Vimeo-90K triplets, 5 epochs, by pytoflow; the paper's scores belong to the Torch7 "
    "original, whose network and weights are others",
    published=published_scores("toflow"),
)
