"""In which precision networks compute, and metrics: no setting of a user's or of torch's reaches a score.

torch convolves float32 in TF32 on CUDA unless it is told otherwise: 10 bits of each factor. Here fp32 is
IEEE's float32 on every device, and "tf32" is a precision that has to be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

import torch

from vfibench.errors import VfibenchError

Products = Literal["ieee", "tf32"]
"""How products of float32 are made on CUDA."""

AUTOCAST = {"fp32": None, "fp16": torch.float16, "bf16": torch.bfloat16, "tf32": None}
PRECISIONS = tuple(AUTOCAST)


def autocast_type(precision: str) -> torch.dtype | None:
    """The type that autocast computes in, None for "fp32" and "tf32", which need no autocast.

    Raises:
        VfibenchError: another word than those of PRECISIONS.

    >>> autocast_type("bf16")
    torch.bfloat16
    """
    if precision not in AUTOCAST:
        raise VfibenchError(f"expected --precision {' | '.join(PRECISIONS)}, found {precision!r}")
    return AUTOCAST[precision]


def check_precision(precision: str, device: torch.device) -> None:
    """VfibenchError for an unknown precision, or one that the device does not have."""
    autocast_type(precision)
    if precision == "tf32" and device.type != "cuda":
        raise VfibenchError(
            f"expected a CUDA device for --precision tf32, found --device {device.type}",
            "use --precision fp32, or bf16, or a GPU",
        )


@contextmanager
def computing_in(precision: str, device: torch.device) -> Iterator[None]:
    """Let a network compute as `--precision` says: autocast, and on CUDA TF32 for "tf32" alone.

    A CPU has one way to make products of float32, so nothing is set there.
    """
    lower = autocast_type(precision)
    with ExitStack() as opened:
        if device.type == "cuda":
            opened.enter_context(CUDA.held("tf32" if precision == "tf32" else "ieee"))
        if lower is not None:
            opened.enter_context(torch.autocast(device.type, dtype=lower))
        yield


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Compute float32 in float32: neither autocast nor TF32 nor bfloat16 inside, settings restored after."""
    held: AbstractContextManager[None] = nullcontext()
    if device.type in {"cpu", "cuda"}:
        held = (CUDA if device.type == "cuda" else CPU).held("ieee")
    with held, torch.autocast(device.type, enabled=False):
        yield


@dataclass(frozen=True)
class Switch:
    """One of torch's settings of the whole process.

    Attributes:
        name: for provenance, such as "cudnn.conv.fp32_precision".
        get, set: how torch tells it, and is told.
        values: what it is set to for each kind of products; {} where it is restored only.
    """

    name: str
    get: Callable[[], object]
    set: Callable[[Any], None]
    values: dict[Products, object]

    def read(self) -> object:
        """Its value; None where torch refuses to tell, as it does where old and new names were mixed."""
        try:
            return self.get()
        except RuntimeError:
            return None

    def write(self, value: object) -> None:
        """Set it, if to anything."""
        if value is not None:
            self.set(value)


def attribute(owner: Any, place: str, name: str, values: dict[Products, object]) -> Switch:
    """The switch that is the attribute `name` of `owner`, which is torch.backends.`place`."""
    return Switch(
        f"{place}.{name}",
        lambda: getattr(owner, name),
        lambda value: setattr(owner, name, value),
        values,
    )


@dataclass
class Holder:
    """Settings that several threads want at once: the first one in saves them, the last one out restores.

    "ieee" wins where "tf32" is wanted too: scores are right at any time.

    Attributes:
        switches: in the order in which they are to be set.
    """

    switches: Callable[[], list[Switch]]
    _lock: Lock = field(default_factory=Lock)
    _wanted: list[Products] = field(default_factory=list)
    _before: list[tuple[Switch, object]] = field(default_factory=list)

    @contextmanager
    def held(self, products: Products) -> Iterator[None]:
        """Have products made so until the end of the block, or in IEEE where another thread wants that."""
        with self._lock:
            if not self._wanted:
                self._before = [(switch, switch.read()) for switch in self.switches()]
            self._wanted.append(products)
            self._settle()
        try:
            yield
        finally:
            with self._lock:
                self._wanted.remove(products)
                self._settle()

    def _settle(self) -> None:
        """Set what is wanted now; where nothing is, what was there before."""
        kind: Products = "ieee" if "ieee" in self._wanted else "tf32"
        for switch, before in self._before:
            switch.write(switch.values.get(kind) if self._wanted else before)


def cuda_switches() -> list[Switch]:
    """Those of convolutions, recurrent layers and matrix products on CUDA.

    Before torch 2.9 there are only the first two. The later names are set as well as these, and after them,
    since torch refuses to answer where the two disagree, and a method may ask for either.
    """
    backends: Any = torch.backends
    products: dict[Products, object] = {"ieee": "highest", "tf32": "high"}
    switches = [
        attribute(backends.cudnn, "cudnn", "allow_tf32", {"ieee": False, "tf32": True}),
        Switch(
            "float32_matmul_precision",
            torch.get_float32_matmul_precision,
            torch.set_float32_matmul_precision,
            products,
        ),
    ]
    if hasattr(backends.cudnn, "conv"):
        named: dict[Products, object] = {"ieee": "ieee", "tf32": "tf32"}
        switches += [
            attribute(backends.mkldnn.matmul, "mkldnn.matmul", "fp32_precision", {}),  # follows the above
            attribute(backends.cudnn.conv, "cudnn.conv", "fp32_precision", named),
            attribute(backends.cudnn.rnn, "cudnn.rnn", "fp32_precision", named),
            attribute(backends.cuda.matmul, "cuda.matmul", "fp32_precision", named),
        ]
    return switches


def cpu_switches() -> list[Switch]:
    """That of convolutions on the CPU; before torch 2.9 there is none."""
    backends: Any = torch.backends
    if not hasattr(backends.mkldnn, "conv"):
        return []
    return [attribute(backends.mkldnn.conv, "mkldnn.conv", "fp32_precision", {"ieee": "ieee"})]


def told(switches: list[Switch]) -> dict[str, str]:
    """Settings as provenance holds them, by name, such as {"cudnn.conv.fp32_precision": "ieee"}."""
    return {switch.name: str(switch.read()) for switch in switches if switch.values}


CUDA, CPU = Holder(cuda_switches), Holder(cpu_switches)
