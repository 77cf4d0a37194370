"""What tests on a GPU need before CUDA begins."""

from __future__ import annotations

import os

# Older versions of torch refuse matrix products under `torch.use_deterministic_algorithms(True)` without it.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
