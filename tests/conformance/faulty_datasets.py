"""One fault at a time, put into a good dataset; each is listed with the one check that must name it."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from made_plugins import IDS, Code, Enlarged, Exact, Masked, OnDisk, Textures

from vfibench.contracts import DatasetOptions, Sample
from vfibench.datasets.selection import list_hash
from vfibench.frames.files import read_image

# The check that names the fault, the good dataset, and the members that make it faulty.
FAULTS: dict[str, tuple[str, type[Textures], dict[str, Any]]] = {}


def fault(check: str, name: str, base: type[Textures] = Textures, **members: Any) -> None:
    FAULTS[name] = (check, base, members)


def card(check: str, name: str, base: type[Textures] = Textures, /, **facts: Any) -> None:
    """A fault of the card alone."""
    fault(check, name, base, card=replace(base.card, **facts))


def sample(check: str, name: str, base: type[Textures] = Textures, **parts: Callable[[Sample], Any]) -> None:
    """A fault of one part of the third sample."""

    def decode(self: Textures, index: int) -> Sample:
        good = base.__getitem__(self, index)
        return replace(good, **{part: make(good) for part, make in parts.items()}) if index == 2 else good

    fault(check, name, base, __getitem__=decode)


def opened(check: str, name: str, change: Callable[[Any], None], base: type[Textures] = Textures) -> None:
    """A fault of an opened dataset that `change` makes."""

    def make(self: Textures, options: DatasetOptions) -> None:
        base.__init__(self, options)
        self.options = options
        change(self)

    fault(check, name, base, __init__=make)


def listed(check: str, name: str, *ids: Any) -> None:
    """A dataset of these ids, whose selection tells of them truly."""

    def change(self: Any) -> None:
        self.ids = ids
        self.selection = replace(self.selection, chosen=len(ids), sha256=list_hash([str(one) for one in ids]))

    opened(check, name, change)


def select(check: str, name: str, **changes: Any) -> None:
    opened(check, name, lambda self: setattr(self, "selection", replace(self.selection, **changes)))


card("card", "odd_inputs", inputs=(3,))
card("card", "inputs_twice_two", inputs=(2.0,))
card("card", "no_inputs", inputs=())
card("card", "two_words", name="made textures")
card("card", "no_scale", scale=0)
card("card", "nothing_counted", count=0)
card("card", "no_hash", list_sha256="abc")
card("card", "times_of_the_inputs", times=(0.0, 0.5))


def four_frames_raise(self: Textures, options: DatasetOptions) -> None:
    Textures.__init__(self, options)
    if options.inputs == 4:
        raise KeyError("four")


fault("opens", "raises_for_four_frames", __init__=four_frames_raise)
fault("opens", "has_no_selection", __init__=lambda self, options: setattr(self, "ids", IDS))
opened("opens", "carries_another_card", lambda self: setattr(self, "card", Masked.card))
card("target", "target_of_another_class", target="made_plugins:Masked")
card("target", "target_of_no_class", target="made_plugins:Missing")

listed("ids", "the_same_id_twice", "a", "b", "a")
listed("ids", "an_id_that_leads_out", "a", "../b")
listed("ids", "an_absolute_id", "a", "/b")
listed("ids", "a_number_as_id", "a", 7)
listed("ids", "no_sample_at_all")
fault("ids", "one_sample_more_than_ids", __len__=lambda self: len(self.ids) + 1)

openings = itertools.count()


def reordered(self: Any) -> None:
    shift = next(openings) % len(self.ids)
    self.ids = (*self.ids[shift:], *self.ids[:shift])
    self.selection = replace(self.selection, kind="own list", official=None, sha256=list_hash(self.ids))


opened("stable", "another_order_each_time", reordered)
opened("stable", "fewer_each_time", lambda self: shorten(self, len(IDS) - next(openings) % 3))


def shorten(self: Any, count: int) -> None:
    self.ids = self.ids[:count]
    sha256 = list_hash(self.ids)
    self.selection = replace(
        self.selection, kind="own list", official=None, chosen=len(self.ids), sha256=sha256
    )


select("selection", "counts_another_number", chosen=4)
select("selection", "hashes_another_list", sha256=list_hash(["a"]))
select("selection", "a_selection_of_no_kind", kind="all")
opened("selection", "a_text_as_selection", lambda self: setattr(self, "selection", "official"))
card("official_list", "another_list_than_the_cards", list_sha256=list_hash(["a"]))
select("official_list", "another_number_than_the_cards", official=6)

fault("times", "times_descend", times=(0.5, 0.25))
fault("times", "a_time_of_an_input", times=(0.25, 1.0))
fault("times", "whole_numbers_as_times", Enlarged, times=(0, 0.5, 1))
fault("times", "other_times_than_the_cards", times=(0.25, 0.75))
fault("optional", "one_text_as_remarks", remarks="left out 2 of 7")
fault("optional", "a_text_as_root", root="/data")

fault("times_of", "times_of_in_another_order", Enlarged, times_of=lambda self, index: (1.0, 0.5))
fault("times_of", "times_of_nothing", Enlarged, times_of=lambda self, index: ())
fault("times_of", "times_of_its_own", Enlarged, times_of=lambda self, index: (0.5, 0.75))


def raises_at_the_last(self: Textures, index: int) -> Sample:
    if index == len(self.ids) - 1:
        raise RuntimeError("beyond the end")
    return Textures.__getitem__(self, index)


fault("decodes", "raises_at_the_last_sample", __getitem__=raises_at_the_last)
fault("decodes", "pictures_alone", __getitem__=lambda self, index: Textures.__getitem__(self, index).frames)
sample("decodes", "another_id", id=lambda good: "b/9")

sample("frames", "floats", frames=lambda good: np.float32(good.frames / 255))
sample("frames", "one_frame_too_few", frames=lambda good: good.frames[1:])
sample("frames", "channels_last", frames=lambda good: good.frames.transpose(0, 2, 3, 1))
sample("frames", "grey_frames", frames=lambda good: good.frames[:, :1])
sample("frames", "a_list_of_frames", frames=lambda good: list(good.frames))
sample("sample_times", "times_as_a_list", times=lambda good: list(good.times))
sample("sample_times", "a_sample_of_other_times", times=lambda good: (0.25, 0.75))
sample(
    "sample_times",
    "fewer_times_than_told",
    times=lambda good: good.times[:1],
    targets=lambda good: good.targets[:1],
)
sample("targets", "a_target_missing", targets=lambda good: good.targets[:1])
sample("targets", "targets_of_another_size", targets=lambda good: good.targets[..., :-1])
sample("targets", "targets_of_wider_type", targets=lambda good: good.targets.astype(np.uint16))
sample("targets", "targets_not_enlarged", Enlarged, targets=lambda good: good.targets[..., ::2, ::2])
sample("masks", "a_mask_missing", Masked, mask=lambda good: None)
sample("masks", "a_mask_of_levels", Masked, mask=lambda good: good.mask.astype(np.uint8) * 255)
sample("masks", "a_mask_of_another_size", mask=lambda good: np.ones((3, 3), bool))
sample("tags", "a_tag_of_numpy", tags=lambda good: {"motion": np.float64(2)})
sample("tags", "a_tag_without_a_number", tags=lambda good: {"motion": float("nan")})
sample("tags", "a_tag_of_a_list", tags=lambda good: {"clips": ["a", "b"]})


def speckled(good: Sample, seed: object) -> Sample:
    """The sample with one other pixel, in a place that the seed decides."""
    frames = good.frames.copy()
    frames.reshape(-1)[random.Random(repr(seed)).randrange(frames.size)] ^= 255
    return replace(good, frames=frames)


def speckled_by_chance(self: Textures, index: int) -> Sample:
    return speckled(Textures.__getitem__(self, index), os.urandom(8))


def speckled_by_number_of_calls(self: Any, index: int) -> Sample:
    self.calls = getattr(self, "calls", 0) + 1
    return speckled(Textures.__getitem__(self, index), self.calls)


def speckled_by_opening(self: Any, index: int) -> Sample:
    return speckled(Textures.__getitem__(self, index), id(self))


def through_one_buffer(self: Any, index: int) -> Sample:
    self.buffer = Textures.__getitem__(self, index)
    time.sleep(0.01)
    return self.buffer


def seeds_numpy(self: Textures, index: int) -> Sample:
    np.random.seed(index)
    return Textures.__getitem__(self, index)


fault("repeatable", "noise", __getitem__=speckled_by_chance)
fault("repeatable", "a_state_that_moves", __getitem__=speckled_by_number_of_calls)
fault("repeatable", "another_opening_is_another", __getitem__=speckled_by_opening)
fault("threads", "one_buffer_for_all_threads", __getitem__=through_one_buffer)
fault("global_state", "seeds_numpy", __getitem__=seeds_numpy)
opened("global_state", "changes_folder", lambda self: os.chdir("/"))

fault("fingerprint", "a_fingerprint_of_bytes", Code, fingerprint=b"1234")
fault("fingerprint", "no_fingerprint_of_files", OnDisk, fingerprint=None)
fault(
    "fingerprint", "another_fingerprint_each_time", OnDisk, fingerprint=property(lambda self: str(id(self)))
)
fault(
    "changed_files", "a_fingerprint_of_names", OnDisk, fingerprint=property(lambda self: list_hash(self.ids))
)
fault(
    "changed_files",
    "a_fingerprint_of_dates",
    OnDisk,
    fingerprint=property(
        lambda self: str([path.stat().st_mtime_ns for name in self.ids for path in self.files(name)])
    ),
)
fault(
    "changed_files",
    "a_fingerprint_of_places",
    OnDisk,
    fingerprint=property(lambda self: f"{self.root} {sum(p.stat().st_size for p in self.files('a/1'))}"),
)


def inventory_that_needs_all(root: Path) -> Any:
    for name in IDS:
        read_image(root / "made-triplets" / name / "first.png")
    return OnDisk.inventory(root)


def inventory_of_nothing(root: Path) -> Any:
    return replace(OnDisk.inventory(root), missing=dict.fromkeys(IDS, root))


def inventory_of_all(root: Path) -> Any:
    return replace(OnDisk.inventory(root), folder=root, missing={})


fault("inventory", "an_inventory_that_raises", OnDisk, inventory=staticmethod(inventory_that_needs_all))
fault("inventory", "an_inventory_that_lacks_samples", OnDisk, inventory=staticmethod(inventory_of_nothing))
fault("inventory", "an_inventory_of_missing_files", OnDisk, inventory=staticmethod(inventory_of_all))
fault("inventory", "an_inventory_of_names", OnDisk, inventory=staticmethod(lambda root: list(IDS)))


def exact(name: str, **maps: Callable[[Any], Any]) -> None:
    """A fault of the truth's maps."""

    def truth(self: Exact, index: int, time: float) -> SimpleNamespace:
        good = vars(Exact.truth(self, index, time))
        return SimpleNamespace(**good | {part: make(good[part]) for part, make in maps.items()})

    fault("truth", name, Exact, truth=truth)


