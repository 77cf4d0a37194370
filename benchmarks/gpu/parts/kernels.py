"""Kernels that could be chosen otherwise: sampling, scoring, uploads, convolutions by layout."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict

import torch
import torch.nn.functional as F

from benchmarks.gpu import asking
from benchmarks.gpu.asking import CPU, DEVICE, Facts, note
from benchmarks.gpu.clocks import MODES, clock, mode, sync
from vfibench.metrics.scorer import Scorer
from vfibench.running.uploading import sent, stacked
from vfibench_adapters.blocks import separable
from vfibench_adapters.blocks.separable import Portion, separable_filter
from vfibench_adapters.blocks.warp import sampled


def ask() -> None:
    """Milliseconds of each, beside what it is compared with."""
    asking.ask("sampling by torch and by cuDNN", sampling, 40)
    asking.ask("cost of scoring", scoring, 40)
    asking.ask("from arrays to the device", uploading, 20)
    asking.ask("separable filters by rows and samples together", filtering, 20)
    asking.ask("convolutions by layout and precision", convolutions, 30)


def sampling() -> Facts:
    """Ours, which is torch's own kernel, and `grid_sample`, which takes cuDNN's and may refuse at 4K."""
    sizes = [(1, 64, 96)] if CPU else [(1, 256, 448), (8, 256, 448), (1, 2160, 4096), (8, 2160, 4096)]
    found: dict[str, object] = {}
    for batch, height, width in sizes:
        image = torch.rand(batch, 3, height, width, device=DEVICE)
        grid = torch.rand(batch, height, width, 2, device=DEVICE) * 2.2 - 1.1
        with torch.inference_mode():
            own = sampled(image, grid, "zeros")
            row = {"ms": clock(lambda i=image, g=grid: sampled(i, g, "zeros"), 0.05, 10)["queued_ms"]}
            try:
                other = F.grid_sample(image, grid, align_corners=True)
                took = clock(lambda i=image, g=grid: F.grid_sample(i, g, align_corners=True), 0.05, 10)
                row |= {"cudnn_ms": took["queued_ms"], "differ_by": float((own - other).abs().max())}
                found[f"{width}x{height} b{batch}"] = row
            except RuntimeError as error:
                found[f"{width}x{height} b{batch}"] = {**row, "cudnn": f"{error}"[:120]}
    return found


def scoring() -> Facts:
    """Milliseconds a frame, by columns and size."""
    sizes = (
        [(2, 64, 96)]
        if CPU
        else [(1, 256, 448), (4, 256, 448), (32, 256, 448), (4, 720, 1280), (1, 2160, 4096)]
    )
    columns = {"psnr": ["psnr"], "psnr, ssim": ["psnr", "ssim"], "and ssim3d": ["psnr", "ssim", "ssim3d"]}
    found = {}
    for batch, height, width in sizes:
        made = torch.rand(batch, height, width, 3, device=DEVICE).permute(0, 3, 1, 2)
        target = (made * 255).byte()
        for label, names in columns.items():
            scorer = Scorer(names, torch.device(DEVICE))
            took = clock(lambda s=scorer, m=made, t=target: s(m, t), 0.12, 20)
            found[f"{label} {width}x{height} b{batch}"] = round(took["queued_ms"] / batch, 4)
    return found


def uploading() -> Facts:
    """Milliseconds of stacking into pinned memory (on a decoding thread) and of the copy."""
    sizes = [(4, 256, 448)] if CPU else [(4, 256, 448), (16, 256, 448), (4, 2160, 4096)]
    found, device = {}, torch.device(DEVICE)
    for batch, height, width in sizes:
        arrays = [
            torch.randint(0, 256, (2, height, width, 3), dtype=torch.uint8).numpy() for _ in range(batch)
        ]
        times: dict[str, list[float]] = defaultdict(list)
        for _ in range(8):
            sync()
            start = time.perf_counter()
            host = stacked(arrays, device)
            times["stack_ms"].append(1e3 * (time.perf_counter() - start))
            start = time.perf_counter()
            sent(host, device)
            sync()
            times["copy_ms"].append(1e3 * (time.perf_counter() - start))
        found[f"{width}x{height} b{batch}"] = {name: statistics.median(each) for name, each in times.items()}
    return found


def filtering() -> Facts:
    """Whether `separable.portion` chooses well: ms of a batch of 448x256 with 51 taps."""
    batch, height, width = (2, 16, 32) if CPU else (8, 256, 448)
    image = torch.rand(batch, 3, height + 50, width + 50, device=DEVICE)
    taps = torch.rand(batch, 51, height, width, device=DEVICE)
    found, inner = {"chosen": list(separable.portion(taps.device, batch, 3, 51, width))}, separable.portion
    try:
        for rows, samples in ((8, 1), (8, batch), (16, batch), (32, batch)):
            separable.portion = lambda *_, rows=rows, samples=samples: Portion(rows, samples)
            with torch.inference_mode():
                took = clock(lambda: separable_filter(image, taps, taps), 0.2, 10)
            found[f"{rows} rows of {samples}"] = took["queued_ms"]
    finally:
        separable.portion = inner
    return found


def convolutions() -> Facts:
    """Ms by layout and precision; achieved TFLOP/s are in the table."""
    shapes = [
        (1, 32, 32, 7, 256, 448),
        (8, 32, 32, 7, 256, 448),
        (8, 64, 64, 5, 128, 224),
        (8, 128, 128, 3, 64, 112),
        (8, 512, 512, 3, 16, 28),
        (1, 512, 512, 3, 8, 14),
        (1, 240, 240, 3, 16, 28),
    ]
    table: dict[str, dict[str, dict[str, float]]] = {}
    for batch, inputs, outputs, kernel, height, width in [(1, 16, 32, 3, 64, 96)] if CPU else shapes:
        flops = 2 * batch * inputs * outputs * kernel**2 * height * width
        row = table.setdefault(f"b{batch} {inputs}->{outputs} {kernel}x{kernel} {width}x{height}", {})
        for layout, form in (("nchw", torch.contiguous_format), ("nhwc", torch.channels_last)):
            layer = torch.nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
            layer = layer.to(DEVICE, memory_format=form)
            x = torch.randn(batch, inputs, height, width, device=DEVICE).contiguous(memory_format=form)
            for precision in MODES:
                with mode(precision):
                    took = clock(lambda layer=layer, x=x: layer(x), 0.03, 12)["queued_ms"]
                rate = round(flops / took / 1e9, 1)
                row[f"{precision} {layout}"] = {"ms": round(took, 4), "TFLOPs": rate}
    note("convolutions, table", table=table)
    return {shape: {name: cell["ms"] for name, cell in row.items()} for shape, row in table.items()}
