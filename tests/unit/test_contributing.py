"""The code that CONTRIBUTING.md shows is a method, a dataset and a metric that keep their contracts."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vfibench.frames.files import write_image
from vfibench.testing import check_adapter, check_dataset, check_metric

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path with each block of code that names its file, "# mymethod.py"."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    files = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL))
    assert set(files) == {"mymethod.py", "mydata.py", "mymetric.py"}
    for name, code in files.items():
        (tmp_path / name).write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in files:
        sys.modules.pop(Path(name).stem, None)


def test_the_method_keeps_its_contract(shown: Path) -> None:
    check_adapter("mymethod:MyMethod").assert_ok()


def test_the_dataset_keeps_its_contract(shown: Path) -> None:
    drawn = np.random.default_rng(0)
    for name in ("a", "b"):
        for number in (1, 2, 3):
            pixels = drawn.integers(0, 256, (3, 32, 48), np.uint8)
            write_image(shown / "mydata" / name / f"{number}.png", pixels)
    check_dataset("mydata:CARD", root=shown).assert_ok()


def test_the_metric_keeps_its_contract(shown: Path) -> None:
    check_metric("mymetric:MyMetric").assert_ok()
