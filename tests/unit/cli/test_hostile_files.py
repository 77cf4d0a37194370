"""Files of every kind that a stranger may hand over: whatever they hold, one line and no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vfibench.errors import LINE, VfibenchError, one_line
from vfibench.gate.files import read_baseline
from vfibench.gate.policy import SpeedLimit, read_policy
from vfibench.gate.speed import read_speed
from vfibench.store.damage import raised
from vfibench.store.reading import read_scores, read_timings
from vfibench.store.run_file import load_run
from vfibench.strata.files import read_facts
from vfibench.training.recipes import read_recipe
from vfibench.weights.reading import header_of, read_checkpoint

READERS: dict[str, Callable[[Path], object]] = {
    "run.json": load_run,
    "policy.toml": read_policy,
    "baseline.csv": read_baseline,
    "recipe.toml": lambda path: read_recipe(str(path)),
    "speed.json": lambda path: read_speed(path, SpeedLimit()),
    "scores.jsonl": lambda path: read_scores(path, raised),
    "timings.jsonl": lambda path: read_timings(path, raised),
    "facts.csv": read_facts,
    "net.safetensors": header_of,
    "net.pth": read_checkpoint,
    "other.safetensors": read_checkpoint,
}
HEADS = {
    "baseline.csv": b"# vfibench-baseline: 1\n# cell: ",
    "net.safetensors": (10**5).to_bytes(8, "little"),
    "facts.csv": b"# vfibench-strata: 1\n",
    "policy.toml": b"improved = ",
    "recipe.toml": b"name = ",
}
DEEP = 200_000
CONTENTS = {
    "lists": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "extra": b'{"schema_version": 1, "status": "complete", "cells": [], "x": '
    + b"[" * 900
    + b"]" * 900
    + b"}",
    "number": b'{"a": ' + b"9" * 10_000 + b"}",
    "utf-16": '{"schema_version": 1, "cells": []}'.encode("utf-16"),
    "nul": b'{"schema_version": 1\x00, "cells": []}',
    "twice": b'{"schema_version": 1, "cells": [], "cells": []}',
    "line": b'{"sample": "' + b"x" * 100_000,
    "escape": b'"\x1b]0;x\x07\n::error::y',
    "latin": b'{"a": "\xe9"}',
    "empty": b"",
}


CASES = [
    (name, content)
    for name in READERS
    for content in CONTENTS
    if not (content == "empty" and name.endswith(".jsonl"))  # an empty line is no row, and no harm
]


@pytest.mark.parametrize(("name", "content"), CASES)
def test_it_is_refused_in_one_line(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HEADS.get(name, b"") + CONTENTS[content] + b"\n")
    with pytest.raises(VfibenchError) as caught:
        READERS[name](path)
    told = one_line(caught.value.message)
    assert len(told) <= LINE
    assert name in told, "the file is named"
