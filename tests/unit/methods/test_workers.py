"""exec:CMD: a worker is asked over pipes, timed inside, and one that fails costs its own samples alone."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from made_clips import make_clip

from vfibench.cli import main
from vfibench.errors import SampleError, VfibenchError
from vfibench.methods.resolving import resolve
from vfibench.methods.workers.adapter import ExecAdapter, card_of, greet, patience, words_of
from vfibench.methods.workers.endings import LastWords
from vfibench.methods.workers.process import Worker
from vfibench.running.plan import Planner, Request
from vfibench.running.runner import Runner
from vfibench.store.folder import ResultStore
from vfibench.store.memory import MemoryStore
from vfibench.testing import check_adapter

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = f"{sys.executable} {ROOT / 'docs' / 'examples' / 'worker.py'}"
CPU = torch.device("cpu")

GREETING = 'print(json.dumps({"vfibench": 1, "name": "odd", "times": "any"}), flush=True)'
HEAD = "import json, os, sys, time\n"
READ = """
line = sys.stdin.buffer.readline()
if not line: sys.exit()
shape = json.loads(line)["shape"]
count = 1
for side in shape: count *= side
data = sys.stdin.buffer.read(4 * count)
"""
ANSWER = """
half = [shape[0], 1, *shape[2:]]
out = b"".join(data[4 * count // shape[0] * b :][: 4 * count // shape[0] // 2] for b in range(shape[0]))
head = json.dumps({"shape": half, "dtype": "float32", "seconds": 0.25}).encode()
sys.stdout.buffer.write(head + b"\\n" + out)
sys.stdout.buffer.flush()
"""


def script(folder: Path, *parts: str) -> str:
    """The command of a worker of these parts."""
    path = folder / "worker.py"
    path.write_text(HEAD + "\n".join(parts))
    return f"{sys.executable} {path}"


def loop(*parts: str) -> str:
    return "while True:\n" + "".join(f"    {line}\n" for part in parts for line in part.splitlines())


def opened(command: str) -> ExecAdapter:
    adapter = ExecAdapter(command)
    adapter.load(CPU, None)
    return adapter


def frames(count: int = 1) -> torch.Tensor:
    return torch.rand(count, 2, 3, 8, 12, generator=torch.Generator().manual_seed(count))


@pytest.mark.parametrize(("batch", "times"), [(1, (0.5,)), (3, (0.25, 0.5, 0.875))])
def test_the_example_blends_and_tells_its_time(batch, times):
    given = frames(batch)
    made, seconds = opened(EXAMPLE).predict_timed(given, times)
    expected = torch.stack([(1 - t) * given[:, 0] + t * given[:, 1] for t in times], dim=1)
    torch.testing.assert_close(made, expected)
    assert 0 < seconds < 1


def test_its_card_is_what_it_says_and_its_hash_sees_a_changed_script(tmp_path):
    command = script(tmp_path, GREETING)
    card, digest = greet(command)
    assert (card.name, card.times, card.inputs, card.title) == ("odd", "any", (2,), command)
    assert not card.learned
    assert greet(command)[1] == digest
    script(tmp_path, GREETING, "# changed")
    assert greet(command)[1] != digest


@pytest.mark.parametrize("way", ["{folder}/worker.py", "-m worker"])
def test_what_a_worker_imports_beside_itself_is_a_part_of_it(tmp_path: Path, monkeypatch, way: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    script(tmp_path, "import network", GREETING)
    command = f"{sys.executable} {way.format(folder=tmp_path)}"
    (tmp_path / "network.py").write_text("layers = 1\n")
    before = greet(command)[1]
    (tmp_path / "network.py").write_text("layers = 20\n")
    assert greet(command)[1] != before


@pytest.mark.slow
def test_the_example_conforms():
    report = check_adapter(f"exec:{EXAMPLE}")
    report.assert_ok()
    assert {result.name for result in report if result.status == "skipped"} <= {"predict_clip"}


def test_a_run_with_a_worker_scores_as_the_adapter_it_imitates(tmp_path):
    clip = make_clip(tmp_path / "clip", count=9)
    stores = []
    for name in ("blend", f"exec:{EXAMPLE}"):
        store = MemoryStore()
        asked = Request(methods=(name,), datasets=(f"clip:{clip}",), metrics=("psnr", "ssim"), factor=4)
        assert Runner(store, CPU).run(Planner(asked).jobs())
        stores.append([(row.sample, row.t, row.scores) for row in store.rows])
    assert stores[0] == stores[1]
    assert len(stores[0]) == 6


def test_the_time_stored_is_the_workers_own(tmp_path):
    clip = make_clip(tmp_path / "clip", count=5)
    command = script(tmp_path, GREETING, loop(READ.strip(), ANSWER.strip()))
    (job,) = Planner(Request((f"exec:{command}",), (f"clip:{clip}",), ("psnr",), batch_size=1)).jobs()
    assert job.cell.method == "exec:odd"
    store = ResultStore(tmp_path / "run")
    assert Runner(store, CPU).run([job])
    (file,) = (tmp_path / "run" / "timings").glob("*.jsonl")
    found = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["predict_s"] for row in found if "predict_s" in row] == [0.25, 0.25]


FAULTS = {
    "dies": (
        "print('no memory', file=sys.stderr); os._exit(7)",
        "ended with status 7; its last words: no memory",
    ),
    "hangs": ("print('thinking', file=sys.stderr, flush=True); time.sleep(60)", "no answer in 2 s.*thinking"),
    "prints": ("print('epoch 1')\nsys.stdout.flush()", r"wrote 'epoch 1' to stdout.*print to stderr"),
    "refuses": ('print(json.dumps({"error": "too large"}), flush=True)', "^the worker says: too large"),
    "shape": (
        'print(json.dumps({"shape": [1, 2]}), flush=True)',
        r"answered \{'shape': \[1, 2\]\}",
    ),
    "dtype": (
        'print(json.dumps({"shape": [1, 1, 3, 8, 12], "dtype": "float64"}), flush=True)',
        "'float64'.*expected",
    ),
    "half": (
        'print(json.dumps({"shape": [1, 1, 3, 8, 12]}), flush=True); os.write(1, b"1234"); os._exit(0)',
        "ended with status 0",
    ),
    "no pixels": ('print(json.dumps({"shape": [1, 1, 3, 0, 12]}), flush=True)', r"answered .*0, 12\]"),
    "negative": ('print(json.dumps({"shape": [1, 1, 3, -5, 12]}), flush=True)', r"answered .*-5, 12\]"),
    "no time": (
        'print(json.dumps({"shape": [1, 1, 3, 8, 12], "seconds": float("nan")}), flush=True)',
        "nan seconds, expected a finite number",
    ),
    "closes": ("os.close(1); time.sleep(60)", "the worker closed its stdin or stdout"),
    "endless line": ("os.write(1, b'x' * 200000)\nos._exit(0)", "wrote bytes without an end of line"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_worker_fails_its_sample_with_its_last_words_and_starts_again(fault, tmp_path, monkeypatch):
    monkeypatch.setenv("VFIBENCH_WORKER_TIMEOUT", "2")
    code, reason = FAULTS[fault]
    once = tmp_path / "failed"
    spoil = f"if not os.path.exists({str(once)!r}):\n    open({str(once)!r}, 'w').close()\n"
    spoil += "".join(f"    {line}\n" for line in code.splitlines())
    spoil += "    continue" if fault == "refuses" else ""
    adapter = opened(script(tmp_path, GREETING, loop(READ.strip(), spoil, ANSWER.strip())))
    given = frames()
    with pytest.raises(SampleError, match=reason):
        adapter.predict(given, (0.5,))
    torch.testing.assert_close(adapter.predict(given, (0.5,)), given[:, :1])


def test_a_worker_that_does_not_read_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv("VFIBENCH_WORKER_TIMEOUT", "1")
    adapter = opened(script(tmp_path, GREETING, "time.sleep(60)"))
    with pytest.raises(SampleError, match="gave no answer in 1 s"):
        adapter.predict(torch.zeros(1, 2, 3, 256, 256), (0.5,))


def test_one_bad_sample_of_a_run_fails_and_the_others_are_scored(tmp_path):
    clip = make_clip(tmp_path / "clip", count=7)
    count = tmp_path / "asked"
    spoil = f"path = {str(count)!r}; open(path, 'a').write('x')\n"
    spoil += "if os.path.getsize(path) == 2: sys.exit('second')"
    command = script(tmp_path, GREETING, loop(READ.strip(), spoil, ANSWER.strip()))
    request = Request((f"exec:{command}",), (f"clip:{clip}",), ("psnr",), batch_size=1)
    store = MemoryStore()
    assert not Runner(store, CPU, workers=1).run(Planner(request).jobs())
    assert [row.status for row in store.rows] == ["ok", "error", "ok"]
    assert "ended with status 1; its last words: second" in store.rows[1].message


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("", "expected a command"),
        ("/nowhere/worker", "could not be started: No such file"),
        ("'", "No closing quotation"),
        (f"{sys.executable} -c 'raise SystemExit(3)'", "ended with status 3"),
        (f"{sys.executable} -c 'print(1)'", "wrote '1' to stdout"),
        (f"""{sys.executable} -c 'print("{{}}")'""", "greeted with {}"),
    ],
)
def test_what_is_no_worker_is_one_line(command, problem, capsys):
    with pytest.raises(VfibenchError) as caught:
        resolve(f"exec:{command}")
    assert problem in str(caught.value)
    with pytest.raises(SystemExit) as end:
        main(["run", "-m", f"exec:{command}"])
    assert end.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) <= 2


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({}, "found no name"),
        ({"name": "a", "colour": 1}, "unknown colour"),
        ({"name": "a", "inputs": "x"}, "inputs as numbers"),
        ({"name": "a", "times": "all"}, "times 'all'"),
        ({"name": "a", "padding": {"width": 3}}, "padding of multiple"),
        ({"name": "a", "padding": {"multiple": 0}}, "multiple 0, expected a whole number from 1"),
        ({"name": "a", "padding": {"multiple": "32"}}, "multiple '32'"),
        ({"name": "a", "inputs": []}, "inputs 0"),
        ({"name": "a", "inputs": "24"}, "inputs '24', expected a list"),
        ({"name": "a", "inputs": [2.5]}, "inputs 2.5"),
        ({"name": " "}, "found no name"),
        ({"name": "a", "padding": {"mode": "mirror"}}, "mode 'mirror', expected replicate or reflect or"),
        ({"name": "a", "padding": {"place": "start"}}, "place 'start', expected end or centred"),
        ({"name": "a", "title": 3}, "title 3, expected a text"),
        ({"name": "a", "training_data": ["vimeo"]}, "training_data .*, expected a text"),
        ({"name": "a", "scale": "4"}, "scale '4'"),
        ({"name": "a", "scale": 2.5}, "scale 2.5"),
    ],
)
def test_a_greeting_that_is_no_card_says_why(facts, problem):
    with pytest.raises(VfibenchError, match=problem):
        card_of({"vfibench": 1, **facts}, "worker")


@pytest.mark.parametrize("given", ["soon", "0", "-1", "nan"])
def test_the_timeout_is_a_positive_number(given, monkeypatch):
    monkeypatch.setenv("VFIBENCH_WORKER_TIMEOUT", given)
    with pytest.raises(VfibenchError, match=f"found '{given}'"):
        patience()


def test_a_timeout_too_long_to_be_waited_for_is_taken_as_the_longest(tmp_path, monkeypatch):
    monkeypatch.setenv("VFIBENCH_WORKER_TIMEOUT", "inf")
    assert greet(script(tmp_path, GREETING))[0].name == "odd"


def test_a_script_on_the_command_line_may_be_longer_than_a_file_name(tmp_path):
    text = HEAD + GREETING + " #" + 300 * "x"
    assert greet(shlex.join([sys.executable, "-c", text]))[0].name == "odd"


def test_a_worker_ends_with_its_adapter(tmp_path):
    worker = Worker(script(tmp_path, GREETING, "time.sleep(60)").split(), 10)
    process = worker._process
    assert worker.alive
    del worker
    assert process.poll() is not None


def alive(group: int) -> list[int]:
    """Processes of a group that are not dead yet."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, number = path.read_text().rpartition(")")[2].split()[:3]
            found += [int(path.parent.name)] if int(number) == group and state not in "ZX" else []
    return found


def soon(true: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


HANGING = loop(READ.strip(), "print('thinking', file=sys.stderr, flush=True)\ntime.sleep(60)")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("way", ["hangs", "ends", "leader gone"])
def test_nothing_that_a_shell_started_outlives_the_worker(tmp_path, monkeypatch, way):
    monkeypatch.setenv("VFIBENCH_WORKER_TIMEOUT", "5")
    worker = script(tmp_path, GREETING, HANGING if way == "hangs" else "time.sleep(60)")
    shell = "exit" if way == "leader gone" else "wait"  # 3: sh gives background commands no stdin of its own
    adapter = opened(shlex.join(["sh", "-c", f"exec 3<&0; {worker} <&3 & {shell}"]))
    group = adapter._worker._process.pid
    if way == "hangs":
        assert len(alive(group)) == 2
        monkeypatch.setattr(adapter._worker, "_patience", 0.5)
        with pytest.raises(SampleError, match="gave no answer"):
            adapter.predict(frames(), (0.5,))
    if way == "leader gone":
        assert soon(lambda: not adapter._worker.alive)
        assert len(alive(group)) == 1
    adapter._worker = None
    assert soon(lambda: not alive(group))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("when", ["predicting", "greeting"])
def test_ctrl_c_ends_a_worker_that_hangs_and_the_run_at_once(tmp_path, when):
    clip, started = make_clip(tmp_path / "clip", count=7), tmp_path / "started"
    note = f"open({str(started)!r}, 'a').write(f'{{os.getpid()}}\\n')"
    parts = [GREETING, loop(READ.strip(), note, "time.sleep(60)")]
    parts = parts if when == "predicting" else [note, "time.sleep(60)"]
    words = ["run", "-m", f"exec:{script(tmp_path, *parts)}", "-d", f"clip:{clip}", "--metric", "ie"]
    process = subprocess.Popen(
        [sys.executable, "-m", "vfibench", *words, "--out", str(tmp_path / "run"), "--batch-size", "2"],
        stderr=subprocess.PIPE,
    )
    try:
        assert soon(lambda: started.exists() and started.read_text().endswith("\n"), 60)
        process.send_signal(signal.SIGINT)  # to it alone, as the terminal sends it to its own session alone
        assert "interrupted" in process.communicate(timeout=10)[1].decode()
        assert process.returncode == 130
        workers = [int(line) for line in started.read_text().split()]
        assert len(workers) == 1  # it is not started again for the rest of the batch
        assert not alive(workers[0])
    finally:
        process.kill()


def test_weights_and_timing(tmp_path):
    command = script(tmp_path, GREETING, loop(READ.strip(), ANSWER.strip()))
    with pytest.raises(VfibenchError, match="has weights of its own"):
        resolve(f"exec:{command}", "a.pt")
    method = resolve(f"exec:{command}", scoring=False)
    assert isinstance(method.build(), ExecAdapter)
    assert method.worker_sha256 == greet(command)[1]


def test_cells_of_other_workers_differ(tmp_path):
    clip = make_clip(tmp_path / "clip", count=3)
    keys: set[str] = set()
    for comment in ("# one", "# two"):
        command = script(tmp_path, GREETING, comment)
        (job,) = Planner(Request((f"exec:{command}",), (f"clip:{clip}",), ("psnr",))).jobs()
        keys.add(job.cell.key)
    assert len(keys) == 2


def test_speed_is_the_workers_own_and_what_cannot_be_known_is_not_told(tmp_path, capsys):
    command = script(tmp_path, GREETING, loop(READ.strip(), ANSWER.strip()))
    with pytest.raises(SystemExit) as end:
        main(["speed", "-m", f"exec:{command}", "--runs", "2", "--size", "16x8", "--json"])
    assert end.value.code in (0, None)
    found = json.loads(capsys.readouterr().out)
    assert (found["ms_median"], found["ms_p95"]) == (250, 250)
    assert (found["parameters"], found["gflops"], found["peak_mb"]) == (None, None, None)


@pytest.mark.parametrize("options", [["--compile"], ["--precision", "bf16"]])
@pytest.mark.parametrize("words", [["run", "-d", "synthetic"], ["speed"]])
def test_options_that_do_not_reach_a_worker_are_refused(options, words, capsys):
    with pytest.raises(SystemExit) as end:
        main([*words, "-m", f"exec:{EXAMPLE}", *options])
    assert end.value.code == 2
    assert "reach" in capsys.readouterr().err


def test_words_of_a_command_that_begin_with_home_or_a_variable_are_paths(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("ENVS", "/envs")
    command = "~/venv/bin/python $ENVS/worker.py --name 'a ~ b' --x=~ -c 'print(\"$ENVS\")'"
    words = [
        "/home/me/venv/bin/python",
        "/envs/worker.py",
        "--name",
        "a ~ b",
        "--x=~",
        "-c",
        'print("$ENVS")',
    ]
    assert words_of(command) == words


def test_a_worker_that_a_signal_ended_says_which(tmp_path):
    dies = loop(READ.strip(), "import signal; os.kill(os.getpid(), signal.SIGSEGV)")
    adapter = opened(script(tmp_path, GREETING, dies))
    with pytest.raises(SampleError, match="the worker was killed by SIGSEGV"):
        adapter.predict(frames(), (0.5,))


def test_stderr_without_an_end_of_line_fills_no_memory_and_blocks_nothing(tmp_path):
    floods = loop(READ.strip(), "sys.stderr.write(40_000_000 * 'x'); sys.stderr.flush()", "sys.exit(4)")
    adapter = opened(script(tmp_path, GREETING, floods))
    with pytest.raises(SampleError, match=r"ended with status 4; its last words: x+$") as caught:
        adapter.predict(frames(), (0.5,))
    assert len(str(caught.value)) < 300


def test_last_words_are_the_last_lines_however_they_arrive():
    words = LastWords()
    for block in (b"one\ntw", b"o\n\n  \nthree\nfour\nfi", b"ve\x1b[2J\n", b"six\nsev", b"en"):
        words.hear(block)
    assert list(words) == ["three", "four", "five\x1b[2J", "six", "seven"]
    words.hear(10**7 * b"y")
    assert list(words)[-1] == "seven" + 195 * "y"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_worker_and_what_it_started_end_with_the_run_whatever_ends_that(tmp_path, number):
    worker = script(tmp_path, GREETING, "print('up', file=sys.stderr, flush=True)\ntime.sleep(60)")
    shell = f"exec 3<&0; {worker} <&3 & wait"
    code = (
        "import shlex, sys, time\nfrom vfibench.methods.workers.process import Worker\n"
        f"worker = Worker(['sh', '-c', {shell!r}], 30)\n"
        "print(worker._process.pid, flush=True)\ntime.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert run.stdout is not None
        group = int(run.stdout.readline())
        assert len(alive(group)) == 2
        run.send_signal(number)
        assert soon(lambda: not alive(group))
    finally:
        run.kill()
        run.wait()
