"""The conformance kits: does a plugin keep its contract of `vfibench.contracts`?

    >>> from vfibench.testing import check_adapter
    >>> report = check_adapter("blend")
    >>> print(report)  # doctest: +SKIP

`check_dataset`, `check_metric` and `check_page` do the same for the other kinds. In a test of one's own, as
one test or as one a check:

    def test_my_adapter_conforms():
        check_adapter(MyAdapter).assert_ok()

    @pytest.fixture(scope="module")
    def report():
        return check_adapter(MyAdapter, weights=Path("my.pt"))

    @pytest.mark.parametrize("name", check_names("method"))
    def test_my_adapter_passes(report, name):
        report.assert_ok(name)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vfibench.testing.battery import Battery
from vfibench.testing.datasets.kit import check_dataset
from vfibench.testing.datasets.subject import BATTERY as DATASET_CHECKS
from vfibench.testing.kinds import Kind
from vfibench.testing.methods.kit import check_adapter
from vfibench.testing.methods.subject import BATTERY as METHOD_CHECKS
from vfibench.testing.metrics.kit import check_metric
from vfibench.testing.metrics.subject import BATTERY as METRIC_CHECKS
from vfibench.testing.pages.kit import check_page
from vfibench.testing.pages.subject import BATTERY as PAGE_CHECKS
from vfibench.testing.report import CheckResult, Report

__all__ = [
    "CheckResult",
    "Report",
    "check_adapter",
    "check_dataset",
    "check_metric",
    "check_names",
    "check_page",
]

BATTERIES: Mapping[Kind, Battery[Any]] = {
    "method": METHOD_CHECKS,
    "dataset": DATASET_CHECKS,
    "metric": METRIC_CHECKS,
    "page": PAGE_CHECKS,
}


def check_names(kind: Kind = "method") -> tuple[str, ...]:
    """The names of all checks of a kind of plugin, in the order they run.

    Example:
        >>> check_names("metric")[0]
        'card'
    """
    return tuple(BATTERIES[kind].checks)
