"""Runs in child processes that are killed, or that kill themselves inside a write."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerProcess


def work(arguments: list[str], kill_in_write: int) -> None:
    """In a child process: run, or die halfway through the write numbered `kill_in_write`."""
    import torch

    from vfibench.cli import main

    torch.set_num_threads(1)
    if kill_in_write:
        tear_write(kill_in_write)
    try:
        main(arguments)
    except SystemExit as end:
        os._exit(int(end.code or 0))


def tear_write(number: int) -> None:
    """Let the process die in the middle of the write with this number."""
    from vfibench.store.jsonl import JsonLines

    whole, writes = JsonLines.append, iter(range(1, 10_000))

    def torn(self: JsonLines, rows: list[dict[str, object]]) -> None:
        if next(writes) < number:
            whole(self, rows)
            return
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        self._file.write(text[: len(text) // 2 + 7])
        os.kill(os.getpid(), signal.SIGKILL)

    JsonLines.append = torn


def start(arguments: list[str], kill_in_write: int = 0) -> ForkServerProcess:
    """Start a run; torch and the harness are loaded once, in the server the children fork from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["vfibench.running.runner", "vfibench.cli.progress", "odd_methods", "pandas"]
    )
    process = context.Process(target=work, args=(arguments, kill_in_write))
    process.start()
    return process
