"""Everything about vfibench that only a CUDA device can tell, in one command of at most nine minutes.

    python -m benchmarks.gpu pack --data-root ../shared/data     # where the network is; fills .gpu/
    python -m benchmarks.gpu run --out gpu-out                   # where the GPU is

docs/gpu.md says what it asks and how its answers are read.
"""
