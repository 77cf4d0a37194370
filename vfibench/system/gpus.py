"""What is special about GPUs: their driver, torch's settings for them, and what a failure leaves behind."""

from __future__ import annotations

import os
import subprocess
from functools import lru_cache
from pathlib import Path

import torch

from vfibench.errors import VfibenchError
from vfibench.system.precision import computing_in, cuda_switches, told


def gpu_switches(device: torch.device, precision: str) -> dict[str, str]:
    """What torch is set to while a network computes in `precision` on a GPU, by the settings' names."""
    with computing_in(precision, device):
        found = told(cuda_switches())
    for name in ("enabled", "benchmark", "deterministic"):
        found[f"cudnn.{name}"] = str(getattr(torch.backends.cudnn, name))
    found["deterministic_algorithms"] = str(torch.are_deterministic_algorithms_enabled())
    for name in ("CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"):
        if name in os.environ:
            found[name] = os.environ[name]
    return found


@lru_cache
def driver_version() -> str | None:
    """Version of NVIDIA's driver, such as "570.86.15"; None where nothing tells it."""
    try:
        return Path("/sys/module/nvidia/version").read_text().strip()
    except OSError:
        pass
    try:
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().partition("\n")[0] or None


def empty_after_failure(device: torch.device) -> None:
    """Give back what a failed attempt on a GPU held, so that half of it may fit.

    Raises:
        VfibenchError: the GPU answers nothing more in this process, as after a fault inside a kernel.
    """
    try:
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise VfibenchError(
            f"expected {device} to go on after a failed batch, found it unusable for this process: {reason}",
            "give the same command again, what is scored is kept; CUDA_LAUNCH_BLOCKING=1 names the operation",
        ) from error
