"""Whether the weights under LPIPS are those it is defined with, and which they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    import torch

SQUEEZENET = """
0.26133 0.27477 0.21667 0.09353 0.19859 0.21515 0.10628 0.17453 0.12113 0.05928 0.12087 0.12351 0.06092
0.10969 0.08400 0.04765 0.08769 0.08590 0.04562 0.07865 0.06904 0.03668 0.07299 0.09967 0.03675
"""
SPREAD = {"squeezenet1_1": tuple(map(float, SQUEEZENET.split()))}
"""Root mean square of each layer's weights, from the first layer to the last, of published networks."""
NEAR = 0.01  # relative: what rounding to 16 bits leaves far below, and other weights exceed
MARKED = re.compile(r"-([0-9a-f]{8,64})\.pth?$")
REPLACE = "replace the file by torchvision's own; `vfibench doctor` says where from"


def check_published(network: str, path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Refuse weights other than the published ones: LPIPS with them is another metric.

    A file whose name ends in a part of its sha256, as torchvision's do, must have that one. Where the
    published network is known by figures (`SPREAD`), so must be the weights, whatever the file is called.

    Args:
        network: torchvision's name of it.
        path: the file.
        weights: the layers of `features` in it.

    Raises:
        VfibenchError: they are others.
    """
    if marked := MARKED.search(path.name):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(marked[1]):
            message = (
                f"expected the published weights of {network} in {path}, found others: sha256 {found[:16]}..."
            )
            raise VfibenchError(message, REPLACE)
    for (name, tensor), expected in zip(_kernels(weights), SPREAD.get(network, ()), strict=False):
        found_rms = float(tensor.double().square().mean().sqrt())
        if not abs(found_rms - expected) <= NEAR * expected:
            message = (
                f"expected the published weights of {network} in {path}, found others: those of {name} "
                f"have a root mean square of {found_rms:.4f} instead of {expected:.4f}"
            )
            raise VfibenchError(message, REPLACE)


def weights_sha256(weights: Mapping[str, torch.Tensor]) -> str:
    """A hash of tensors by name: the same for the same values in a file of another format."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name]
        digest.update(repr((name, tuple(tensor.shape), str(tensor.dtype))).encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _kernels(weights: Mapping[str, torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
    """The convolutions' weights, from the first layer to the last, squeeze before expand."""
    named = [(name, tensor) for name, tensor in weights.items() if name.endswith("weight")]
    order = {"squeeze": 0, "expand1x1": 1, "expand3x3": 2}
    return sorted(named, key=lambda pair: (int(pair[0].split(".")[0]), order.get(pair[0].split(".")[1], 0)))
