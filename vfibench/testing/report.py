"""What a conformance run found: one result per check, and their sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "skipped", "expected failure"]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check.

    Attributes:
        name: of the check, such as "batch".
        status: how it ended.
        reason: why it failed or was skipped, "" where it passed.
        cases: comparisons made; 0 where it was skipped.
        about: what the check asks for, in one line.
    """

    name: str
    status: Status
    reason: str = ""
    cases: int = 0
    about: str = ""

    def __str__(self) -> str:
        """One line: status, name, cases, then the reason or, where there is none, what was asked for."""
        unit = "case" if self.cases == 1 else "cases"
        return f"{self.status:<16}  {self.name:<18}  {self.cases:>2} {unit:<5}  {self.reason or self.about}"


@dataclass(frozen=True)
class Report:
    """The outcome of all checks on one plugin.

    Attributes:
        name: the card's.
        facts: what was checked, such as "weights: none needed" or "24 samples, 2 or 4 input frames".
        results: one a check, in the order they ran.
    """

    name: str
    facts: str
    results: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether something passed and nothing failed."""
        return self.count("passed") > 0 and self.count("failed") == 0

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results that failed, other than expectedly."""
        return tuple(result for result in self.results if result.status == "failed")

    def count(self, status: Status) -> int:
        """How many checks ended so."""
        return sum(result.status == status for result in self.results)

    def assert_ok(self, name: str | None = None) -> None:
        """For tests of one's own.

        Args:
            name: look at this check alone; None looks at all.

        Raises:
            AssertionError: a check failed; the message holds one line for each that did.
            KeyError: no check is called `name`.
        """
        failed = self.failed if name is None else [r for r in (self[name],) if r.status == "failed"]
        if failed or (not self.ok and name is None):
            raise AssertionError("\n".join([f"{self.name} ({self.facts})", *map(str, failed)]))

    def __getitem__(self, name: str) -> CheckResult:
        """The result of the check called `name`."""
        return {result.name: result for result in self.results}[name]

    def __iter__(self) -> Iterator[CheckResult]:
        """All results, in the order they ran."""
        return iter(self.results)

    def __str__(self) -> str:
        """A headline, one line per check and the counts."""
        counts = f"{len(self.results)} checks: {self.count('passed')} passed, {self.count('failed')} failed, "
        counts += f"{self.count('skipped')} skipped"
        if expected := self.count("expected failure"):
            counts += f", {expected} expected to fail"
        headline = f"{self.name}, {self.facts}"
        return "\n".join([headline, *map(str, self.results), counts])
