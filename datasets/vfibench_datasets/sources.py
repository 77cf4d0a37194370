"""The built-in sources of training clips."""

from __future__ import annotations

from vfibench.trainable import SourceCard
from vfibench_datasets.training import clips, vimeo90k

CARDS: tuple[SourceCard, ...] = (
    SourceCard(
        name="synthetic",
        target="vfibench_datasets.synthetic.stream.source:open_stream",
        title="endless random scenes, rendered on the fly; nothing to download",
    ),
    SourceCard(
        name="synthetic-fast",
        target="vfibench_datasets.synthetic.stream.source:open_fast_stream",
        title="the same with motion of up to 64 pixels, for crops of 128 and more",
    ),
    vimeo90k.TRIPLETS_CARD,
    vimeo90k.SEPTUPLETS_CARD,
    clips.CARD,
)
