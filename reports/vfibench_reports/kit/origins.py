"""Where the numbers of a page came from: command, versions, source state, list, device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vfibench.leaderboards.grouping import Board, Entry
from vfibench.store.cells import canonical


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
    found: dict[str, list[Entry]] = {}
    for entry in (entry for group in board.groups for entry in group.entries):
        info, settings = entry.result.info, entry.result.cell.settings
        same = [info["provenance"], _devices(info), settings["list_sha256"], str(entry.result.folder)]
        found.setdefault(canonical(same), []).append(entry)
    return [_origin(entries) for entries in found.values()]


def _origin(entries: list[Entry]) -> Origin:
    result = entries[0].result
    provenance, settings = result.info["provenance"], result.cell.settings
    facts = {
        "run folder": result.folder.name,
        "list": f"sha256 {settings['list_sha256']}",
        "files": settings.get("files") or "",
        "source": _source(provenance.get("git")),
        "device": _devices(result.info),
        "platform": provenance.get("platform", ""),
        "versions": ", ".join(f"{name} {version}" for name, version in provenance["versions"].items()),
    }
    shown = tuple((what, str(value)) for what, value in facts.items() if value)
    return Origin(tuple(entry.label for entry in entries), provenance["command"], shown)


def _devices(info: Mapping[str, Any]) -> str:
    """Everything known of the devices of all sessions, each once."""
    used = [session["device"] for session in info["sessions"] or [info["provenance"]]]
    told = [", ".join(f"{key} {value}" for key, value in device.items()) for device in used]
    return "; ".join(dict.fromkeys(told))


def _source(git: dict[str, Any] | None) -> str:
    """The commit vfibench ran from; an installed package has none, its version says all."""
    if not git:
        return ""
    return f"git {git['commit']}" + (", with local changes" if git.get("changed") else "")
