"""Released weights: fetched once, checked, pinned, and found again by every command.

They lie in <folder>/<method>/<file>, the folder being VFIBENCH_WEIGHTS or ~/.cache/vfibench/weights. Beside
each stands <file>.sha256, as `sha256sum` writes it: what the card knows, or what the first fetch brought.
Files that come with a method ("package:...") lie in its package, and need no fetching.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from vfibench.contracts import AdapterCard, WeightFile
from vfibench.errors import VfibenchError
from vfibench.system.files import rename_whole, write_whole
from vfibench.system.paths import below, home_cache, path_in_environment
from vfibench.weights.reading import sha256_of
from vfibench.weights.unpacking import unpack, wrong_size

HUB = "hf://"
PACKAGE = "package:"
FETCHING = ".vfibench-fetch-"
DAY_S = 86400
DRIVE = "https://drive.google.com/"
INSTALL_AGAIN = "install the package that holds it again, or pass --weights FILE"


def weights_folder() -> Path | None:
    """Where fetched weights lie: VFIBENCH_WEIGHTS, else vfibench/weights in the user's cache folder.

    None where neither is known: no variable is set and the user has no home folder.
    """
    chosen, cache = path_in_environment("VFIBENCH_WEIGHTS"), home_cache()
    return chosen or (cache / "vfibench" / "weights" if cache else None)


def place_of(card: AdapterCard, file: WeightFile) -> Path | None:
    """Where a file of a method lies: in its package, or in the folder of weights once fetched.

    None where there is no such folder, see `weights_folder`.

    Raises:
        VfibenchError: it lies in a package that is not there, or the card's names lead out of its place.
    """
    if is_packaged(file):
        return _in_package(card, file)
    folder = weights_folder()
    return None if folder is None else below(below(folder, card.name), file.name)


def is_packaged(file: WeightFile) -> bool:
    """Whether a file comes with its method's package."""
    return file.url.startswith(PACKAGE)


def _in_package(card: AdapterCard, file: WeightFile) -> Path:
    """package:PACKAGE/PATH; the package is imported, which must cost nothing."""
    from importlib.resources import files

    package, _, inside = file.url.removeprefix(PACKAGE).partition("/")
    try:
        return below(Path(str(files(package))), inside)
    except (ImportError, TypeError, ValueError) as error:  # no such package, one that fails, or no package
        message = f"expected {file.name} of {card.name} in the package {package!r}, found: {error}"
        raise VfibenchError(message, INSTALL_AGAIN) from error


def fetched(card: AdapterCard, name: str | None = None) -> Path | None:
    """The file `name` of the card, or the first of its files that is there; None where none was fetched.

    Raises:
        VfibenchError: its contents are no longer those that were pinned, or it should have come with the
            method's package and did not.
    """
    for file in card.weights:
        if name not in (None, file.name):
            continue
        place = place_of(card, file)
        if place is not None and place.is_file():
            check_pin(file, place)
            return place
        if is_packaged(file):
            message = f"expected {file.name}, which comes with {card.name}, at {place}, found no file"
            raise VfibenchError(message, INSTALL_AGAIN)
    return None


def choose(card: AdapterCard, name: str | None) -> WeightFile:
    """The card's file called `name`, or its first.

    Raises:
        VfibenchError: the method has no weights, or none of that name.
    """
    if not card.weights:
        raise VfibenchError(f"{card.name} learns nothing and has no weights to fetch")
    if name is None:
        return card.weights[0]
    for file in card.weights:
        if file.name == name:
            return file
    known = ", ".join(file.name for file in card.weights)
    raise VfibenchError(f"{card.name} has no weight file {name!r}", f"it has: {known}")


def fetch(
    card: AdapterCard, file: WeightFile, check: Callable[[Path], None], given: Path | None = None
) -> Path:
    """Bring a file into the folder of weights, whole and proven, or leave everything as it was.

    Args:
        card, file: what is wanted.
        check: loads the network from the file and raises VfibenchError where it is another one's.
        given: a copy that was downloaded by hand; else it is downloaded.

    Returns:
        Its place.

    Raises:
        VfibenchError: it needs a browser, could not be downloaded, is not the expected file, or comes with
            the method's package.
    """
    place = place_of(card, file)
    if place is None:
        message = "expected a folder for weights, found no home folder of this user"
        raise VfibenchError(message, "name one: set VFIBENCH_WEIGHTS")
    if is_packaged(file):
        message = f"{file.name} comes with {card.name} and is not fetched; it lies at {place}"
        raise VfibenchError(message, "for other weights of this method pass --weights FILE")
    if given is None and file.by_hand:
        raise by_hand(card, file)
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    with tempfile.TemporaryDirectory(prefix=FETCHING, dir=place.parent) as folder:
        part = Path(folder) / file.name
        if given is None:
            download(file.url, part)
        else:
            _copy(given, part)
        if file.member and zipfile.is_zipfile(part):
            unpack(part, file)
        _check_size(file, part)
        check_pin(file, part, place)
        _prove(check, part, str(given or file.url))
        write_whole(pin_of(place), f"{sha256_of(part)}  {file.name}\n")  # first: without it, it would stay so
        rename_whole(part, place)
    return place


