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
    vimeo90k.TRIPLETS_CARD,
    vimeo90k.SEPTUPLETS_CARD,
    clips.CARD,
)
