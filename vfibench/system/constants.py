"""Constants that stay on the device that needs them: an upload for each batch makes the host wait."""

from __future__ import annotations

from functools import lru_cache

import torch


@lru_cache(maxsize=256)
def constant(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Numbers as a tensor on a device, made once; shared, not to be written to.

    >>> constant((0.5, 2.0), torch.float32, torch.device("cpu"))
    tensor([0.5000, 2.0000])
    """
    with torch.inference_mode(False):  # else it could not be used where gradients are needed
        return torch.tensor(values, dtype=dtype, device=device)
