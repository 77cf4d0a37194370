"""What msgspec says against plain data, in one form for all who read files with it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from vfibench.errors import VfibenchError
from vfibench.system.structs import Complaint, checked, read_toml


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
