"""Names that mean several things, or a file: what to write instead."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_plugins import Mse
from plugged import plugged

from vfibench.cli.catalogue import find
from vfibench.errors import VfibenchError
from vfibench.testing.kinds import kind_of


def test_a_name_of_two_kinds_is_asked_back_and_each_can_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mse, "card", replace(Mse.card, name="blend"))
    with plugged(Mse):
        with pytest.raises(VfibenchError, match="'blend' names a method and a metric; say --kind method or"):
            find("blend")
        assert find("blend", "method").kind == "method"
        assert find("blend", "metric").card == Mse.card
        with pytest.raises(VfibenchError, match="unknown dataset 'blend'"):
            find("blend", "dataset")
    with pytest.raises(VfibenchError, match="expected --kind method, dataset or metric, found 'page'"):
        find("blend", "page")
    assert find("rife@tta").kind == "method"
    assert find("psnr@rife").kind == "metric"


@pytest.mark.parametrize("word", ["badm.py", "./some/badm.py"])
def test_a_file_in_place_of_a_module_is_told_how_to_be_written(word: str) -> None:
    with pytest.raises(VfibenchError, match=r"found the name of a file, .*badm\.py.*; write badm:CLASS"):
        kind_of(word)
