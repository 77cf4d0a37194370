"""Where networks and metrics run: from a word on the command line to a device that torch can use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    import torch


def chosen_device(asked: str = "") -> torch.device:
    """The device that a user means. A CUDA device always has its index, which torch's own calls ask for.

    Args:
        asked: "cpu", "cuda:N", or "cuda", which is this process's own GPU (torchrun's LOCAL_RANK, else the
            first); "" is that GPU where there is one, else the CPU.

    Raises:
        VfibenchError: another word, or a GPU that is not there.

    >>> chosen_device("cpu")
    device(type='cpu')
    """
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    kind, colon, index = (asked or ("cuda" if there else "cpu")).partition(":")
    if kind not in {"cpu", "cuda"} or (colon and not index.isdecimal()):
        raise VfibenchError(f"expected --device cpu, cuda or cuda:N, found {asked!r}")
    if kind == "cpu":
        return torch.device("cpu")
    number = int(index or os.environ.get("LOCAL_RANK", "0"))
    if number >= there:
        raise VfibenchError(
            f"expected a CUDA device for --device {asked or 'cuda'}, found {there}",
            "use --device cpu, or install a CUDA build of torch and a driver",
        )
    return torch.device("cuda", number)
