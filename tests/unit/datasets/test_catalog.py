from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vfibench.registry import load_target
from vfibench_datasets.catalog import CARDS


def test_every_dataset_is_listed_once_under_its_name():
    names = [card.name for card in CARDS]
    assert len(set(names)) == len(names) == 32
    assert {"synthetic", "clip"} <= set(names)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_points_at_a_factory_and_says_what_doctor_needs(card):
    assert callable(load_target(card.target))
    assert card.title
    assert card.task
    assert card.inputs
    assert card.builtin or (card.layout and card.source)
    if not (card.builtin or card.argument):
        assert card.licence
        assert card.paper
        assert card.folders
        assert load_target(card.target).card is card


def test_reading_the_catalogue_imports_nothing_heavy():
    script = (
        "import sys, vfibench_datasets.catalog; "
        "print(sorted({'torch', 'numpy', 'PIL', 'skimage', 'pandas'} & set(sys.modules)))"
    )
    path = [folder for folder in sys.path if folder and Path(folder).is_dir()]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
