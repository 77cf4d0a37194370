"""Fetching the networks under LPIPS, where somebody asks for it: a run never does."""

from __future__ import annotations

import hashlib
import urllib.request
from http.client import HTTPException
from pathlib import Path

from vfibench.errors import VfibenchError
from vfibench.metrics.backbones import BACKBONES, COLUMNS, ENVIRONMENT, LARGEST, build_features, places_of
from vfibench.system.files import write_whole

TIMEOUT = 10  # seconds without an answer from the download server


def fetch_backbone(column: str, given: Path | None = None) -> Path:
    """Bring the backbone of "lpips" or "lpips-squeeze" to where every run finds it, whole and proven.

    Args:
        column: the metric that it is for.
        given: a copy of torchvision's file that was downloaded by hand; else it is downloaded.

    Returns:
        Its place: in the folder that $VFIBENCH_BACKBONES names, else in torch's own cache.

    Raises:
        VfibenchError: it cannot be downloaded or written, or is not torchvision's file, whose name holds
            the beginning of its sha256.
    """
    net = next(net for net, name in COLUMNS.items() if name == column)
    url = BACKBONES[net].url
    folders = places_of()
    if not folders:
        message = "expected a folder for backbones, found no home folder of this user"
        raise VfibenchError(message, f"name one: set {ENVIRONMENT}")
    content = _downloaded(url) if given is None else _read(given)
    _check(content, url, str(given or url))
    place = folders[0] / Path(url).name
    write_whole(place, content)
    try:
        build_features(net, place)
    except VfibenchError:
        place.unlink(missing_ok=True)
        raise
    return place


def _downloaded(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 (the table's https)
            content: bytes = answer.read(LARGEST)
    except (OSError, ValueError, HTTPException) as error:
        raise VfibenchError(
            f"could not download {url}: {error}",
            "check the connection, or download it by hand and use --from FILE",
        ) from error
    return content


def _read(given: Path) -> bytes:
    try:
        with given.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise VfibenchError(f"expected a downloaded file at {given}, found: {error.strerror}") from error


def _check(content: bytes, url: str, source: str) -> None:
    """Compare with the part of the sha256 that torchvision's name of the file holds."""
    name, found = Path(url), hashlib.sha256(content).hexdigest()
    expected = name.stem.rpartition("-")[2]
    if not found.startswith(expected):
        raise VfibenchError(
            f"expected {name.name} with sha256 {expected}..., found {found[:12]}... from {source}",
            "it is damaged or another file; fetch it again",
        )
