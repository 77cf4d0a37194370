"""What a machine without network needs beside the checkout: frames, a backbone, and wheels it may lack."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

LACKING = ("msgspec", "tomli-w", "lpips")
"""Libraries that machines made for torch lack as a rule; what is there already is not unpacked."""
FRAMES = ("frame_00.png", "frame_01_gt.png", "frame_02.png")
UCF101 = "ucf101_interp_ours"


def pack(
    target: Path, data_root: Path | None, backbones: Path | None, wheels: Path | None, python: str
) -> None:
    """Fill the folder `target`, which git ignores, from scratch.

    Args:
        target: .gpu in the checkout's root.
        data_root: folder of datasets; its UCF101 triplets go along.
        backbones: folder of LPIPS backbones.
        wheels: folder of wheels; where it is None, pip downloads those of `LACKING`.
        python: version of Python that the wheels are for.
    """
    if not Path("pyproject.toml").is_file() or not Path("vfibench").is_dir():
        raise SystemExit(f"expected a checkout of vfibench, found {Path.cwd()}; call this in its root")
    shutil.rmtree(target, ignore_errors=True)
    (target / "wheels").mkdir(parents=True)
    if wheels is not None:
        for wheel in sorted(wheels.glob("*.whl")):
            shutil.copyfile(wheel, target / "wheels" / wheel.name)
    else:
        download(target / "wheels", python)
    if data_root is not None:
        copy_triplets(data_root / UCF101, target / "data" / UCF101)
    if backbones is not None:
        for file in (path for path in sorted(backbones.rglob("*")) if path.is_file()):
            place = target / "backbones" / file.relative_to(backbones)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"packed {size / 2**20:.0f} MiB into {target}; carry it along with the checkout, then there:")
    print("    python -m benchmarks.gpu run --out gpu-out")


def download(folder: Path, python: str) -> None:
    """The versions that are installed here, for another Python on Linux."""
    wanted = [f"{name}=={metadata.version(name)}" for name in LACKING]
    place = ["--only-binary", ":all:", "--python-version", python, "--platform", "manylinux2014_x86_64"]
    words = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), *place, *wanted]
    subprocess.run(words, check=True)


def copy_triplets(source: Path, target: Path) -> None:
    """Folders with the three pictures of a triplet."""
    found = [folder for folder in sorted(source.glob("*")) if (folder / FRAMES[1]).is_file()]
    if not found:
        raise SystemExit(f"expected folders with {FRAMES[1]} in {source}, found none")
    for folder in found:
        (target / folder.name).mkdir(parents=True)
        for name in FRAMES:
            shutil.copyfile(folder / name, target / folder.name / name)
