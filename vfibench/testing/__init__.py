"""The conformance kit: does an adapter keep the contract of `vfibench.contracts.Adapter`?

    >>> from vfibench.testing import check_adapter
    >>> report = check_adapter("blend")
    >>> print(report)  # doctest: +SKIP

In a test of one's own, as one test or as one a check:

    def test_my_adapter_conforms():
        check_adapter(MyAdapter).assert_ok()

    @pytest.fixture(scope="module")
    def report():
        return check_adapter(MyAdapter, weights=Path("my.pt"))

    @pytest.mark.parametrize("name", check_names())
    def test_my_adapter_passes(report, name):
        report.assert_ok(name)
"""

from __future__ import annotations

from vfibench.testing.kit import check_adapter, check_names
from vfibench.testing.report import CheckResult, Report

__all__ = ["CheckResult", "Report", "check_adapter", "check_names"]
