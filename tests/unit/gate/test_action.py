"""The composite action's script, run as GitHub runs it, with a stand-in for the command."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = """#!/usr/bin/env bash
printf '%s\\n' "$@" > "$TOLD"
while [ "$1" != --markdown ]; do shift; done
[ "$CODE" = 2 ] || printf '## x vfibench check: %s (1 PASS, 1 REGRESSION)\\nrest\\n' "$SAID" > "$2"
exit "$CODE"
"""


@pytest.fixture(scope="module")
def action():
    return yaml.safe_load((ROOT / "action.yml").read_text())


def call(tmp_path, action, code=0, said="PASS", **inputs):
    """Run the step; gives the process, the words the command was told, the outputs and the summary."""
    (step,) = action["runs"]["steps"]
    program = tmp_path / "bin" / "vfibench"
    program.parent.mkdir(exist_ok=True)
    program.write_text(STAND_IN)
    program.chmod(0o755)
    given = {name: spec.get("default", "") for name, spec in action["inputs"].items()} | inputs
    variables = {key: _filled(value, given) for key, value in step["env"].items()}
    files = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "TOLD")}
    path = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={**os.environ, **variables, **files, "PATH": path, "CODE": str(code), "SAID": said},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = (tmp_path / "TOLD").read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in (tmp_path / "GITHUB_OUTPUT").read_text().splitlines())
    return done, told, outputs, (tmp_path / "GITHUB_STEP_SUMMARY").read_text()


def _filled(value, given):
    name = value.removeprefix("${{ inputs.").removesuffix(" }}")
    return given.get(name, "")


@pytest.mark.parametrize(
    ("code", "said", "verdict"),
    [
        (0, "PASS", "PASS"),
        (1, "REGRESSION", "REGRESSION"),
        (1, "IMPROVED", "IMPROVED"),
        (3, r"NOT\_COMPARABLE", "NOT_COMPARABLE"),
        (2, "", ""),
    ],
)
def test_the_step_fails_as_the_command_does_and_tells_the_verdict(tmp_path, action, code, said, verdict):
    done, _, outputs, summary = call(tmp_path, action, code, said, run="run", baseline="b.csv")
    assert done.returncode == code, done.stderr
    assert outputs == {"verdict": verdict, "exit-status": str(code)}
    assert summary.endswith("rest\n") is (code != 2)


def test_inputs_become_options_and_never_shell(tmp_path, action):
    odd = 'a b; touch "$HOME/x" `id` $(id)'
    done, told, _, _ = call(tmp_path, action, run=f"{odd}\n\nsecond\n", baseline="b c.csv", policy="p.toml")
    assert done.returncode == 0, done.stderr
    assert told[:3] == ["check", "--baseline", "b c.csv"]
    assert told[told.index("--policy") + 1] == "p.toml"
    assert told[told.index("--junit") + 1] == "vfibench-junit.xml"
    assert "--speed" not in told
    assert told[-3:] == ["--", odd, "second"]


def test_no_input_stands_in_the_script_itself(action):
    (step,) = action["runs"]["steps"]
    assert "${{" not in step["run"]
    assert {f"${{{{ inputs.{name} }}}}" for name in action["inputs"]} <= set(step["env"].values())
