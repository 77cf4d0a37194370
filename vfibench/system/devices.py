"""Where networks and metrics run: from a word on the command line to a device that torch can use."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from vfibench.errors import VfibenchError

if TYPE_CHECKING:
    import torch


def chosen_device(asked: str = "") -> torch.device:
    """The device that a user means. A CUDA device always has its index, which torch's own calls ask for.

    Args:
        asked: "cpu", "cuda:N", or "cuda", which is this process's own GPU (torchrun's LOCAL_RANK, else the
            first); "" is that GPU where there is one, else the CPU.

    Raises:
        VfibenchError: another word, or a GPU that is not there.

    >>> chosen_device("cpu")
    device(type='cpu')
    """
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    kind, colon, index = (asked or ("cuda" if there else "cpu")).partition(":")
    if kind not in {"cpu", "cuda"} or (colon and not index.isdecimal()):
        raise VfibenchError(f"expected --device cpu, cuda or cuda:N, found {asked!r}")
    if kind == "cpu":
        return torch.device("cpu")
    number = int(index or os.environ.get("LOCAL_RANK", "0"))
    if number >= there:
        raise VfibenchError(
            f"expected a CUDA device for --device {asked or 'cuda'}, found {there}",
            "use --device cpu, or install a CUDA build of torch and a driver",
        )
    return torch.device("cuda", number)


def usual_workers(device: torch.device) -> int:
    """Threads that decode and score where nobody says how many: every core, on a CPU at most 8.

    On a CPU the network takes the cores as well; a GPU is fed by whatever can decode.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if device.type == "cuda" else min(8, os.cpu_count() or 1)


def peak_memory_mb(device: torch.device) -> float:
    """Peak memory so far in MiB: CUDA's allocator, or the largest resident set of this process."""
    import torch

    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)


class DeviceFacts(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The device that scores and times were made on.

    Attributes:
        type: "cpu" or "cuda".
        name: its own name, such as "NVIDIA H200".
        memory_mb: of a GPU, MiB.
        cuda, cudnn: versions that torch was built with.
        driver: version of the GPU's driver, None where nothing tells it.
        switches: torch's settings of a GPU while networks computed, by name, see `vfibench.system.gpus`.
        cores: of the machine.
        threads: of torch, on a CPU.
    """

    type: str = ""
    name: str
    memory_mb: int | None = None
    cuda: str | None = None
    cudnn: int | None = None
    driver: str | None = None
    switches: dict[str, str] = {}
    cores: int | None = None
    threads: int | None = None


def device_facts(device: str, precision: str = "fp32") -> DeviceFacts:
    """The facts of a device that torch can use ("cpu", "cuda:0") while a network computes in `precision`."""
    import torch

    if device.startswith("cuda"):
        from vfibench.system.gpus import driver_version, gpu_switches

        found = torch.cuda.get_device_properties(device)
        return DeviceFacts(
            type="cuda",
            name=found.name,
            memory_mb=found.total_memory // 2**20,
            cuda=torch.version.cuda,
            cudnn=torch.backends.cudnn.version(),
            driver=driver_version(),
            switches=gpu_switches(torch.device(device), precision),
        )
    return DeviceFacts(type="cpu", name=cpu_name(), cores=os.cpu_count(), threads=torch.get_num_threads())


def cpu_name() -> str:
    """The processor's own name where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
