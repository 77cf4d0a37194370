"""What a checkpoint may hold beside its tensors: classes that run nothing, and stand-ins for numpy's.

Training scripts leave dates, options (argparse.Namespace) and scores (numpy's numbers) beside the weights.
numpy's own classes are not let in: the state of a dtype says how memory is read, and a file could lie about
it. The stand-ins bear numpy's names while a file is read, and make plain numbers of what they are given.
"""

from __future__ import annotations

import argparse
import datetime
import pickle
import re
from collections.abc import Callable
from typing import Any

NUMBERS = re.compile(r"b1|[iu][1248]|f[248]")
"""Types of numpy's numbers: truth values, whole and floating ones, by their bytes."""


class Dtype:
    """Stands for numpy.dtype, of numbers alone.

    Raises:
        pickle.UnpicklingError: the type is another, such as of objects.
    """

    def __init__(self, code: str, *_: object) -> None:
        if not (isinstance(code, str) and NUMBERS.fullmatch(code)):
            raise pickle.UnpicklingError(f"GLOBAL numpy.dtype of {code!r}")
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple[object, ...]) -> None:
        """Of all the state, the order of the bytes is heeded; the rest follows from the type."""
        self.order = ">" if state[1] == ">" else "<"


class Array:
    """Stands for numpy.ndarray: its place is kept, its values are dropped."""

    def __setstate__(self, state: object) -> None:
        """Nothing is kept."""


def scalar(dtype: Dtype, data: bytes) -> float:
    """Stands for numpy's function that makes a number of its bytes: gives Python's own.

    Raises:
        pickle.UnpicklingError: the bytes are no such number.
    """
    import numpy as np

    if not (isinstance(dtype, Dtype) and isinstance(data, bytes) and len(data) == int(dtype.code[1])):
        raise pickle.UnpicklingError("GLOBAL numpy.core.multiarray.scalar of other than a number")
    return np.frombuffer(data, dtype.order + dtype.code)[0].item()  # type: ignore[no-any-return]


def array(*_: object) -> Array:
    """Stands for numpy's function that makes an array, to be filled by its state."""
    return Array()


def _function(stand_in: Callable[..., object], module: str, name: str) -> Callable[..., object]:
    """The stand-in under numpy's name, which is all that torch goes by."""

    def call(*arguments: object) -> object:
        return stand_in(*arguments)

    call.__module__, call.__qualname__ = module, name
    return call


Dtype.__module__, Dtype.__qualname__ = "numpy", "dtype"
Array.__module__, Array.__qualname__ = "numpy", "ndarray"

PLAIN: list[Any] = [
    datetime.datetime,
    argparse.Namespace,
    Dtype,
    Array,
    # numpy 2 moved its core; files of before and after are met.
    *(_function(scalar, f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")),
    *(_function(array, f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
]
"""What `torch.serialization.safe_globals` is given: each is harmless with any arguments and any state."""