exact("flow_of_inputs_size", flow0=lambda flow: flow[:, ::2, ::2])
exact("flow_of_whole_pixels", flow1=lambda flow: flow.astype(int))
exact("flow_without_a_number", flow1=lambda flow: flow * np.nan)
exact("visibility_as_levels", seen0=lambda seen: seen.astype(np.uint8))


def without(option: str, value: Any = None) -> Callable[[Any, DatasetOptions], None]:
    """An opening that passes over an option in silence."""
    return lambda self, options: Textures.__init__(self, replace(options, **{option: value}))


def official_whatever(self: Any, options: DatasetOptions) -> None:
    Textures.__init__(self, options)
    self.selection = replace(self.selection, kind="official") if options.list_file else self.selection


def unknown_left_out(self: Any, options: DatasetOptions) -> None:
    self.listed = lambda path: [name for name in path.read_text().split() if name in IDS]
    Textures.__init__(self, options)


fault("list_file", "lists_are_passed_over", __init__=without("list_file"))
fault("list_file", "a_list_that_counts_as_official", __init__=official_whatever)
fault("list_file", "unknown_samples_are_left_out", __init__=unknown_left_out)
opened("partial", "partial_leaves_out", lambda self: self.options.partial and shorten(self, 3))
fault("factor", "factors_are_passed_over", __init__=without("factor"))


def faulty(name: str) -> type[Textures]:
    """A subclass of a good dataset with one fault."""
    _, base, members = FAULTS[name]
    return type(f"{base.__name__}_{name}", (base,), dict(members))
