"""Where the numbers of a page came from: command, versions, source state, list, device."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from vfibench.leaderboards.grouping import Board, BoardEntry
from vfibench.store.cells import canonical
from vfibench.store.entry import Entry as StoredEntry
from vfibench.system.provenance import GitState


@dataclass(frozen=True)
class Origin:
    """The circumstances that some entries share.

    Attributes:
        methods: labels of the entries.
        command: what reproduces them.
        facts: (what, value) pairs.
    """

    methods: tuple[str, ...]
    command: str
    facts: tuple[tuple[str, str], ...]


def origins(board: Board) -> list[Origin]:
    """The circumstances of every entry of a board, each told once."""
    found: dict[str, list[BoardEntry]] = {}
    for entry in (entry for group in board.groups for entry in group.entries):
        stored, settings = entry.result.entry, entry.result.cell.settings
        provenance = msgspec.to_builtins(stored.provenance)
        same = [provenance, _devices(stored), settings.list_sha256, str(entry.result.folder)]
        found.setdefault(canonical(same), []).append(entry)
    return [_origin(entries) for entries in found.values()]


def _origin(entries: list[BoardEntry]) -> Origin:
    result = entries[0].result
    provenance, settings = result.entry.provenance, result.cell.settings
    facts = {
        "run folder": result.folder.name,
        "list": f"sha256 {settings.list_sha256}",
        "files": settings.files or "",
        "source": _source(provenance.git),
        "device": _devices(result.entry),
        "platform": provenance.platform,
        "versions": ", ".join(f"{name} {version}" for name, version in provenance.versions.items()),
    }
    shown = tuple((what, value) for what, value in facts.items() if value)
    return Origin(tuple(entry.label for entry in entries), provenance.command, shown)


def _devices(stored: StoredEntry) -> str:
    """Everything known of the devices of all sessions, each once."""
    used = [msgspec.to_builtins(session.device) for session in stored.sessions or (stored.provenance,)]
    told = [", ".join(f"{key} {value}" for key, value in device.items()) for device in used]
    return "; ".join(dict.fromkeys(told))


def _source(git: GitState | None) -> str:
    """The commit vfibench ran from; an installed package has none, its version says all."""
    if not git:
        return ""
    return f"git {git.commit}" + (", with local changes" if git.changed else "")
