"""How checks are registered, ordered and run.

A check is a generator over its cases. It yields one (label, problem) a case, problem "" where all is
well. It raises `Skip` where it cannot mean anything for this adapter. Checks run in the order they are
registered; one that builds on others names them in `needs` and is skipped where any of those failed, so
that a single fault has a single name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from vfibench.testing.report import CheckResult
from vfibench.testing.subject import Subject

Cases: TypeAlias = Iterator[tuple[str, str]]


class Skip(Exception):
    """A check means nothing for this adapter; the message says why."""


@dataclass(frozen=True)
class Check:
    """One check: name, what it asks for in one line, the checks it builds on, and its cases."""

    name: str
    about: str
    needs: tuple[str, ...]
    cases: Callable[[Subject], Cases]


CHECKS: dict[str, Check] = {}


def check(about: str, needs: tuple[str, ...] = ("shape",)) -> Callable[..., Callable[[Subject], Cases]]:
    """Register a function as the check of the same name, after all those registered before it."""

    def register(cases: Callable[[Subject], Cases]) -> Callable[[Subject], Cases]:
        if missing := set(needs) - set(CHECKS):
            raise LookupError(f"check {cases.__name__} needs {missing}, to be registered before it")
        CHECKS[cases.__name__] = Check(cases.__name__, about, needs, cases)
        return cases

    return register


def run_all(subject: Subject, expected: Mapping[str, str]) -> Iterator[CheckResult]:
    """Run every check on `subject`.

    Args:
        subject: the adapter and how to run it.
        expected: reasons by name of the checks that are known to fail.
    """
    broken: set[str] = set()
    for each in CHECKS.values():
        missing = [need for need in each.needs if need in broken]
        if missing:
            result = CheckResult(
                each.name, "skipped", f"needs {missing[0]}, which did not pass", 0, each.about
            )
        else:
            result = _run(each, subject)
        if missing or result.status == "failed":
            broken.add(each.name)
        yield _as_expected(result, expected.get(each.name))


def _run(each: Check, subject: Subject) -> CheckResult:
    problems: list[str] = []
    cases = 0
    try:
        for label, problem in each.cases(subject):
            cases += 1
            problems += [f"{label}: {problem}"] if problem else []
    except Skip as skip:
        if not cases:
            return CheckResult(each.name, "skipped", str(skip), 0, each.about)
    except Exception as error:  # an adapter may raise anything
        cases += 1
        problems.append(f"case {cases} raised {_brief(error)}")
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


def _brief(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
