"""The convolutional networks under LPIPS: finding their weight files and reading them safely."""

from __future__ import annotations

import pickle
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch

from vfibench.errors import VfibenchError
from vfibench.registry import reason_of
from vfibench.system.paths import path_in_environment

ENVIRONMENT = "VFIBENCH_BACKBONES"
LARGEST = 2**30
"""Bytes of a backbone; torchvision's AlexNet has 244 million."""
Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Backbone:
    """A torchvision classifier whose features LPIPS compares.

    Attributes:
        network: torchvision's name of it, with which accepted file names begin.
        source: torchvision's name of the weights, or the address of a file; the part of the file's name
            after the dash begins its sha256.
        taps: indices in torchvision's `features` after which features are taken.
    """

    network: str
    source: str
    taps: tuple[int, ...]

    @property
    def url(self) -> str:
        """Where the file is."""
        if "://" in self.source:
            return self.source
        return str(_models(self.network).get_weight(self.source).url)


BACKBONES = {
    "alex": Backbone("alexnet", "AlexNet_Weights.IMAGENET1K_V1", (1, 4, 7, 9, 11)),
    "squeeze": Backbone("squeezenet1_1", "SqueezeNet1_1_Weights.IMAGENET1K_V1", (1, 4, 7, 9, 10, 11, 12)),
}


COLUMNS = {"alex": "lpips", "squeeze": "lpips-squeeze"}
"""The column that each backbone is for."""


def _models(network: str) -> ModuleType:
    """The models of torchvision, whose import fails where torch is not the version it was made for.

    Raises:
        VfibenchError: it did.
    """
    try:
        from torchvision import models
    except Exception as error:  # ImportError, OSError or RuntimeError, by what does not fit
        raise VfibenchError(
            f"no {network} backbone, torchvision cannot be imported ({reason_of(error)})",
            "install the torchvision that belongs to this torch",
        ) from error
    found: ModuleType = models
    return found


def find_backbone(net: str, folder: Path | None = None) -> Path:
    """Find the weights of a backbone on this machine; `vfibench.metrics.fetching` downloads them.

    Args:
        net: "alex" or "squeeze".
        folder: looked in first; then $VFIBENCH_BACKBONES, then torch's own cache.

    Returns:
        A torchvision state dict (.pth, .pt) or the same as an .npz.

    Raises:
        VfibenchError: it is nowhere. What stands before the first comma is the reason in short, for tables.
    """
    backbone = BACKBONES[net]
    places = places_of(folder)
    for place in places:
        files = sorted(place.glob(f"{backbone.network}[-_.]*"))
        found = [file for file in files if file.suffix in {".pth", ".pt", ".npz"}]
        if found:
            return found[0]
    looked = f" in {', '.join(map(str, places))}" if places else ""
    raise VfibenchError(
        f"no {backbone.network} backbone, found no {Path(backbone.url).name}{looked}",
        f"get it from {backbone.url} with `vfibench fetch {COLUMNS[net]}`, or put it into a folder and name "
        f"that with --backbones or {ENVIRONMENT}",
    )


def places_of(folder: Path | None = None) -> list[Path]:
    """The folders in which backbones are looked for: as given, $VFIBENCH_BACKBONES, torch's own cache.

    The last is left out where the user has no home folder, in which it would be.
    """
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    found = (folder, path_in_environment(ENVIRONMENT), None if cache.parts[0] == "~" else cache)
    return [place for place in found if place is not None]


def read_features(path: Path) -> Weights:
    """Read the `features.*` weights of a backbone file, without executing anything in it.

    Returns:
        float32 tensors under torchvision's names less "features."; rounded weights are widened.

    Raises:
        VfibenchError: it is no such file.
    """
    expected = f"expected a torchvision state dict in {path}"
    try:
        state = _read_npz(path) if path.suffix == ".npz" else _read_pth(path)
        features = {
            key.removeprefix("features."): value for key, value in state.items() if "features." in key
        }
        weights = {key: value.float() for key, value in features.items()}
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError, EOFError) as error:
        raise VfibenchError(f"{expected}, found something else ({error})".splitlines()[0]) from error
    except (pickle.UnpicklingError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise VfibenchError(f"{expected}, found a file that is none", "replace the file") from error
    if not weights:
        raise VfibenchError(f"{expected}, found no features.* in it", "replace the file")
    return weights


def _read_pth(path: Path) -> Weights:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pickle protocols; what cannot be read is an error
        state: Weights = torch.load(path, "cpu", weights_only=True)
    return state


def _read_npz(path: Path) -> Weights:
    import numpy as np

    with zipfile.ZipFile(path) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > LARGEST:  # told by the header, before anything is unpacked
        raise ValueError(f"{size:,} bytes once unpacked")
    with np.load(path, allow_pickle=False) as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files}


def build_features(net: str, path: Path) -> torch.nn.Sequential:
    """A backbone's feature layers with the weights of a file, frozen.

    Raises:
        VfibenchError: the weights are another network's, or torchvision cannot be imported.
    """
    network = BACKBONES[net].network
    models = _models(network)
    with torch.device("meta"):  # no time spent on random weights
        features: torch.nn.Sequential = getattr(models, network)(weights=None).features
    try:
        features.load_state_dict(read_features(path), assign=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise VfibenchError(f"expected the weights of {network} in {path}: {reason}") from error
    return features.eval().requires_grad_(False)
