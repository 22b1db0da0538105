"""What the suite's specs came to, held against what is expected of them. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final
from xml.etree import ElementTree

_LABELS: Final = re.compile(r" \[[^\[\]]*, [^\[\]]*\]$")  # at the end of a name in ginkgo's report
_SIG: Final = re.compile(r"\[(sig-[a-z-]+)\]")
_IT: Final = "[It] "
_WELL: Final = (None, "skipped", "passed")
_CUT: Final = ("timedout", "interrupted")
_FIRST_WORDS: Final = 300  # of a failure's text
UNKNOWN_SIG: Final = "sig-?"


class Result(StrEnum):
    """How one spec ended."""

    PASSED = "passed"
    FAILED = "failed"
    LATE = "timed out"
    ABSENT = "did not run"  # the suite has no such spec, or skips it here


@dataclass(frozen=True, slots=True)
class Outcome:
    """One spec's end, after so many seconds, and the first words of why."""

    spec: str
    result: Result
    seconds: float = 0.0
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.result is Result.PASSED


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """What is not expected to pass: patterns of specs (`*` is anything), and the reason."""

    topic: str
    reason: str
    specs: tuple[str, ...]

    def covers(self, spec: str) -> bool:
        """Whether this speaks of that spec; brackets mean themselves."""
        return any(fnmatchcase(spec, each.replace("[", "[[]")) for each in self.specs)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must not be: failures that nobody expects, and expected ones that do not occur."""

    failures: tuple[Outcome, ...]
    passes: tuple[Outcome, ...]

    @property
    def holds(self) -> bool:
        return not (self.failures or self.passes)


def sig_of(spec: str) -> str:
    """The special interest group that answers for a spec, as its name says it."""
    found = _SIG.search(spec)
    return found[1] if found else UNKNOWN_SIG


def names_in(report: str) -> list[str]:
    """The specs that a dry run's JUnit report says would run, in its order."""
    cases = ElementTree.fromstring(report).iter("testcase")
    return [_name(case) for case in cases if _is_spec(case) and case.get("status") == "passed"]


def outcome_of(spec: str, report: str | None, seconds: float) -> Outcome:
    """What the JUnit report of a run of this one spec says; None: there is none, since it was ended."""
    if report is None:
        return Outcome(spec, Result.LATE, seconds, "it was ended from outside, and left no report")
    cases = list(ElementTree.fromstring(report).iter("testcase"))
    for case in cases:
        if _is_spec(case) and _name(case) == spec and case.get("status") not in (None, "skipped"):
            return Outcome(spec, _result(case), seconds, _why(case))
    broken = [case for case in cases if not (_is_spec(case) or case.get("status") in _WELL)]
    if broken:
        return Outcome(spec, Result.FAILED, seconds, _why(broken[0]))
    skipped = next((case for case in cases if _is_spec(case) and _name(case) == spec), None)
    found = skipped.find("skipped") if skipped is not None else None
    return Outcome(
        spec, Result.ABSENT, seconds, _short(found.get("message", "") if found is not None else "")
    )


def ended(specs: Iterable[str], report: str | None) -> list[Outcome]:
    """Those of a run of several specs that came to an end of their own; the others are to be run again."""
    if report is None:
        return []
    cases = [case for case in ElementTree.fromstring(report).iter("testcase") if _is_spec(case)]
    seconds = {_name(case): float(case.get("time") or 0.0) for case in cases}
    found = [outcome_of(spec, report, seconds.get(spec, 0.0)) for spec in specs]
    was_cut = any(case.get("status") in _CUT for case in cases)
    own_ends = (Result.PASSED, Result.FAILED) if was_cut else (Result.PASSED, Result.FAILED, Result.ABSENT)
    return [each for each in found if each.result in own_ends]


def _is_spec(case: ElementTree.Element) -> bool:
    return (case.get("name") or "").startswith(_IT)


def _name(case: ElementTree.Element) -> str:
    return _LABELS.sub("", (case.get("name") or "").removeprefix(_IT))


def _result(case: ElementTree.Element) -> Result:
    match case.get("status"):
        case "passed":
            return Result.PASSED
        case status if status in _CUT:
            return Result.LATE
    return Result.FAILED


def _why(case: ElementTree.Element) -> str:
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return _short(found.get("message") or "".join(found.itertext()))
    return ""


def _short(text: str) -> str:
    return " ".join(text.split())[:_FIRST_WORDS]


def judged(outcomes: Iterable[Outcome], known: Sequence[Shortcoming]) -> Verdict:
    """What must not be. Of a listed spec nothing is said where it did not run."""
    failures: list[Outcome] = []
    passes: list[Outcome] = []
    for outcome in outcomes:
        expected = any(each.covers(outcome.spec) for each in known)
        if outcome.passed and expected:
            passes.append(outcome)
        elif not outcome.passed and not expected:
            failures.append(outcome)
    return Verdict(tuple(failures), tuple(passes))


def idle(known: Iterable[Shortcoming], specs: Sequence[str]) -> list[str]:
    """The patterns of what is not expected to pass that no spec of the list has."""
    patterns = [pattern for each in known for pattern in each.specs]
    return [each for each in patterns if not any(Shortcoming("", "", (each,)).covers(one) for one in specs)]


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines by sig: all, passed, failed."""
    counts: defaultdict[str, Counter[bool]] = defaultdict(Counter)
    for outcome in outcomes:
        counts[sig_of(outcome.spec)][outcome.passed] += 1
    rows = [(sig, found.total(), found[True]) for sig, found in sorted(counts.items())]
    rows.append(("all", len(outcomes), sum(each.passed for each in outcomes)))
    head = f"{'sig':<22}{'all':>5}{'passed':>8}{'failed':>8}"
    return [head, *(f"{sig:<22}{whole:>5}{good:>8}{whole - good:>8}" for sig, whole, good in rows)]


def causes(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Two lines for each spec that did not pass: which, and why."""
    for outcome in outcomes:
        if not outcome.passed:
            yield f"{outcome.result} after {outcome.seconds:.0f} s: {outcome.spec}"
            yield f"    {outcome.why or '(no reason given)'}"


def junit(outcomes: Sequence[Outcome]) -> str:
    """One report of all of them."""
    failed = sum(not each.passed for each in outcomes)
    suite = ElementTree.Element("testsuite", name="upstream", tests=str(len(outcomes)), failures=str(failed))
    for outcome in outcomes:
        place = {"classname": sig_of(outcome.spec), "name": outcome.spec, "time": f"{outcome.seconds:.1f}"}
        case = ElementTree.SubElement(suite, "testcase", place)
        if not outcome.passed:
            ElementTree.SubElement(case, "failure", message=f"{outcome.result}: {outcome.why}")
    return ElementTree.tostring(suite, encoding="unicode")
