"""Cards of the starters: their weights lie beside this file, in weights/.

Each was made by `vfibench train --recipe NAME`, the recipe of its own name (and those of earlier stages that
its card names); the header of the weight file holds the whole recipe, seed, steps and machine, and
`vfibench info NAME` prints it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vfibench.contracts import AdapterCard, Padding, WeightFile
from vfibench_adapters.rife.cards import RIFE_M
from vfibench_adapters.superslomo.cards import CONVLSTM, SUPERSLOMO
from vfibench_adapters.zooming_slowmo.cards import ZOOMING_SLOWMO

SEED = 1  # of all their recipes
DATA = (
    "vfibench's synthetic stream alone: random layers cut from the 13 photographs inside scikit-image's "
    f"wheel (CC0 or public domain), moved by homographies, seed {SEED}; no real video"
)
NOTES = (
    "A starter, not the paper's model: a compact member of its architecture, trained on synthetic frames "
    "alone; its scores say nothing about the paper's weights. The built-in dataset `synthetic` shows the "
    "same 13 photographs (in other scenes), so scores there are not on unseen content; those on real "
    "frames are. "
)


def _starter(
    name: str, parent: AdapterCard, target: str, title: str, sha256: str, stages: Sequence[str] = ()
) -> AdapterCard:
    """The card of the starter of an architecture: the parent's abilities, none of its claims.

    `stages` are the recipes whose weights its own recipe started from, the first first.
    """
    after = f", after {' and '.join(stages)}" if stages else ""
    weights = WeightFile(
        name=f"{name}.safetensors",
        url=f"package:vfibench_adapters.starters/weights/{name}.safetensors",
        by_hand=False,
        sha256=sha256,
        structure=f"tensors of {parent.name} in half precision, with recipe, seed and steps in the header",
        licence="MIT",
    )
    return replace(
        parent,
        name=name,
        target=f"vfibench_adapters.starters.adapters:{target}",
        title=title,
        paper=f"architecture: {parent.paper}",
        licence="MIT",
        code_url="",
        weights=(weights,),
        padding=Padding(parent.padding.multiple),  # as scored here: the parent's is its authors' script's
        variants={},
        training_data=DATA,
        notes=f"{NOTES}Made by: vfibench train --recipe {name} (seed {SEED}){after}.",
        published=(),
        trainable="",
    )


SUPERSLOMO_STARTER = _starter(
    "superslomo-starter",
    SUPERSLOMO,
    "SuperSloMoStarter",
    "starter: a narrow Super SloMo, weights in the package",
    stages=("superslomo-starter-96", "superslomo-starter-128"),
    sha256="a6e1172e7fca781cb608222ac1ccdfe8dd9509c18996d20abde9aa656f6f208f",
)

CONVLSTM_STARTER = _starter(
    "convlstm-starter",
    CONVLSTM,
    "ConvLSTMStarter",
    "starter: a narrow SuperSloMo-R with a ConvLSTM, weights in the package",
    sha256="77e6383bdf70539bcfb355765085b1ede0b05c44c8cb4d95ee6b7a98cb97a7b0",
)

ZOOMING_SLOWMO_STARTER = _starter(
    "zooming-slowmo-starter",
    ZOOMING_SLOWMO,
    "ZoomingSlowMoStarter",
    "starter: a narrow, shallow Zooming Slow-Mo, weights in the package",
    sha256="94d7053901b04c4648839cf36070ded23e2c43c5f62a80518675af9cd03a693e",
)

RIFE_STARTER = _starter(
    "rife-starter",
    RIFE_M,
    "RIFEStarter",
    "starter: a narrow RIFE_m, which is told the time, weights in the package",
    sha256="58edeb505767143c9ac837b0fa5412e38cd1aad30aa2f45a300627f69491c67f",
)
