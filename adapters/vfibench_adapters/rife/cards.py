"""Cards of RIFE's paper model and of RIFE_m."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile
from vfibench_adapters.published import published_scores

PAPER = "Huang et al., Real-Time Intermediate Flow Estimation for Video Frame Interpolation, ECCV 2022, "
CODE = "https://github.com/hzwer/ECCV2022-RIFE"


def _zeros(multiple: int) -> Padding:
    """Zeros on the right and at the bottom, as the original's inference does."""
    return Padding(multiple=multiple, mode="constant", place="end")


VARIANTS = {
    "scale-half": Variant("flow found at half the size, for 2K video", {"scale": 0.5}, _zeros(64)),
    "scale-quarter": Variant(
        "flow found at a quarter of the size, for 4K video", {"scale": 0.25}, _zeros(128)
    ),
    "hd": Variant(
        "RGB instead of BGR, the border continued: how the authors' HD benchmarks gave frames",
        {"bgr": False},
        Padding(32),
    ),
    "tta": Variant(
        "test-time augmentation: averaged with what the frames give when rotated by 180 degrees",
        {"rotated": True},
    ),
}


def _weights(file: str, folder: str, name: str) -> tuple[WeightFile, ...]:
    return (
        WeightFile(
            name="flownet.pkl",
            url=f"https://drive.google.com/file/d/{file}",
            by_hand=False,
            member=f"{folder}/flownet.pkl",
            structure=f"a state dict of {name} with its teacher, every name after 'module.'",
        ),
    )


RIFE = AdapterCard(
    name="rife",
    target="vfibench_adapters.rife.adapter:RIFEAdapter",
    title="RIFE: intermediate flow found directly, the paper's midpoint model",
    paper=PAPER + "arXiv 2011.06294",
    year=2022,
    licence="MIT",
    code_url=CODE,
    weights=_weights("1h42aGYPNJn2q8j_GVkS_yDu__G_UZ2GX", "train_log", "RIFE"),
    inputs=(2,),
    times="midpoint",
    padding=_zeros(32),
    variants=VARIANTS,
    training_data="Vimeo-90K triplets, 95% of the training list, 300 epochs",
    trainable="vfibench_adapters.rife.training:RIFETraining",
    published=published_scores("rife"),
)

RIFE_M = AdapterCard(
    name="rife-m",
    target="vfibench_adapters.rife.adapter:RIFEMAdapter",
    title="RIFE_m: RIFE told the time",
    paper=PAPER + "arXiv 2011.06294",
    year=2022,
    licence="MIT",
    code_url=CODE,
    weights=_weights("147XVsDXBfJPlyct2jfo9kpbL944mNeZr", "RIFE_m_train_log", "RIFE_m"),
    inputs=(2,),
    times="any",
    padding=_zeros(32),
    variants=VARIANTS,
    training_data="Vimeo-90K septuplets, three frames in order drawn at random",
    trainable="vfibench_adapters.rife.training:RIFEMTraining",
    published=published_scores("rife-m"),
)
