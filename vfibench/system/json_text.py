r"""The one way to JSON and back: what is written can be read, by strict readers too.

Python's own `json` writes what strict JSON does not know: NaN, infinity, and lone surrogates, as which Python
holds the bytes of a file name that are no UTF-8. Here a number that is not finite becomes null, and such a
byte stays legible: the name `caf\xe9` is stored as these seven letters, a backslash among them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec

LONE = re.compile("[\ud800-\udfff]")
ESCAPED = re.compile("\\\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""In JSON text: a half of a character; two of them may be a whole one."""
STORED = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""The same in stored bytes."""
STRICT = msgspec.json.Decoder().decode


def readable(text: str) -> str:
    r"""A text as UTF-8 can hold it: bytes that were no UTF-8 as `\xe9`, other lone surrogates as `\ud800`.

    >>> readable("caf\udce9"), readable("café")
    ('caf\\xe9', 'café')
    """
    return text if text.isascii() else LONE.sub(_marked, text)


def _marked(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def encoded(
    value: object,
    *,
    indent: int | None = None,
    sort_keys: bool = False,
    compact: bool = False,
    ascii_only: bool = True,
) -> str:
    r"""Plain data as JSON that every strict reader takes.

    Numbers that are not finite become null; texts become `readable`; numpy's numbers and arrays, sets and
    tuples become plain ones; anything else becomes its text, such as a path.

    Args:
        value: the data.
        indent: spaces a level, None for one line.
        sort_keys: whether keys are sorted.
        compact: whether there are no spaces.
        ascii_only: whether other characters are escaped, so that no encoding and no line end can harm them.

    >>> encoded({"a": float("nan"), "b": "caf\udce9"})
    '{"a": null, "b": "caf\\\\xe9"}'
    """

    def written(plain: object) -> str:
        return json.dumps(
            plain,
            indent=indent,
            sort_keys=sort_keys,
            separators=(",", ":") if compact else None,
            ensure_ascii=ascii_only,
            allow_nan=False,
        )

    try:
        text = written(value)
    except (TypeError, ValueError):  # as a rule there is nothing odd in it, and this is the fast way
        return written(plain(value))
    return written(plain(value)) if ESCAPED.search(text) else text


def plain(value: object) -> Any:
    """The data as `encoded` writes them: None, truth values, finite numbers, readable texts, lists, dicts."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_key(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return (
        plain(value.tolist()) if hasattr(value, "tolist") else readable(str(value))
    )  # numpy's; a text, a path


def _key(key: object) -> str:
    """A key as JSON has it, where all are texts."""
    return readable(key if isinstance(key, str) else json.dumps(plain(key)).strip('"'))


def decoded(text: bytes) -> Any:
    """Strict JSON as plain data; lone surrogates, which earlier versions wrote, become `readable`.

    Raises:
        ValueError: it is no JSON, not even that; NaN and 1e400 are no numbers.
    """
    try:
        return STRICT(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except (msgspec.MsgspecError, ValueError) as error:
        if not STORED.search(text):
            raise ValueError(str(error)) from error
    return plain(json.loads(text, parse_constant=_no_number, parse_float=_finite))


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)