def _sweep(folder: Path) -> None:
    """Remove what fetches that were killed have left, a day later: no download takes as long."""
    for left in folder.glob(f"{FETCHING}*"):
        if time.time() - left.stat().st_mtime > DAY_S:
            shutil.rmtree(left, ignore_errors=True)


def _prove(check: Callable[[Path], None], part: Path, source: str) -> None:
    """Check a file whose place is a passing one; an error names where it came from instead."""
    try:
        check(part)
    except VfibenchError as error:
        raise VfibenchError(error.message.replace(str(part), source), error.hint) from error


def by_hand(card: AdapterCard, file: WeightFile) -> VfibenchError:
    """The error for a file that only a browser can fetch, or that was never released."""
    if not file.url:
        hint = "train your own and pass --weights FILE"
        return VfibenchError(f"no weights of {card.name} were released", hint)
    return VfibenchError(
        f"{file.name} of {card.name} cannot be fetched by a program; open {file.url} in a browser",
        f"then: vfibench fetch weights {card.name} --from {file.name} (or pass --weights {file.name})",
    )


def pin_of(place: Path) -> Path:
    """Where the hash of a fetched file is kept."""
    return place.with_name(place.name + ".sha256")


def check_pin(file: WeightFile, path: Path, place: Path | None = None) -> None:
    """VfibenchError where a file's hash is neither the card's nor the pinned one; nothing known, no error.

    Args:
        file: what the card says.
        path: the file.
        place: where it lies or will lie, if elsewhere.
    """
    pin = pin_of(place or path)
    expected = file.sha256 or (_pinned(pin) if pin.is_file() else None)
    if expected is None:
        return
    found = sha256_of(path)
    if found != expected:
        whose = "the card says" if file.sha256 else f"{pin} says"
        raise VfibenchError(
            f"expected {file.name} with sha256 {expected[:12]}..., as {whose}, found {found[:12]}...",
            _what_to_do(file),
        )


def _what_to_do(file: WeightFile) -> str:
    """About a file whose hash is not the expected one."""
    if not file.sha256:
        return "the file is damaged or was replaced at its source; remove the .sha256 file to accept it"
    return f"the file is damaged or another one; {INSTALL_AGAIN if is_packaged(file) else 'fetch it again'}"


def _pinned(pin: Path) -> str:
    """The hash a pin holds."""
    words = pin.read_text(encoding="utf-8", errors="replace").split()
    if not words:
        raise VfibenchError(f"expected a sha256 in {pin}, found an empty file", "remove it, fetch again")
    return words[0]


def download(url: str, target: Path) -> None:
    """Fetch a link to a file: the Hugging Face hub, Google Drive (needs gdown), or plain https.

    Raises:
        VfibenchError: gdown is missing, or the download failed.
    """
    fetcher = _from_hub if url.startswith(HUB) else _from_drive if url.startswith(DRIVE) else _from_web
    try:
        fetcher(url, target)
    except VfibenchError:
        raise
    except Exception as error:  # each library has errors of its own, and networks every kind
        reason = " ".join(str(error).split())[:200]
        raise VfibenchError(
            f"could not download {url}: {type(error).__name__}: {reason}",
            "check the connection, or download it by hand and use --from FILE",
        ) from error
    if not target.is_file():
        raise VfibenchError(f"could not download {url}: nothing arrived", "download it by hand, use --from")


def _from_hub(url: str, target: Path) -> None:
    """hf://OWNER/REPOSITORY/FILE@REVISION."""
    from huggingface_hub import hf_hub_download

    address, _, revision = url.removeprefix(HUB).partition("@")
    owner, repository, name = address.split("/", 2)
    found = hf_hub_download(f"{owner}/{repository}", name, revision=revision or None)
    shutil.copyfile(found, target)


def _from_drive(url: str, target: Path) -> None:
    try:
        import gdown
    except ImportError as error:
        raise VfibenchError(
            f"{url} is on Google Drive, which needs the package gdown, and it is not installed",
            "pip install 'vfibench[drive]', or download it by hand and use --from FILE",
        ) from error
    number = url.partition("/d/")[2].partition("/")[0] or url.partition("id=")[2].partition("&")[0]
    gdown.download(id=number, output=str(target), quiet=False)


def _from_web(url: str, target: Path) -> None:
    from torch.hub import download_url_to_file

    download_url_to_file(url, str(target), progress=True)


def _copy(given: Path, target: Path) -> None:
    if not given.is_file():
        raise VfibenchError(f"expected a downloaded file at {given}, found none", "check --from")
    shutil.copyfile(given, target)


def _check_size(file: WeightFile, path: Path) -> None:
    found = path.stat().st_size
    if file.size is not None and found != file.size:
        raise wrong_size(file, found)
