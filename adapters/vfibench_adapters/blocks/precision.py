"""Where half precision is not enough."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn


def in_full(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer's output in float32 at least, also under autocast.

    For motion in pixels: bfloat16 has 20 and 20.125 and nothing between them.
    """
    with torch.autocast(x.device.type, enabled=False):
        return cast(Tensor, layer(x.to(torch.promote_types(x.dtype, torch.float32))))
