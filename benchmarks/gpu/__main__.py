"""The command: pack, run, one part, or the summary of what was found."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

PARTS = ("environment", "suite", "doubts", "parity", "loop", "kernels", "speeds", "training", "compiling")
"""Most important first: what the time does not suffice for is at the end."""


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    commands = options.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="fill .gpu/ with what a machine without network lacks")
    pack.add_argument("--data-root", type=Path, help="folder with ucf101_interp_ours, for real frames")
    pack.add_argument("--backbones", type=Path, help="folder with an LPIPS backbone, to score with it too")
    pack.add_argument("--wheels", type=Path, help="folder of wheels to take, instead of asking pip for them")
    pack.add_argument("--python", default="3.12", help="version of Python over there")
    run = commands.add_parser("run", help="ask everything, as far as the time goes")
    run.add_argument("--out", type=Path, default=Path("gpu-out"), help="folder for what is found")
    run.add_argument("--seconds", type=float, help="for all parts together (default: 505, on a CPU 300)")
    run.add_argument("--parts", default=",".join(PARTS), help="in this order")
    run.add_argument(
        "--device", choices=["cuda", "cpu"], default="cuda", help="cpu: small and few, as a proof"
    )
    part = commands.add_parser("part", help="one part, in this process (what `run` calls)")
    part.add_argument("name", choices=PARTS)
    summary = commands.add_parser("summary", help="the tables of what was found")
    summary.add_argument("--out", type=Path, default=Path("gpu-out"))
    given = options.parse_args()

    if given.command == "pack":
        from benchmarks.gpu.packing import pack as fill

        fill(Path(".gpu"), given.data_root, given.backbones, given.wheels, given.python)
    elif given.command == "run":
        from benchmarks.gpu.conducting import conduct

        names = given.parts.split(",")
        if unknown := [name for name in names if name not in PARTS]:
            options.error(f"expected --parts out of {','.join(PARTS)}, found {','.join(unknown)}")
        raise SystemExit(
            conduct(names, given.out, given.seconds or (505 if given.device == "cuda" else 300), given.device)
        )
    elif given.command == "part":
        importlib.import_module(f"benchmarks.gpu.parts.{given.name}").ask()
    else:
        from benchmarks.gpu.summary import write_summary

        write_summary(given.out)


if __name__ == "__main__":
    main()
