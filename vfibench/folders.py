"""`read_results` under the name that was documented first; it lives in `vfibench.store`."""

from vfibench.store.folders import read_results

__all__ = ["read_results"]
