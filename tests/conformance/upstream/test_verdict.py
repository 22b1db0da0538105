"""What the suite's reports are taken for, and which outcomes are a failure of ours."""

from __future__ import annotations

import pytest

from conformance.upstream.verdict import (
    Outcome,
    Result,
    Shortcoming,
    causes,
    ended,
    idle,
    judged,
    junit,
    names_in,
    outcome_of,
    sig_of,
    table,
)

DNS = "[sig-network] DNS should work [Conformance]"
JOB = "[sig-apps] Job should end [LinuxOnly] [Conformance]"


def report(*cases: str) -> str:
    """As ginkgo writes it."""
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def case(name: str, status: str, inside: str = "", *, kind: str = "[It] ") -> str:
    return f'<testcase name="{kind}{name}" status="{status}" time="1.5">{inside}</testcase>'


LABELLED = f"{DNS} [sig-network, Conformance]"
FAILED = case(LABELLED, "failed", '<failure message="timed   out&#10;waiting">at x.go:1</failure>')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(report(case(LABELLED, "passed")), Outcome(DNS, Result.PASSED, 2.0), id="passed"),
        pytest.param(report(FAILED), Outcome(DNS, Result.FAILED, 2.0, "timed out waiting"), id="failed"),
        pytest.param(
            report(case(LABELLED, "timedout", "<failure>no message</failure>")),
            Outcome(DNS, Result.LATE, 2.0, "no message"),
            id="timed-out",
        ),
        pytest.param(
            report(case(LABELLED, "skipped", '<skipped message="skipped - needs two zones"/>')),
            Outcome(DNS, Result.ABSENT, 2.0, "skipped - needs two zones"),
            id="skipped-by-itself",
        ),
        pytest.param(
            report(
                case("", "failed", '<error message="no nodes"/>', kind="[SynchronizedBeforeSuite]"),
                case(LABELLED, "skipped", '<skipped message="skipped"/>'),
            ),
            Outcome(DNS, Result.FAILED, 2.0, "no nodes"),
            id="what-comes-before-the-specs-failed",
        ),
        pytest.param(report(case("other", "passed")), Outcome(DNS, Result.ABSENT, 2.0), id="no-such-spec"),
        pytest.param(
            None,
            Outcome(DNS, Result.LATE, 2.0, "it was ended from outside, and left no report"),
            id="killed",
        ),
    ],
)
def test_a_report_says_how_a_spec_ended(text, expected):
    """Only a spec that ran and passed has passed."""
    assert outcome_of(DNS, text, 2.0) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param("passed", [(DNS, Result.FAILED), (JOB, Result.PASSED)], id="both"),
        pytest.param("skipped", [(DNS, Result.FAILED), (JOB, Result.ABSENT)], id="skipped-by-itself"),
        pytest.param("timedout", [(DNS, Result.FAILED)], id="hung"),
    ],
)
def test_what_ended_of_several(other, expected):
    """What hung, and what was not come to, is run again by itself; a failure is its own spec's alone."""
    found = ended([DNS, JOB], report(FAILED, case(JOB, other)))
    assert [(each.spec, each.result) for each in found] == expected
    assert {each.seconds for each in found} == {1.5}


def test_what_was_not_come_to_since_another_hung():
    """It says skipped, and was not."""
    text = report(case(LABELLED, "timedout"), case(JOB, "skipped"))
    assert ended([DNS, JOB], text) == ended([DNS, JOB], None) == []


def test_a_dry_run_lists_the_specs_without_their_labels():
    """Those that would run, and nothing but specs."""
    text = report(case(LABELLED, "passed"), case(JOB, "skipped"), case("x", "passed", kind="[AfterSuite] "))
    assert names_in(text) == [DNS]


KNOWN = (Shortcoming("Jobs", "There are none.", ("[sig-apps] Job *",)),)


@pytest.mark.parametrize(
    ("outcome", "failures", "passes"),
    [
        pytest.param(Outcome(DNS, Result.PASSED), 0, 0, id="passes"),
        pytest.param(Outcome(DNS, Result.FAILED), 1, 0, id="fails-unexpectedly"),
        pytest.param(Outcome(DNS, Result.ABSENT), 1, 0, id="does-not-run"),
        pytest.param(Outcome(JOB, Result.LATE), 0, 0, id="fails-as-listed"),
        pytest.param(Outcome(JOB, Result.PASSED), 0, 1, id="passes-though-listed"),
    ],
)
def test_what_nobody_expects_fails_the_run(outcome, failures, passes):
    """A failure that is not listed, and a listed one that is gone."""
    verdict = judged([outcome], KNOWN)
    assert (len(verdict.failures), len(verdict.passes)) == (failures, passes)
    assert verdict.holds is not bool(failures or passes)


def test_a_pattern_that_no_spec_has_is_told():
    """Brackets in a spec's name are no pattern."""
    known = [*KNOWN, Shortcoming("", "", ("[sig-network] DNS *", "[sig-apps] Cron*"))]
    assert idle(known, [DNS, JOB]) == ["[sig-apps] Cron*"]


def test_the_table_counts_by_sig():
    """All, passed, failed; and each failure's reason is below."""
    outcomes = [Outcome(DNS, Result.PASSED), Outcome(JOB, Result.FAILED, 3.0, "no Jobs")]
    assert [line.split() for line in table(outcomes)] == [
        ["sig", "all", "passed", "failed"],
        ["sig-apps", "1", "0", "1"],
        ["sig-network", "1", "1", "0"],
        ["all", "2", "1", "1"],
    ]
    assert list(causes(outcomes)) == [f"failed after 3 s: {JOB}", "    no Jobs"]
    assert sig_of("no group at all") == "sig-?"


def test_one_report_of_all_is_read_as_it_was_written():
    """A CI system reads it."""
    text = junit([Outcome(DNS, Result.PASSED, 1.0), Outcome(JOB, Result.LATE, 9.0, 'a "b" <c>')])
    assert 'tests="2" failures="1"' in text
    assert "timed out: a &quot;b&quot; &lt;c&gt;" in text
