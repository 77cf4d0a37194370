"""What msgspec says against plain data, in one form for all who read files with it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from vfibench.errors import VfibenchError
from vfibench.system.structs import DEEPEST, Complaint, Unreadable, checked, decode_json, read_toml


class Part(msgspec.Struct):
    sizes: list[Annotated[int, msgspec.Meta(ge=1)]] = []
    names: dict[str, int] = {}


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    part: Part
    depth: int = 0


def complaint(text: bytes) -> Complaint:
    with pytest.raises((msgspec.MsgspecError, ValueError)) as caught:
        msgspec.json.decode(text, type=Whole)
    return Complaint.of(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (b'{"part": {"sizes": [1, "x"]}}', "part.sizes[1]", "expected int, got str in part.sizes[1]"),
        (b'{"part": {"sizes": [0]}}', "part.sizes[0]", "expected int >= 1 in part.sizes[0]"),
        (b'{"part": {"names": {"a": "b"}}}', "part.names[...]", "expected int, got str in part.names[...]"),
        (b"{}", "", "object missing required field part"),
        (b"[]", "", "expected object, got array"),
        (b"{x", "", "JSON is malformed: object keys must be strings (byte 1)"),
    ],
)
def test_reason_and_place_are_told_without_marks(text: bytes, place: str, said: str) -> None:
    found = complaint(text)
    assert found.place == place
    assert str(found) == said
    assert found.unknown is None


def test_a_key_of_a_dictionary_that_is_none_has_its_place() -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert({"part": {"names": {1: 2}}}, Whole)
    assert str(Complaint.of(caught.value)) == "expected str, got int in part.names"


def test_an_unknown_key_is_known_as_one_and_the_nearest_told() -> None:
    assert complaint(b'{"part": {}, "deep": 1}').unknown == "deep"
    with pytest.raises(VfibenchError, match=r"x.toml: unknown key 'dept'; did you mean 'depth'\?"):
        checked({"part": {}, "dept": 1}, Whole, "x.toml")
    with pytest.raises(VfibenchError, match="unknown key 'zzz'; the keys there are part, depth"):
        checked({"part": {}, "zzz": 1}, Whole, "x.toml")


def test_a_wrong_value_is_told_with_its_place_and_the_keys() -> None:
    with pytest.raises(
        VfibenchError, match=r"x.toml: depth: expected int, got str; the keys there are part, depth"
    ):
        checked({"part": {}, "depth": "a"}, Whole, "x.toml")
    assert checked({"part": {}, "depth": 3}, Whole, "x.toml") == Whole(Part(), 3)


@pytest.mark.parametrize("text", [b"a = [", b"\xff\xfe"])
def test_what_is_no_toml_is_refused_in_one_line(text: bytes) -> None:
    with pytest.raises(VfibenchError, match=r"expected TOML in x.toml, found: .*; look at it") as caught:
        read_toml(text, "x.toml", "look at it")
    assert "\n" not in str(caught.value)


def nest(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_json_is_read_with_or_without_a_mark_of_byte_order() -> None:
    assert decode_json(b'\xef\xbb\xbf{"a": [1, 2]}') == decode_json(b'{"a": [1, 2]}') == {"a": [1, 2]}
    assert decode_json(b'{"part": {}, "depth": 2}', Whole) == Whole(Part(), 2)
    assert decode_json(nest(DEEPEST)) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (nest(DEEPEST + 1), "nested too deep"),
        (nest(100_000), "nested too deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', "the key 'b' twice in one object"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16, save it as UTF-8"),
    ],
)
def test_json_that_msgspec_would_take_or_choke_on_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        decode_json(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a = " + nest(100_000), "nested too deep|[Rr]ecursion"),
        (b"a = " + nest(DEEPEST + 1), "nested too deep"),
        (b"[" + b".".join([b"a"] * 3000) + b"]", "nested too deep|[Rr]ecursion"),
        (b"a = 1\na = 2", "Cannot overwrite a value"),
        (b"a = " + b"9" * 5000, "limit"),
        (b"a = 1\x00", "Expected newline or end of document"),
        ("a = 1".encode("utf-16"), "UTF-16, save it as UTF-8"),
    ],
)
def test_toml_that_python_chokes_on_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(VfibenchError, match=f"expected TOML in x.toml, found: .*(?:{said})"):
        read_toml(text, "x.toml")


def test_toml_from_an_editor_that_marks_byte_order_is_read() -> None:
    assert read_toml(b"\xef\xbb\xbfa = 1", "x.toml") == {"a": 1}
