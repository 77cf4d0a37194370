"""A policy says how much may change; what it cannot mean is one clear line."""

from __future__ import annotations

import math

import pytest
from stored import made_settings

from vfibench.errors import VfibenchError
from vfibench.gate.policy import DEFAULTS, Policy, read_policy
from vfibench.metrics.catalog import CARDS
from vfibench.store.cells import Cell

CELL = Cell("rife", "ucf101", "vfibench", made_settings(precision="fp16"))


def policy(tmp_path, text: str) -> Policy:
    file = tmp_path / "gate.toml"
    file.write_text(text)
    return read_policy(file)


def test_every_built_in_metric_has_a_tolerance():
    for card in CARDS:
        found = Policy().limits(CELL, card.name)
        assert found.mean > 0, card.name
        assert found.sample > found.mean, card.name


def test_an_empty_policy_is_the_default(tmp_path):
    assert policy(tmp_path, "") == Policy()
    assert policy(tmp_path, "[speed]").speed.slower == 1.1
    assert Policy().limits(CELL, "psnr@rife") == DEFAULTS["psnr"]


def test_the_more_specific_and_the_later_rule_wins_key_by_key(tmp_path):
    found = policy(
        tmp_path,
        """
        improved = "warn"
        metrics = ["psnr", "psnr@rife"]
        [tolerance.psnr]
        mean = 0.1
        [tolerance."psnr@rife"]
        sample = inf
        [[override]]
        method = "rife (fp16)"
        mean = 0.2
        [[override]]
        dataset = "ucf101"
        metric = "psnr@rife"
        mean = 0.3
        ceiling = 50
        [[override]]
        method = "rife"
        dataset = "vimeo90k"
        mean = 9.0
        [speed]
        slower = 1.5
        """,
    )
    assert (found.improved, found.metrics, found.speed.slower) == ("warn", ("psnr", "psnr@rife"), 1.5)
    plain, other = found.limits(CELL, "psnr"), found.limits(CELL, "psnr@rife")
    assert (plain.mean, plain.sample, plain.ceiling) == (0.2, 0.5, 60.0)
    assert (other.mean, other.sample, other.ceiling) == (0.3, math.inf, 50.0)
    assert found.limits(Cell("dain", "davis", "vfibench", made_settings()), "psnr").mean == 0.1


def test_rules_that_apply_to_nothing_are_named(tmp_path):
    found = policy(tmp_path, '[tolerance.pnsr]\nmean = 1\n[[override]]\nmethod = "rif"\nmean = 1\n')
    assert found.idle([(CELL, ["psnr"])]) == ["[tolerance.pnsr]", "[[override]] number 1"]
    assert policy(tmp_path, "[tolerance.psnr]\nmean = 1").idle([(CELL, ["psnr@rife"])]) == []


@pytest.mark.parametrize(
    ("named", "columns", "used"),
    [
        ("psnr@rife", ["psnr", "psnr@rife"], True),
        ("psnr@rife", ["psnr@rife"], True),
        ("psnr@rife", ["psnr"], False),
        ("psnr@rife", ["psnr@cdfi", "ssim@rife"], False),
        ("psnr", ["psnr@rife"], True),
        ("psnr", ["ssim", "ssim3d"], False),
        ("rife", ["psnr@rife"], False),
    ],
)
def test_a_rule_of_a_column_or_of_its_kind_is_idle_only_where_it_changes_no_limit(
    tmp_path, named, columns, used
):
    tables = {
        f"[tolerance.{named}]": f'[tolerance."{named}"]\nmean = 7',
        "[[override]] number 1": f'[[override]]\nmetric = "{named}"\nmean = 7',
    }
    for words, text in tables.items():
        found = policy(tmp_path, text)
        assert any(found.limits(CELL, column).mean == 7 for column in columns) is used
        assert found.idle([(CELL, columns)]) == ([] if used else [words])


@pytest.mark.parametrize("method", ["rife", "rife (fp16)", "rif", "dain"])
@pytest.mark.parametrize("dataset", ["", "ucf101", "davis"])
def test_a_rule_of_some_cells_is_idle_only_where_it_changes_none_of_them(tmp_path, method, dataset):
    words = f'[[override]]\nmethod = "{method}"\nmean = 7\n' + (f'dataset = "{dataset}"' if dataset else "")
    found, cells = policy(tmp_path, words), [CELL, Cell("dain", "davis", "vfibench", made_settings())]
    used = any(found.limits(cell, "psnr").mean == 7 for cell in cells)
    assert used is (
        (method, dataset)
        in {
            ("rife", ""),
            ("rife (fp16)", ""),
            ("dain", ""),
            ("rife", "ucf101"),
            ("rife (fp16)", "ucf101"),
            ("dain", "davis"),
        }
    )
    assert found.idle([(cell, ["psnr"]) for cell in cells]) == ([] if used else ["[[override]] number 1"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("improved = [", "expected TOML in .*gate.toml"),
        ('improved = "no"', "gate.toml: improved: invalid enum value 'no'"),
        ('improvd = "warn"', "gate.toml: unknown key 'improvd'; did you mean 'improved'"),
        ("metrics = []", "metrics: expected array of length >= 1"),
        ('metrics = "psnr"', "metrics: expected array"),
        ("[tolerance.psnr]\nmeen = 1", r"\[tolerance.psnr\] of .*: unknown key 'meen'; did you mean 'mean'"),
        ("[tolerance.psnr]\nmean = -1", r"\[tolerance.psnr\] of .*: mean: expected float >= 0"),
        ("[tolerance.psnr]\nmean = nan", r"mean: expected float >= 0"),
        ('[tolerance.psnr]\nmean = "x"', "mean: expected float.*, got str"),
        ("[tolerance]\npsnr = 1", "tolerance.*: expected object, got int"),
        ("[[override]]\nmean = 1\n[[override]]\nsampel = 1", "number 2 of .*: unknown key 'sampel'"),
        (
            '[[override]]\nmethod = "rife"\nceiling = 60',
            "number 1 of .*: a ceiling needs the metric it is for",
        ),
        ("[speed]\nslower = 0.5", r"\[speed\] of .*: slower: expected float >= 1"),
        ("\xff\xff", "expected TOML"),
    ],
)
def test_a_wrong_policy_is_one_clear_line(tmp_path, text, message):
    (tmp_path / "gate.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(VfibenchError, match=message) as caught:
        read_policy(tmp_path / "gate.toml")
    assert "\n" not in str(caught.value)


def test_a_missing_policy_is_told(tmp_path):
    with pytest.raises(VfibenchError, match="expected a policy, found No such file"):
        read_policy(tmp_path / "gate.toml")
