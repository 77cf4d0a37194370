"""The shape most sets share: two inputs, the frame between them, one folder (or two) a sample."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from vfibench_datasets.files import FileSample

SIMPLE_NAME = r"[A-Za-z0-9][\w.-]*"


def triplets(
    first: str, last: str, target: str, form: str = SIMPLE_NAME, mask: str | None = None
) -> Callable[[Path, str, int], list[FileSample]]:
    """Make the `items` of a Layout from path patterns.

    Args:
        first, last, target, mask: paths under the data root in which "{id}" is the line of the list.
        form: regular expression a line must match; it keeps a list from reaching out of the root.
    """
    matches = re.compile(form).fullmatch

    def items(root: Path, line: str, inputs: int) -> list[FileSample]:  # noqa: ARG001 (a Layout's signature)
        if not matches(line):
            return []
        paths = [pattern.replace("{id}", line) for pattern in (first, last, target)]
        return [FileSample(line, (paths[0], paths[1]), (paths[2],), mask=mask and mask.replace("{id}", line))]

    return items
