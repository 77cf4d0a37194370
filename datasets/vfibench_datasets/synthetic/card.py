"""The facts of the synthetic dataset."""

from __future__ import annotations

from vfibench.contracts import DatasetCard

COUNT = 24
TIMES = tuple(k / 8 for k in range(1, 8))

CARD = DatasetCard(
    name="synthetic",
    target="vfibench_datasets.synthetic.dataset:open_synthetic",
    title="synthetic scenes (built in)",
    task="frames at t = 0, 1 (or -1, 0, 1, 2) in; 7 targets at t = 1/8 .. 7/8 (--factor 4, 2: 3 or 1)",
    count=COUNT,
    list_sha256="4ace001917d6aa787e6676051556abdb004b3173d3767dd042da0edd9d3813a6",
    inputs=(2, 4),
    times=TIMES,
    layout="nothing on disk: every frame is rendered when asked for",
    source="rendered from 13 pictures inside scikit-image's wheel (0.24 or later, checked by hash)",
    size="24 sequences of 448x256, 168 targets; nothing to download",
    licence="photographs: CC0, public domain or no known restrictions, as scikit-image states; the "
    "motorcycle is from Middlebury Stereo 2014. None is copied into vfibench",
    paper="in the spirit of Kiefhaber, Niklaus, Liu and Schaub-Meyer, arXiv 2403.17128; not their dataset",
    notes="Layers cut from photographs move by homographies linear in time, so motion and visibility are "
    "known exactly. No blur, noise, shadow, lighting change or non-rigid motion: a good score here is "
    "necessary, not sufficient. The 90th percentile of motion runs from 1.5 to 83 pixels.",
    builtin=True,
)
