"""The one file that is wanted from an archive which authors have released."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path

from vfibench.contracts import WeightFile
from vfibench.errors import VfibenchError
from vfibench.weights.kinds import LARGEST_UNPACKED


def unpack(archive: Path, file: WeightFile) -> None:
    """Replace an archive by the one file wanted from it; torch's own files are archives without it.

    Args:
        archive: a zip archive.
        file: what the card says of it.

    Raises:
        VfibenchError: it lacks the file or has several, is damaged, or would unpack to too much.
    """
    member = file.member
    with zipfile.ZipFile(archive) as whole:
        entries = whole.infolist()
        if any(entry.filename.endswith("/data.pkl") for entry in entries):
            return
        found = [one for one in entries if one.filename == member or one.filename.endswith("/" + member)]
        if len(found) != 1:
            some = ", ".join(one.filename for one in entries[:3])
            raise VfibenchError(f"expected one {member} in the archive, found {len(found)} (it holds {some})")
        _check_unpacked(found[0], file)
        try:
            with whole.open(found[0]) as packed, archive.with_name("unpacked").open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, 1 << 20)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
            message = f"cannot unpack {found[0].filename}: {str(error) or type(error).__name__}"
            raise VfibenchError(message, "fetch it again") from error
    archive.with_name("unpacked").replace(archive)


def _check_unpacked(entry: zipfile.ZipInfo, file: WeightFile) -> None:
    """A small archive may unpack to any size; zipfile never unpacks more than the header tells."""
    if file.size is not None and entry.file_size != file.size:
        raise wrong_size(file, entry.file_size)
    if entry.file_size > LARGEST_UNPACKED:
        raise VfibenchError(
            f"expected {LARGEST_UNPACKED:,} bytes or less, found {entry.filename} of "
            f"{entry.file_size:,} bytes",
            "unpack it by hand and use --from FILE, where you trust it",
        )


def wrong_size(file: WeightFile, found: int) -> VfibenchError:
    """The error for a file of another number of bytes than the card tells."""
    return VfibenchError(
        f"expected {file.name} of {file.size:,} bytes, found {found:,}",
        "the download was cut short, or the source shows a page instead; fetch it again",
    )
