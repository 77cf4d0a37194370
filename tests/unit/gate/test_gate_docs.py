"""What docs/gate.md tells others to copy does what it says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs" / "gate.md"


@pytest.mark.parametrize(
    ("code", "told"), [(0, ""), (1, ""), (2, ""), (3, "the scores could not be compared: see summary.md\n")]
)
@pytest.mark.parametrize("shell", [["bash"], ["bash", "-e"], ["bash", "-eo", "pipefail"], ["sh", "-e"]])
def test_the_recipe_for_any_other_system_ends_as_the_check_does(tmp_path, shell, code, told):
    (recipe,) = re.findall(r"## Anywhere else\n.*?```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    program = tmp_path / "vfibench"
    program.write_text(f'#!/bin/sh\n[ "$1 $2" = "check run" ] || exit 99\nexit {code}\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [*shell, "-c", recipe + "\necho reached"], env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stdout + done.stderr == told + ("reached\n" if code == 0 else "")


def test_the_policy_of_the_docs_is_one(tmp_path):
    from vfibench.gate.policy import read_policy

    (text,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "gate.toml").write_text(text)
    found = read_policy(tmp_path / "gate.toml")
    assert (found.metrics, found.speed.slower, found.override[0].mean) == (("psnr", "ssim"), 1.1, 0.002)
