"""Datasets of third parties: one that breaks its contract ends the run in one line; changed files show."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import made_plugins
import numpy as np
import pytest
from made_plugins import IDS, Code, Enlarged, Masked, OnDisk, Textures, Untold, write_triplets
from plugged import plugged

import vfibench
from vfibench.api import load_dataset
from vfibench.contracts import DatasetOptions, Sample
from vfibench.datasets.fingerprints import looked_at
from vfibench.datasets.opened import OpenedDataset
from vfibench.datasets.opening import open_dataset
from vfibench.errors import VfibenchError
from vfibench.frames.files import write_image
from vfibench.running.plan import Planner, Request

GOOD = (Textures, Code, Masked, Enlarged, OnDisk, Untold)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_triplets(tmp_path / "data")


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    with plugged(*GOOD):
        yield


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`broken(ids=...)` is what is said of made-textures with these members."""

    def told(base: type[Textures] = Textures, **members: Any) -> str:
        made = type("Broken", (base,), members)
        monkeypatch.setattr(made_plugins, base.__name__, made)
        with pytest.raises(VfibenchError) as error:
            _ = open_dataset(base.card.name, DatasetOptions())[1]
        assert "\n" not in str(error.value)
        assert f"the dataset {base.card.name} (made-plugin) " in error.value.message
        return error.value.message

    return told


def changed(**parts: Any) -> Callable[[Textures, int], Sample]:
    """A `__getitem__` whose samples have other parts; each is made of the good sample."""

    def decode(self: Textures, index: int) -> Sample:
        base = next(each for each in type(self).__mro__ if each.__name__ != "Broken")
        sample = base.__getitem__(self, index)
        return replace(sample, **{name: make(sample) for name, make in parts.items()})

    return decode


@pytest.mark.parametrize("made", GOOD)
@pytest.mark.parametrize("inputs", [2, 4])
def test_a_good_dataset_is_opened_and_every_sample_decoded(made: type[Textures], inputs: int, root: Path):
    if inputs not in made.card.inputs:
        pytest.skip("gives two frames alone")
    dataset = open_dataset(made.card.name, DatasetOptions(root, inputs))
    assert [dataset[index].id for index in range(len(dataset))] == list(dataset.ids)
    assert isinstance(dataset, vfibench.contracts.Dataset)


def test_floats_as_frames_are_refused_and_not_scored(broken):
    message = broken(__getitem__=changed(frames=lambda sample: np.float32(sample.frames / 255)))
    assert (
        "breaks its contract: expected frames uint8 [2, 3, H, W], found float32 [2, 3, 24, 40], in sample"
        in (message)
    )
    with pytest.raises(VfibenchError, match=r"made-textures \(made-plugin\) breaks its contract: .* 'a/1'"):
        vfibench.evaluate("blend", "made-textures", metrics=("psnr",), device="cpu")
    assert "expected frames" in broken(__getitem__=changed(frames=lambda sample: sample.frames.tolist()))


@pytest.mark.parametrize(
    ("part", "make", "said"),
    [
        ("frames", lambda s: s.frames[:1], "expected frames uint8 [2, 3, H, W], found uint8 [1, 3, 24, 40]"),
        ("frames", lambda s: s.frames[:, :1], "found uint8 [2, 1, 24, 40]"),
        ("frames", lambda s: s.frames.transpose(0, 2, 3, 1), "found uint8 [2, 24, 40, 3]"),
        ("targets", lambda s: s.targets[:1], "expected targets uint8 [2, 3, 24, 40], found uint8 [1, 3"),
        ("targets", lambda s: s.targets[..., :-1], "found uint8 [2, 3, 24, 39]"),
        ("targets", lambda s: s.targets.astype(np.int16), "found int16 [2, 3, 24, 40]"),
        ("times", lambda s: s.times[::-1], "expected target times (0.25, 0.5), found (0.5, 0.25)"),
        ("times", lambda s: list(s.times), "found [0.25, 0.5]"),
        ("times", lambda s: (0.25, 0.75), "found (0.25, 0.75)"),
        ("mask", lambda s: np.ones((24, 39), bool), "expected a mask bool [24, 40], found bool [24, 39]"),
        ("mask", lambda s: np.ones((24, 40), np.uint8), "found uint8 [24, 40]"),
        ("tags", lambda s: {"motion": np.float32(1)}, "expected tags that are texts, finite numbers or bool"),
        ("tags", lambda s: {"motion": math.nan}, "found 'motion': nan"),
        ("tags", lambda s: {1: "one"}, "found 1: 'one'"),
        ("tags", lambda s: ["clip"], "expected tags by name, found list"),
        ("id", lambda s: "b/9", "expected the id 'a/2', found 'b/9'"),
    ],
)  # fmt: skip
def test_a_sample_that_breaks_its_contract_is_named(
    broken, part: str, make: Callable[[Sample], Any], said: str
):
    message = broken(__getitem__=changed(**{part: make}))
    assert said in message
    assert message.endswith("in sample 'a/2'")


