"""An entry of a leaderboard in words: its name, what sets it apart, its weights, its hardware."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vfibench.cells import short_key
from vfibench.leaderboards import Entry, Group
from vfibench.store import CellResult
from vfibench_reports.figures import MISSING
from vfibench_reports.site import web_link
from vfibench_reports.tables import Field

DIFFERENCES = {
    "list_sha256": "list",
    "weights_sha256": "weights",
    "batch_size": "batch",
    "selection": "which is",
}
"""Settings whose own name says too little in a table."""


def fact(result: CellResult, room: str, name: str) -> str:
    """A stored fact as text, such as the "title" of the "method"; "" where it is missing."""
    found = result.cell.facts.get(room, {}).get(name)
    return "" if found is None else str(found)


def text_field(text: object) -> Field:
    """Text, or a dash where there is none."""
    return Field(str(text) if text not in {None, ""} else MISSING)


def names(entries: Sequence[Entry], *, titles: bool = True) -> list[Field]:
    """The method's name, linked to its code, with its title; equal names say what sets them apart."""
    total = Counter(entry.label for entry in entries)
    fields = []
    for entry in entries:
        twins = [other for other in entries if other.label == entry.label]
        words = [fact(entry.result, "method", "title")] * titles
        words += [_difference(entry, twins)] * (total[entry.label] > 1)
        link = web_link(fact(entry.result, "method", "code_url"))
        fields.append(Field(entry.label, detail="; ".join(word for word in words if word), link=link))
    return fields


def _difference(entry: Entry, twins: Sequence[Entry]) -> str:
    """The settings in which entries of one name differ, else their run folders."""
    own = entry.result.cell.settings
    keys = sorted({key for twin in twins for key in twin.result.cell.settings})
    differ = [
        key for key in keys if any(twin.result.cell.settings.get(key) != own.get(key) for twin in twins)
    ]
    if not differ:
        return f"run {entry.result.folder.name}"
    return ", ".join(
        f"{DIFFERENCES.get(key, key.replace('_', ' '))} {_short(own.get(key))}" for key in differ
    )


def _short(value: Any) -> str:
    """A setting in a few characters: hashes and structures by their first digits."""
    if value is None or value == "":
        return "none"
    if isinstance(value, list | dict):
        return f"#{short_key(value, 6)}"
    return str(value)[:8] if isinstance(value, str) and len(value) == 64 else str(value)


def weights(entry: Entry) -> Field:
    """The weights' file name and the first digits of its SHA-256, or those of the pictures scored."""
    settings = entry.result.cell.settings
    name, digest = fact(entry.result, "method", "weights"), settings.get("weights_sha256") or ""
    if settings.get("predictions"):
        name, digest = "stored pictures", settings["predictions"]
    return Field(name or MISSING, detail=digest[:8], tip=f"sha256 {digest}" if digest else "")


def frames(entry: Entry) -> Field:
    """Frames with a score, of those planned where some have none, and which part of the list they are."""
    counts, selection = entry.result.counts, entry.result.info["selection"]
    part = "" if counts["ok"] == counts["planned"] else f"/{counts['planned']}"
    detail = "" if selection["kind"] == "official" else selection["text"]
    return Field(f"{counts['ok']}{part}", counts["ok"], detail, tip="frames with a score")


def hardware(entry: Entry) -> Field:
    """The device's own name, with threads on a CPU."""
    device = entry.result.info["provenance"]["device"]
    threads = f"{device['threads']} threads" if device.get("type") == "cpu" and "threads" in device else ""
    return Field(device["name"], detail=threads)


def shared_facts(group: Group) -> str:
    """What the entries of a group have in common: "379 samples, t = 0.5, list 1a2b3c4d"."""
    first = group.entries[0].result
    settings, selection = first.cell.settings, first.info["selection"]
    samples = f"{selection['chosen']} samples"
    if selection["official"] not in {None, selection["chosen"]}:
        samples = f"{selection['chosen']} of {selection['official']} samples"
    clips = {clip.clips for clip in group.entries[0].clips.values()}
    told = [f"{max(clips)} clips"] if clips and max(clips) > 1 else []
    return ", ".join([samples, *told, _times(settings["times"]), f"list {settings['list_sha256'][:8]}"])


def _times(times: Sequence[float]) -> str:
    if len(times) <= 3:
        return "t = " + ", ".join(f"{time:g}" for time in times)
    return f"{len(times)} times, t = {times[0]:g} to {times[-1]:g}"
