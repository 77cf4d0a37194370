"""The built-in datasets: cards only, nothing heavy."""

from __future__ import annotations

from vfibench.contracts import DatasetCard
from vfibench_datasets import (
    adobe240,
    atd12k,
    clip,
    clips,
    davis,
    gopro,
    hd,
    middlebury,
    snu_film,
    stvsr,
    ucf101,
    vimeo90k,
    xiph,
    xtest,
)
from vfibench_datasets.synthetic.card import CARD as SYNTHETIC

CARDS: tuple[DatasetCard, ...] = (
    SYNTHETIC,
    vimeo90k.TRIPLET_CARD,
    vimeo90k.SEPTUPLET_CARD,
    vimeo90k.MID_CARD,
    ucf101.CARD,
    ucf101.NODUP_CARD,
    ucf101.MASKED_CARD,
    davis.TRIPLET_CARD,
    davis.TRAINVAL_CARD,
    davis.VAL_2017_CARD,
    middlebury.CARD,
    *snu_film.CARDS,
    xtest.CARD_4K,
    xtest.CARD_2K,
    xiph.CARD_2K,
    xiph.CARD_4K,
    gopro.CARD,
    adobe240.CARD,
    atd12k.CARD,
    *hd.CARDS,
    *stvsr.CARDS,
    clip.CARD,
    clips.CARD,
)
