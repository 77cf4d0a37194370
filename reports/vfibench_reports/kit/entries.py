"""An entry of a leaderboard in words: its name, what sets it apart, its weights, its hardware."""

from __future__ import annotations

from collections.abc import Sequence

from vfibench.leaderboards.grouping import BoardEntry, Group
from vfibench.leaderboards.result_names import apart
from vfibench.store.result import CellResult
from vfibench.system.devices import DeviceFacts
from vfibench_reports.kit.numbers import MISSING, quantity
from vfibench_reports.kit.site import file_url, page_name, web_link
from vfibench_reports.kit.tables import Field


def text_field(text: object) -> Field:
    """Text, or a dash where there is none."""
    return Field(str(text) if text not in {None, ""} else MISSING)


def names(entries: Sequence[BoardEntry], *, titles: bool = True) -> list[Field]:
    """The method's name, linked to its page, with its title; equal names say what sets them apart."""
    fields = []
    for entry, difference in zip(entries, apart([entry.result for entry in entries]), strict=True):
        words = [entry.result.cell.facts.method.title] * titles + [difference]
        link = method_link(entry.label)
        fields.append(Field(entry.label, detail="; ".join(word for word in words if word), link=link))
    return fields


def method_link(label: str) -> str:
    """The address of a method's page."""
    return file_url(page_name("method", label))


def code(entry: BoardEntry) -> Field:
    """A link to the method's code, where its card has a plain web address."""
    link = web_link(entry.result.cell.facts.method.code_url)
    return Field("code", link=link) if link else Field(MISSING)


def parameters(entry: BoardEntry) -> Field:
    """Scalars in the network, in millions."""
    stored = entry.result.cell.facts.method.parameters
    return quantity(None if stored is None else stored / 1e6)


def weights(entry: BoardEntry) -> Field:
    """The weights' file name and the first digits of its SHA-256, or those of the pictures scored."""
    settings = entry.result.cell.settings
    name, digest = entry.result.cell.facts.method.weights or "", settings.weights_sha256 or ""
    if settings.predictions:
        name, digest = "stored pictures", settings.predictions or ""
    return Field(name or MISSING, detail=digest[:8], tip=f"sha256 {digest}" if digest else "")


def frames(entry: BoardEntry) -> Field:
    """Frames with a score, of those planned where some have none, and which part of the list they are."""
    counts, selection = entry.result.counts, entry.result.entry.selection
    part = "" if counts.ok == counts.planned else f"/{counts.planned}"
    detail = "" if selection.kind == "official" else selection.text
    return Field(f"{counts.ok}{part}", counts.ok, detail, tip="frames with a score")


def devices(result: CellResult) -> list[tuple[str, str]]:
    """(name, threads in words) of each device that a cell's frames were predicted on, in order of first use.

    More than one where shards or a resumed run had others: then its speed is that of no device.
    """
    used = [session.device for session in result.entry.sessions or (result.entry.provenance,)]
    return list(dict.fromkeys((device.name, _threads(device)) for device in used))


def _threads(device: DeviceFacts) -> str:
    threads = device.threads if device.type == "cpu" else None
    return f"{threads} thread{'' if threads == 1 else 's'}" if threads else ""


def hardware(entry: BoardEntry) -> Field:
    """The device's own name, with threads on a CPU; of several, all."""
    used = devices(entry.result)
    text, detail = (" and ".join(dict.fromkeys(filter(None, words))) for words in zip(*used, strict=True))
    tip = "figures of several devices together: in no comparison of speeds" if len(used) > 1 else ""
    return Field(text, detail=detail, tip=tip)


def shared_facts(group: Group) -> str:
    """What the entries of a group have in common: "379 samples, t = 0.5, list 1a2b3c4d"."""
    first = group.entries[0].result
    settings, selection = first.cell.settings, first.entry.selection
    samples = f"{selection.chosen} samples"
    if selection.official not in {None, selection.chosen}:
        samples = f"{selection.chosen} of {selection.official} samples"
    clips = {clip.clips for clip in group.entries[0].clips.values()}
    told = [f"{max(clips)} clips"] if clips and max(clips) > 1 else []
    return ", ".join([samples, *told, _times(settings.times), f"list {settings.list_sha256[:8]}"])


def _times(times: Sequence[float]) -> str:
    if len(times) <= 3:
        return "t = " + ", ".join(f"{time:g}" for time in times)
    return f"{len(times)} times, t = {times[0]:g} to {times[-1]:g}"
