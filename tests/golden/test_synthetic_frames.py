"""Every frame of the synthetic dataset, bit for bit.

`test_synthetic_frames.sha256` was computed once, on x86-64 with numpy 2.4 and Pillow 13, by running this
file (`python tests/golden/test_synthetic_frames.py`). A line is the SHA-256 of one sequence's eleven frames
(t = -1, 0, 1/8 .. 7/8, 1, 2) as interleaved RGB bytes; the last line is that of the lines before it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vfibench.registry import import_sibling

import_sibling("vfibench_datasets", "datasets")
from vfibench_datasets.synthetic.card import COUNT, TIMES  # noqa: E402
from vfibench_datasets.synthetic.render import frame  # noqa: E402
from vfibench_datasets.synthetic.scenes import ids, scene  # noqa: E402

GOLDEN = Path(__file__).with_suffix(".sha256")


def line(index: int) -> str:
    digest = hashlib.sha256()
    for time in (-1.0, 0.0, *TIMES, 1.0, 2.0):
        digest.update(frame(scene(index), time).transpose(1, 2, 0).tobytes())
    return f"{digest.hexdigest()}  {ids()[index]}"


def whole(lines: list[str]) -> str:
    digest = hashlib.sha256("".join(f"{text}\n" for text in lines).encode()).hexdigest()
    return f"{digest}  all frames"


def test_all_frames_have_the_golden_hashes():
    golden = GOLDEN.read_text().splitlines()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(line, range(COUNT)))
    assert found == golden[:-1]
    assert whole(found) == golden[-1]


@pytest.mark.slow
def test_another_process_without_vector_instructions_and_with_other_threads_renders_the_same():
    vector = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    numbers = [14, 8, 1]
    settings = {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "PYTHONHASHSEED": "7"}
    settings["NPY_DISABLE_CPU_FEATURES"] = " ".join(vector)
    command = [sys.executable, __file__, *map(str, numbers)]
    made = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True)
    golden = GOLDEN.read_text().splitlines()
    assert made.stdout.splitlines() == [golden[number] for number in numbers]


if __name__ == "__main__":
    if sys.argv[1:]:
        print(*(line(int(number)) for number in sys.argv[1:]), sep="\n")
    else:
        every = [line(number) for number in range(COUNT)]
        GOLDEN.write_text("".join(f"{text}\n" for text in [*every, whole(every)]))