def test_a_masked_dataset_has_a_mask_in_every_sample(broken):
    assert "expected a mask, as its card says, found None" in broken(
        Masked, __getitem__=changed(mask=lambda sample: None)
    )


def test_what_is_no_sample_or_raises_is_named(broken):
    assert "expected a Sample, found tuple" in broken(__getitem__=lambda self, index: (1, 2))
    message = broken(__getitem__=lambda self, index: {}["nothing"])
    assert (
        message
        == "the dataset made-textures (made-plugin) could not decode sample 'a/2': KeyError: 'nothing'"
    )


def test_targets_are_larger_where_the_card_says_so(broken):
    small = changed(targets=lambda sample: sample.targets[..., ::2, ::2])
    assert "expected targets uint8 [2, 3, 48, 80], found uint8 [2, 3, 24, 40]" in broken(
        Enlarged, __getitem__=small
    )


def test_times_of_samples_are_some_of_the_datasets(broken):
    for told in ((0.5, 0.25), (0.5, 2.0), (), [0.5], (0.5, 0.5)):
        said = "expected times_of to give a tuple of some of 0, 0.5, 1, in order, found "
        assert f"{said}{told!r}, in sample 'a/2'" in broken(Enlarged, times_of=lambda self, index, t=told: t)


def listed(*ids: Any) -> dict[str, Any]:
    """Members of a dataset of these samples, whose selection tells of them truly."""
    return {"ids": property(lambda self: ids, lambda self, value: None), "__len__": lambda self: len(ids)}


def selected(**changes: Any) -> dict[str, Any]:
    """Members of a dataset with another selection."""

    def make(self: Textures, options: DatasetOptions) -> None:
        Textures.__init__(self, options)
        self.selection = replace(self.selection, **changes)

    return {"__init__": make}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (listed("a", "a"), "expected ids of one sample each, found 'a' twice"),
        (listed("a", "../b"), "expected ids that are relative paths, found '../b'"),
        (listed("a", "/b"), "expected ids that are relative paths, found '/b'"),
        (listed("a", 2), "expected ids that are texts, found 2"),
        ({"__len__": lambda self: 4}, "expected len() of its 5 ids, found 4"),
        (listed("a", "b"), "expected the official list of 5 samples, with its card's sha256 "),
        (selected(chosen=4), "expected a selection of its 5 samples, found one of 4"),
        (selected(sha256="0" * 64), "expected its selection's sha256, that of its ids, "),
        (selected(sha256=None), "found None"),
        (selected(kind="whole"), "expected a selection of kind official, partial or own list, found 'whole'"),
        (selected(official=7), "expected an official list of the 5 samples of its card, found one of 7"),
        ({"times": (0.5, 0.25)}, "expected target times in ascending order, found [0.5, 0.25]"),
        ({"times": (0.0, 0.5)}, "expected target times between 0 and 1, found [0.0, 0.5]"),
        ({"times": ()}, "expected target times as floats, found []"),
        ({"times": (np.float64(0.5),)}, "expected target times as floats"),
        ({"label": "film"}, "expected a label that begins with made-textures:, found 'film'"),
        ({"label": 7}, "expected a label that begins with made-textures:, found 7"),
        ({"remarks": "one sentence"}, "expected remarks as a sequence of texts, found 'one sentence'"),
        ({"root": "/data"}, "expected its root as a Path, found '/data'"),
        ({"card": Masked.card}, "expected its card, that of 'made-textures', found that of 'made-masked'"),
    ],
)
def test_a_dataset_that_breaks_its_contract_is_refused_before_any_sample(broken, members, said: str):
    undecoded = {"__getitem__": lambda self, index: pytest.fail("a sample was decoded")}
    assert said in broken(**members, **undecoded)


def test_an_official_list_that_is_not_the_cards_is_refused(broken):
    def reordered(self: Textures, options: DatasetOptions) -> None:
        Textures.__init__(self, options)
        self.ids = IDS[::-1]
        self.selection = replace(self.selection, sha256=made_plugins.list_hash(self.ids))

    message = broken(__init__=reordered)
    assert "expected the official list of 5 samples, with its card's sha256 " in message
    assert ", found 5 samples with " in message


