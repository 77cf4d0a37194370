"""Whatever is written as JSON is read by the strictest reader, and comes back as it was or marked."""

from __future__ import annotations

import json
import math
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from vfibench.system.json_text import decoded, encoded, readable
from vfibench.system.provenance import command_line

ROOT = Path(__file__).resolve().parents[3]
NASTY = [
    ("", ""),
    ("plain", "plain"),
    ("a\0b\x1f\x7f", "a\0b\x1f\x7f"),
    ('quote " \\ / \b\f\n\r\t', 'quote " \\ / \b\f\n\r\t'),
    ("lines \u2028 \u2029 \x85", "lines \u2028 \u2029 \x85"),
    ("\ufeff\ufffe\uffff", "\ufeff\ufffe\uffff"),
    ("\U0001f600 \U0010ffff 漢字 é e\u0301", "\U0001f600 \U0010ffff 漢字 é e\u0301"),
    (os.fsdecode(b"caf\xe9/\xff\x80"), "caf\\xe9/\\xff\\x80"),
    ("\ud800", "\\ud800"),
    ("\udfff\ud83d", "\\udfff\\ud83d"),
    ("\ud83d\ude00", "\\ud83d\\ude00"),  # two halves, which no file name and no decoder joins
    ("\U0001f600\udce9", "\U0001f600\\xe9"),
    ("\\ud800 as text", "\\ud800 as text"),
]


@pytest.mark.parametrize(("text", "expected"), NASTY, ids=lambda text: ascii(text))
@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_text_is_read_back_by_the_strict_reader(text: str, expected: str, ascii_only: bool) -> None:
    stored = encoded({"a": [text], text: 1}, ascii_only=ascii_only).encode("utf-8", "strict")
    assert msgspec.json.decode(stored) == {"a": [expected], expected: 1} | (
        {"a": 1} if expected == "a" else {}
    )
    assert decoded(stored) == json.loads(stored)
    assert readable(text) == readable(expected) == expected
    if ascii_only:
        assert stored.isascii()
        assert len(stored.splitlines()) == 1


def test_random_texts_come_back_marked_only_where_they_must_be() -> None:
    source = random.Random(3)
    kinds = [
        (0, 127),
        (128, 0xD7FF),
        (0xD800, 0xDFFF),
        (0xDC80, 0xDCFF),
        (0xE000, 0xFFFF),
        (0x10000, 0x10FFFF),
    ]
    for _ in range(2000):
        text = "".join(chr(source.randint(*source.choice(kinds))) for _ in range(source.randint(0, 8)))
        expected = "".join(
            char
            if not 0xD800 <= ord(char) <= 0xDFFF
            else f"\\x{ord(char) & 0xFF:02x}"
            if 0xDC80 <= ord(char) <= 0xDCFF
            else f"\\u{ord(char):x}"
            for char in text
        )
        (found,) = msgspec.json.decode(encoded([text]).encode("ascii"))
        assert found == expected


def test_numbers_that_are_none_become_null_and_all_others_stay_to_the_last_bit() -> None:
    numbers = [0.1 + 0.2, 5e-324, -0.0, 1.7976931348623157e308, 2**70, -7, True]
    data = {"a": [math.nan, {"b": math.inf}, (-math.inf, *numbers)], "n": np.float32(0.5), "v": np.arange(3)}
    found = msgspec.json.decode(encoded(data).encode())
    assert found == {"a": [None, {"b": None}, [None, *numbers]], "n": 0.5, "v": [0, 1, 2]}
    assert math.copysign(1, found["a"][2][3]) == -1
    assert found["a"][2][-1] is True


def test_what_is_no_json_becomes_its_text() -> None:
    data = {"path": Path("/a/\udce9"), 3: None, None: 1, True: {2}, 0.5: "x"}
    found = json.loads(encoded(data, sort_keys=True))
    assert found == {"path": "/a/\\xe9", "3": None, "null": 1, "true": [2], "0.5": "x"}


def test_forms() -> None:
    data = {"b": "é", "a": [1]}
    assert encoded(data) == '{"b": "\\u00e9", "a": [1]}'
    assert encoded(data, sort_keys=True, compact=True) == '{"a":[1],"b":"\\u00e9"}'
    assert encoded(data, indent=1, ascii_only=False) == '{\n "b": "é",\n "a": [\n  1\n ]\n}'


@pytest.mark.parametrize(
    "text",
    [b'{"a": NaN}', b"[-Infinity]", b"[1e400]", b'["\\ud800", NaN]', b'["\\ud800", 1e999]', b"[", b"\xff"],
)
def test_what_is_no_strict_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(text)


def test_halves_of_characters_of_earlier_versions_are_read() -> None:
    old = {"dataset": "clip:caf\udce9", "pair": "\U0001f600", "list": [1.5, "\ud800"]}
    text = json.dumps(old).encode()
    with pytest.raises(ValueError, match=r"."):
        msgspec.json.decode(text)
    assert decoded(text) == {"dataset": "clip:caf\\xe9", "pair": "\U0001f600", "list": [1.5, "\\ud800"]}
    raw = b'{"a": "\xed\xb3\xa9"}'  # the same character without an escape
    assert decoded(raw) == {"a": "\\xe9"}


def test_a_nest_is_no_crash() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        decoded(b"[" * 100_000 + b"]" * 100_000)


def test_the_command_can_be_given_again_whatever_bytes_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [b"run", b"-d", b"clip:caf\xe9's \\n $HOME\n\xff", "é".encode(), b"a b"]
    monkeypatch.setattr(sys, "argv", ["vfibench", *map(os.fsdecode, words)])
    told = command_line()
    assert readable(told) == told
    shown = subprocess.run(["bash", "-c", f"printf '%s\\0' {told}"], capture_output=True, check=True).stdout
    assert shown.split(b"\0")[:-1] == [b"vfibench", *words]


def test_nobody_writes_json_in_another_way() -> None:
    """The example worker stands alone; the bench marks read their own children."""
    folders = ["vfibench", "adapters", "datasets", "reports"]
    other = re.compile(r"json\.dumps?\(|msgspec\.json\.(encode|Encoder)|ujson|orjson")
    found = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if other.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"vfibench/system/json_text.py"}
