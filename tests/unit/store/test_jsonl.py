"""Reading JSON lines fast reads what reading them slowly does."""

from __future__ import annotations

import gc
import json
import math
import random
import re
from pathlib import Path

import pytest

from vfibench.errors import VfibenchError
from vfibench.store.jsonl import Line, parse_line, undisturbed

HERE = Path("a.jsonl")


def parse_lines(path: Path, text: bytes) -> list[Line]:
    return [parse_line(path, number, line) for number, line in enumerate(text.splitlines(), 1)]


def test_every_float_comes_back_to_the_last_bit() -> None:
    source = random.Random(1)
    numbers = [source.uniform(0, 60) for _ in range(500)] + [source.random() * 10.0**-k for k in range(300)]
    numbers += [5e-324, 1.7976931348623157e308, 0.1 + 0.2, -0.0, 2.0**53 + 2, 7]
    rows = [{"sample": "ä\u2028", "scores": {"psnr": number}, "exact": [None]} for number in numbers]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    found = parse_lines(HERE, text)
    assert found == rows == [json.loads(line) for line in text.split(b"\n")[:-1]]
    assert [math.copysign(1, row["scores"]["psnr"]) for row in found].count(-1.0) == 1
    assert isinstance(found[-1]["scores"]["psnr"], int)


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
def test_what_json_takes_beyond_the_standard_is_named(odd: str) -> None:
    line = f'{{"sample": "a", "exact": [], "a": {odd}}}'
    json.loads(line)
    with pytest.raises(VfibenchError, match=rf"on line 2 of a\.jsonl, found {re.escape(odd)}; remove"):
        parse_lines(HERE, f'{{"a": 1}}\n{line}\n'.encode())


def test_whole_numbers_of_any_size_and_pairs_of_surrogates_are_read() -> None:
    (row,) = parse_lines(HERE, b'{"a": 123456789012345678901234567890, "b": "\\ud83d\\ude00"}\n')
    assert row == {"a": 123456789012345678901234567890, "b": "\U0001f600"}


@pytest.mark.parametrize("line", ["", "[1]", "3", '{"a": 1} {"a": 2}', '{"a": ', "null"])
def test_a_line_that_is_no_object_is_named(line: str) -> None:
    with pytest.raises(VfibenchError, match=r"expected a JSON object on line 2 of a\.jsonl"):
        parse_lines(HERE, f'{{"a": 1}}\n{line}\n{{"a": 2}}\n'.encode())


def test_collecting_garbage_goes_on_afterwards() -> None:
    with undisturbed():
        assert not gc.isenabled()
        with undisturbed():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(VfibenchError):
        parse_lines(HERE, b"[1]\n")
    assert gc.isenabled()
