"""run.json: what its entries must hold, checked wherever a run is read, so that nothing later finds a gap."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from vfibench.errors import VfibenchError
from vfibench.store.jsonl import no_json
from vfibench.system.structs import Complaint

SCHEMA_VERSION = 1
RESTORE = "restore or remove the file"
Count = Annotated[int, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct):
    """Those settings of a cell that all comparisons read."""

    inputs: Count
    list_sha256: str
    times: Annotated[list[float], msgspec.Meta(min_length=1)]
    metrics: dict[str, int]


class MethodFacts(msgspec.Struct):
    """What tables tell of a method."""

    weights: str | None


class Facts(msgspec.Struct):
    """What tables tell of a cell."""

    method: MethodFacts


class Selection(msgspec.Struct):
    """Which of the dataset's samples were asked for."""

    kind: str
    text: str
    chosen: Count
    official: Count | None


class Column(msgspec.Struct):
    """What a metric's column means."""

    title: str
    version: int
    better: Literal["higher", "lower"]
    unit: str = ""


class Device(msgspec.Struct):
    """What scores and times were made on."""

    name: str


class Provenance(msgspec.Struct):
    """Where scores came from."""

    command: str
    versions: dict[str, str]
    device: Device


class Entry(msgspec.Struct):
    """A cell of a run.json; what else it holds is not looked at."""

    name: str
    key: str
    method: str
    dataset: str
    protocol: str
    attempt: Count
    planned: Count
    settings: Settings
    facts: Facts
    selection: Selection
    columns: Annotated[dict[str, Column], msgspec.Meta(min_length=1)]
    unavailable: dict[str, str]
    provenance: Provenance
    sessions: list[Provenance]
    running: Provenance | None = None


def load_run(path: Path) -> dict[str, Any]:
    """A run.json, as plain data.

    Raises:
        VfibenchError: it is damaged, of another schema version, or an entry is not like `Entry`.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise VfibenchError(f"cannot read {path}: {error.strerror or error}", RESTORE) from error
    try:
        content = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise VfibenchError(f"expected JSON in {path}, found {no_json(text)}", RESTORE) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise VfibenchError(f"expected an object with cells in {path}", RESTORE)
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        raise VfibenchError(
            f"expected schema_version {SCHEMA_VERSION} in {path}, found {version}", "use a matching vfibench"
        )
    for number, entry in enumerate(content["cells"], 1):
        try:
            msgspec.convert(entry, Entry)
        except msgspec.ValidationError as error:
            found = Complaint.of(error)
            where = f"{found.place} of cell {number}" if found.place else f"cell {number}"
            raise VfibenchError(f"{path} is damaged: {found.reason} in {where}", RESTORE) from error
    return content
