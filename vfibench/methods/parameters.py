"""The size of a network: scalars in the torch modules that an adapter holds."""

from __future__ import annotations

import torch


def parameters(adapter: object) -> int | None:
    """Scalars in the torch modules an adapter is or holds as attributes, None where there are none."""
    slots = [name for cls in type(adapter).__mro__ for name in getattr(cls, "__slots__", ())]
    names = [*getattr(adapter, "__dict__", ()), *slots]
    held = [adapter, *(getattr(adapter, name, None) for name in names)]
    modules = [value for value in held if isinstance(value, torch.nn.Module)]
    unique = {id(p): p.numel() for module in modules for p in module.parameters()}
    return sum(unique.values()) if modules else None
