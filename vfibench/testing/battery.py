"""How checks are registered, ordered and run, the same for every kind of plugin.

A check is a generator over its cases. It yields one (label, problem) a case, problem "" where all is
well. It raises `Skip` where it cannot mean anything for this plugin. Checks run in the order they are
registered; one that builds on others names them in `needs` and is skipped where any of those failed, so
that a single fault has a single name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from vfibench.errors import VfibenchError, did_you_mean
from vfibench.system import process_state as state
from vfibench.system.foreign import let_through, reason_of
from vfibench.testing.report import CheckResult

Cases: TypeAlias = Iterator[tuple[str, str]]
SubjectT = TypeVar("SubjectT")


class Skip(Exception):
    """A check means nothing for this plugin; the message says why."""


@dataclass(frozen=True)
class Check(Generic[SubjectT]):
    """One check: name, what it asks for in one line, the checks it builds on, and its cases."""

    name: str
    about: str
    needs: tuple[str, ...]
    cases: Callable[[SubjectT], Cases]


class Battery(Generic[SubjectT]):
    """The checks of one kind of plugin.

    Args:
        usual: the checks that one builds on where it says nothing else.

    Attributes:
        checks: by name, in the order they run.
    """

    def __init__(self, usual: tuple[str, ...] = ()) -> None:
        self.usual = usual
        self.checks: dict[str, Check[SubjectT]] = {}

    def check(
        self, about: str, needs: tuple[str, ...] | None = None
    ) -> Callable[[Callable[[SubjectT], Cases]], Callable[[SubjectT], Cases]]:
        """Register a function as the check of the same name, after all those registered before it."""
        builds_on = self.usual if needs is None else needs

        def register(cases: Callable[[SubjectT], Cases]) -> Callable[[SubjectT], Cases]:
            if missing := set(builds_on) - set(self.checks):
                raise LookupError(f"check {cases.__name__} needs {missing}, to be registered before it")
            self.checks[cases.__name__] = Check(cases.__name__, about, builds_on, cases)
            return cases

        return register

    def run(self, subject: SubjectT, expected: Mapping[str, str]) -> Iterator[CheckResult]:
        """Run every check.

        Args:
            subject: the plugin and how to run it.
            expected: reasons by name of the checks that are known to fail.
        """
        broken: set[str] = set()
        for each in self.checks.values():
            missing = [need for need in each.needs if need in broken]
            if missing:
                why = f"needs {missing[0]}, which did not pass"
                result = CheckResult(each.name, "skipped", why, 0, each.about)
            else:
                with state.preserved():
                    result = _run(each, subject)
            if missing or result.status == "failed":
                broken.add(each.name)
            yield _as_expected(result, expected.get(each.name))

    def refuse_unknown(self, expected: Mapping[str, str]) -> None:
        """VfibenchError where a failure is expected of a check that there is not."""
        for name in expected:
            if name not in self.checks:
                every = f"the checks are {', '.join(self.checks)}"
                raise VfibenchError(f"unknown check {name!r}", did_you_mean(name, self.checks, every))


def _run(each: Check[SubjectT], subject: SubjectT) -> CheckResult:
    problems: list[str] = []
    cases = 0
    try:
        for label, problem in each.cases(subject):
            cases += 1
            problems += [f"{label}: {problem}"] if problem else []
    except Skip as skip:
        if not cases:
            return CheckResult(each.name, "skipped", str(skip), 0, each.about)
    except BaseException as error:  # a plugin may raise anything
        let_through(error)
        cases += 1
        problems.append(f"case {cases} raised {reason_of(error)}")
    if not cases:
        problems.append("ran no case")
    if problems:
        more = f" (and {len(problems) - 1} more cases)" if len(problems) > 1 else ""
        return CheckResult(each.name, "failed", problems[0] + more, cases, each.about)
    return CheckResult(each.name, "passed", "", cases, each.about)


def _as_expected(result: CheckResult, why: str | None) -> CheckResult:
    if why is None or result.status == "skipped":
        return result
    if result.status == "passed":
        note = f"passed, though it was expected to fail: {why}"
        return CheckResult(result.name, "passed", note, result.cases, result.about)
    return CheckResult(
        result.name, "expected failure", f"{why} ({result.reason})", result.cases, result.about
    )
