"""A worker in another environment: `vfibench run -m "exec:python docs/examples/worker.py"`."""

import json
import os
import sys
import time

import numpy as np

frames_in = sys.stdin.buffer
answers = os.fdopen(os.dup(1), "wb")  # stdout belongs to the protocol ...
os.dup2(2, 1)  # ... so that whatever a library prints goes to stderr

CARD = {"vfibench": 1, "name": "worker-blend", "inputs": [2], "times": "any", "padding": {"multiple": 1}}
answers.write(json.dumps(CARD).encode() + b"\n")
answers.flush()

while line := frames_in.readline():
    asked = json.loads(line)
    shape = asked["shape"]  # [B, N, 3, H, W], float32, RGB in [0, 1]
    frames = np.frombuffer(frames_in.read(4 * int(np.prod(shape))), np.float32).reshape(shape)
    start = time.perf_counter()
    made = np.stack([(1 - t) * frames[:, 0] + t * frames[:, 1] for t in asked["times"]], axis=1)
    seconds = time.perf_counter() - start
    made = np.ascontiguousarray(made, np.float32)
    answers.write(json.dumps({"shape": made.shape, "dtype": "float32", "seconds": seconds}).encode() + b"\n")
    answers.write(made.tobytes())
    answers.flush()
