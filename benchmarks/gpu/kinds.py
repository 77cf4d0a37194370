"""What a kernel is for, by its name."""

from __future__ import annotations

SIGNS = {
    "copies to the device": ("memcpy htod",),
    "copies to the host": ("memcpy dtoh",),
    "copies on the device": (
        "memcpy dtod", "memset", "copy_kernel", "catarray", "direct_copy", "aten::copy_",
    ),
    "convolutions and products": (
        "conv", "gemm", "cutlass", "sm80_", "sm90_", "winograd", "implicit", "xmma", "nchwtonhwc",
        "nhwctonchw", "cudnn", "addmm", "bmm",
    ),
    "sampling and resizing": ("grid_sampl", "upsample", "index", "gather", "scatter", "spatialtf"),
    "sums": ("reduce", "softmax", "sum", "mean"),
    "elementwise": ("elementwise", "vectorized", "unrolled", "aten::add", "aten::mul", "aten::div"),
}  # fmt: skip


def kind_of(kernel: str) -> str:
    """The first kind of which a sign is in the name.

    >>> kind_of("void cudnn::winograd_nonfused::winogradForwardData4x4")
    'convolutions and products'
    """
    word = kernel.lower()
    return next((kind for kind, signs in SIGNS.items() if any(sign in word for sign in signs)), "other")
