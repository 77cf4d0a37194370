"""The memory layout that convolutions like best."""

from __future__ import annotations

import torch
from torch import Tensor


def joined(*parts: Tensor) -> Tensor:
    """The parts [B, C_k, H, W] joined along channels, in channels_last memory.

    Each part is brought into it first: joining parts of many channels in mixed layouts takes up to six times
    as long on a CPU. Parts of few channels lose half a millisecond by it at 256 x 448.
    """
    layout = torch.channels_last
    whole = torch.cat([part.contiguous(memory_format=layout) for part in parts], 1)
    return whole.contiguous(memory_format=layout)  # a part of one channel may look like either layout
