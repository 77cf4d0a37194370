"""Cards that are registered for one test, as those of an installed package are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vfibench.registry import DATASETS, METRICS, PAGES

ORIGIN = "made-plugin"


@contextmanager
def plugged(*holders: Any) -> Iterator[None]:
    """Register the card of each class, as if the distribution "made-plugin" had brought it."""
    registries = {"DatasetCard": DATASETS, "MetricCard": METRICS, "PageCard": PAGES}
    with pytest.MonkeyPatch.context() as patch:
        for registry in registries.values():
            registry.names()  # loaded, so that what is added comes last
            patch.setattr(registry, "_cards", dict(registry._cards))
            patch.setattr(registry, "_origins", dict(registry._origins))
            patch.setattr(registry, "_problems", list(registry._problems))
        for holder in holders:
            registries[type(holder.card).__name__].add(holder.card, ORIGIN)
        yield
