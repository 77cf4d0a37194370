"""Runs in child processes that are killed, or that kill themselves inside a write."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from importlib import import_module
from multiprocessing.context import ForkServerProcess


def work(arguments: list[str], kill_in_write: int, kill_before: tuple[str, int] | None) -> None:
    """In a child process: run, or die halfway through a write of rows, or before a call; see `start`."""
    import torch

    from vfibench.cli import main

    torch.set_num_threads(1)
    if kill_in_write:
        tear_write(kill_in_write)
    if kill_before:
        die_before(*kill_before)
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


def die_before(function: str, number: int) -> None:
    """Let the process die when "module:name" is called for the time with this number."""
    module_name, _, name = function.partition(":")
    module = import_module(module_name)
    whole, calls = getattr(module, name), iter(range(1, 10_000))

    def deadly(*arguments: object, **options: object) -> object:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **options)

    setattr(module, name, deadly)


def start(
    arguments: list[str], kill_in_write: int = 0, kill_before: tuple[str, int] | None = None
) -> ForkServerProcess:
    """Start a run; torch and the harness are loaded once, in the server the children fork from.

    Args:
        arguments: of the command line.
        kill_in_write: number of the write of rows that it dies in the middle of, 0 for none.
        kill_before: "module:name" and the number of the call that it dies before.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["vfibench.running.runner", "vfibench.cli.progress", "odd_methods", "pandas"]
    )
    process = context.Process(target=work, args=(arguments, kill_in_write, kill_before))
    process.start()
    return process