def test_what_a_factory_raises_or_makes_is_named(broken, monkeypatch):
    for factory, said in (
        (lambda options: {}["x"], "could not be opened: KeyError: 'x'"),
        (lambda options: SimpleNamespace(ids=()), "found SimpleNamespace without card, selection, times"),
    ):
        monkeypatch.setattr(made_plugins, "Textures", factory)
        with pytest.raises(VfibenchError) as error:
            load_dataset("made-textures")
        assert said in error.value.message


def key(name: str, root: Path, **options: Any) -> str:
    (job,) = Planner(Request(("blend",), (name,), metrics=(), data_root=root, **options)).jobs()
    return job.cell.key


def test_other_files_of_a_dataset_without_a_fingerprint_are_another_cell(root: Path, tmp_path: Path):
    before = key("made-untold", root)
    assert key("made-untold", root) == before
    assert key("made-untold", write_triplets(tmp_path / "same")) == before
    assert key("made-untold", write_triplets(tmp_path / "other", shift=1)) != before


def test_one_changed_picture_of_a_small_dataset_is_another_cell(root: Path):
    before = key("made-untold", root)
    write_image(root / "made-triplets/b/1/middle.png", made_plugins.pictures([7])[0])
    assert key("made-untold", root) != before


def test_a_datasets_own_fingerprint_is_what_is_stored_and_nothing_is_decoded(root: Path, monkeypatch):
    monkeypatch.setattr(OnDisk, "__getitem__", lambda self, index: pytest.fail("a sample was decoded"))
    (job,) = Planner(Request(("blend",), ("made-on-disk",), metrics=(), data_root=root)).jobs()
    assert job.cell.settings.files == OnDisk(DatasetOptions(root)).fingerprint
    monkeypatch.setattr(Code, "__getitem__", lambda self, index: pytest.fail("a sample was decoded"))
    (job,) = Planner(Request(("nearest",), ("made-code",), metrics=())).jobs()
    assert job.cell.settings.files is None


@pytest.mark.parametrize("wrong", [b"bytes", 7, ""])
def test_a_fingerprint_that_is_no_text_is_refused(root: Path, monkeypatch, wrong: object):
    monkeypatch.setattr(OnDisk, "fingerprint", wrong)
    with pytest.raises(VfibenchError, match="expected a fingerprint that is a text, or None, found"):
        key("made-on-disk", root)


def test_of_a_large_dataset_some_samples_are_looked_at_and_the_user_is_told(monkeypatch):
    names = tuple(f"{place:03d}" for place in range(100))
    decoded: list[int] = []

    class Many(Textures):
        card = replace(Textures.card, count=100, list_sha256=None)

        def __init__(self, options: DatasetOptions) -> None:
            self.ids = names
            self.selection = made_plugins.Selection("official", 100, 100, made_plugins.list_hash(names))

        def __getitem__(self, index: int) -> Sample:
            decoded.append(index)
            flat = np.full((2, 3, 8, 8), index, np.uint8)
            return Sample(names[index], flat, flat, self.times)

    dataset = OpenedDataset(Many(DatasetOptions()), Many.card, 2)
    assert dataset.fingerprint
    assert dataset.fingerprint.startswith("decoded 8 of 100: ")
    assert decoded == looked_at(100) == [0, 14, 28, 42, 56, 70, 84, 99]
    assert dataset.remarks == (
        "made-textures: it tells no fingerprint, so 8 of its 100 samples are looked at to notice changed "
        "files; a change in the others goes unnoticed",
    )
    monkeypatch.setattr(Many, "fingerprint", "told", raising=False)
    assert OpenedDataset(Many(DatasetOptions()), Many.card, 2).remarks == ()


def test_the_built_in_synthetic_dataset_tells_that_no_file_can_change_it():
    (job,) = Planner(Request(("blend",), ("synthetic",), metrics=())).jobs()
    assert job.cell.settings.files is None


def test_members_of_a_datasets_own_are_reached_from_python(root: Path):
    dataset = load_dataset("made-on-disk", root)
    assert dataset.files("a/1")[0] == root / "made-triplets/a/1/first.png"
    assert dataset.root == root / "made-triplets"
    assert dataset.remarks == ("made for a test",)
    with pytest.raises(AttributeError, match="nothing"):
        _ = dataset.nothing
