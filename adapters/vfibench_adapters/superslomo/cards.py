"""Cards of Super SloMo and SuperSloMo-R, in the variant of the SreenivasVRao repository."""

from __future__ import annotations

from vfibench.contracts import IMAGENET_MEAN, AdapterCard, Padding, WeightFile
from vfibench_adapters.published import published_scores

CODE = "https://github.com/SreenivasVRao/SuperSloMo-VideoInterpolation-PyTorch"
FOLDER = "https://drive.google.com/drive/folders/1UIjm1hJunIWGa7Oe-IhvibcBKXXcnZN4"
LICENCE = "none stated (the ConvLSTM submodule: MIT)"
TRAINING = "NFS-240, Adobe240 and Vimeo-90K septuplets together, 150 epochs"

# The original normalises first and then pads with zeros, which is the mean colour, on both sides.
MEAN_COLOUR = Padding(multiple=32, mode="constant", place="centred", value=IMAGENET_MEAN)


def _weights(name: str, bottleneck: str) -> WeightFile:
    return WeightFile(
        name=name,
        url=FOLDER,
        structure=f"dict of stage1_state_dict and stage2_state_dict, bottleneck of {bottleneck}",
        licence="none stated",
    )


SUPERSLOMO = AdapterCard(
    name="superslomo",
    target="vfibench_adapters.superslomo.adapter:SuperSloMoAdapter",
    title="Super SloMo: two U-Nets, flow and visibility",
    paper="Jiang et al., Super SloMo, CVPR 2018, arXiv 1712.00080",
    year=2018,
    licence=LICENCE,
    code_url=CODE,
    weights=(_weights("superslomo.pt", "plain convolutions"),),
    inputs=(2,),
    times="any",
    padding=MEAN_COLOUR,
    training_data=TRAINING,
    published=published_scores("superslomo"),
    trainable="vfibench_adapters.superslomo.training:SuperSloMoTraining",
)

CONVLSTM = AdapterCard(
    name="convlstm",
    target="vfibench_adapters.superslomo.adapter:ConvLSTMAdapter",
    title="SuperSloMo-R: Super SloMo with a ConvLSTM over three windows",
    paper="recurrent extension of Jiang et al., CVPR 2018, arXiv 1712.00080; repository only",
    year=2020,
    licence=LICENCE,
    code_url=CODE,
    weights=(_weights("superslomo-r.pt", "bidirectional ConvLSTM"),),
    inputs=(4, 2, 6, 8),  # four is what the released weights were trained on
    times="any",
    padding=MEAN_COLOUR,
    training_data=TRAINING,
    published=published_scores("convlstm"),
    trainable="vfibench_adapters.superslomo.training:ConvLSTMTraining",
)

CONVGRU = AdapterCard(
    name="convgru",
    target="vfibench_adapters.superslomo.adapter:ConvGRUAdapter",
    title="SuperSloMo-R: Super SloMo with a ConvGRU over three windows (no weights were released)",
    paper=CONVLSTM.paper,
    year=2020,
    licence=LICENCE,
    code_url=CODE,
    weights=(
        WeightFile(
            name="superslomo-r-gru.pt",
            url="",  # none was released
            structure="dict of stage1_state_dict and stage2_state_dict, bottleneck of bidirectional ConvGRU",
        ),
    ),
    inputs=(4, 2, 6, 8),
    times="any",
    padding=MEAN_COLOUR,
    training_data="no trained weights were released",
    trainable="vfibench_adapters.superslomo.training:ConvGRUTraining",
)
