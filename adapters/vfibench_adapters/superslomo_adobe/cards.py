"""Card of Super SloMo in Avinash Paliwal's version."""

from __future__ import annotations

from vfibench.contracts import AdapterCard, Padding, Variant, WeightFile
from vfibench_adapters.published import published_scores

SUPERSLOMO_ADOBE = AdapterCard(
    name="superslomo-adobe",
    target="vfibench_adapters.superslomo_adobe.adapter:SuperSloMoAdobeAdapter",
    title="Super SloMo in Avinash Paliwal's version, trained on Adobe240",
    paper="Jiang et al., Super SloMo, CVPR 2018, arXiv 1712.00080; version of Avinash Paliwal",
    year=2018,
    licence="MIT",
    code_url="https://github.com/avinashpaliwal/Super-SloMo",
    weights=(
        WeightFile(
            name="SuperSloMo.ckpt",
            url="https://drive.google.com/open?id=1IvobLDbRiBgZr3ryCRrWL8xDbMZ-KnpF",
            by_hand=False,
            structure="dict of state_dictFC, state_dictAT and facts of the training, about 151 MB",
        ),
    ),
    inputs=(2,),
    times="any",
    padding=Padding(32),
    variants={
        "half-pixel": Variant(
            "sampled as the repository's code does under PyTorch 1.3 and later, half a pixel off",
            {"align_corners": False},
        )
    },
    training_data="Adobe240 frames of 640x360, crops of 352x352, inputs 8 frames apart, 200 epochs",
    notes="The original pads nothing: it resizes frames down to multiples of 32 and the result up again, "
    "which costs sharpness that a score would hold against the network; here frames are padded.",
    published=published_scores("superslomo-adobe"),
)
