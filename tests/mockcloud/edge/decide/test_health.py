"""When a target turns."""

import pytest

from mockcloud.cloud.core.forwarding import Check, Speaks
from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus
from mockcloud.edge.decide.health import SERVES, Outcome, Tally, judged

CHECK = Check(Speaks.TCP, 80, 15.0, 10.0, healthy_after=3, unhealthy_after=2)
FAILS = Outcome(HealthReason.FAILED, "connection refused")


@pytest.mark.parametrize(
    ("results", "statuses"),
    [
        pytest.param("+", "h", id="one-good-result-is-enough-at-first"),
        pytest.param("--", "?u", id="nobody-knows-it-until-enough-failed"),
        pytest.param("-+", "?h", id="one-failure-at-first"),
        pytest.param("+--", "hhu", id="as-many-failures-as-are-asked-for"),
        pytest.param("+-+-+-", "hhhhhh", id="failures-that-are-not-in-a-row"),
        pytest.param("--+++", "?uuuh", id="as-many-good-results-as-are-asked-for"),
        pytest.param("--++-+++", "?uuuuuuh", id="good-results-that-are-not-in-a-row"),
        pytest.param("+--+++--", "hhuuuhhu", id="there-and-back"),
    ],
)
def test_so_many_results_in_a_row_turn_a_target(results, statuses):
    """Thresholds count results in a row, and begin anew with each other one."""
    words = {"h": HealthStatus.HEALTHY, "u": HealthStatus.UNHEALTHY, "?": HealthStatus.UNKNOWN}
    tally, seen = Tally(), []
    for each in results:
        tally = judged(tally, CHECK, SERVES if each == "+" else FAILS)
        seen.append(tally.health.status)
    assert seen == [words[each] for each in statuses]


def test_why_is_as_last_seen():
    """A target that fails in another way is told of with that."""
    tally = Tally()
    for outcome in (FAILS, FAILS, Outcome(HealthReason.STATUS_CODE, "status code 503", 503)):
        tally = judged(tally, CHECK, outcome)
    assert tally.health == Health(HealthStatus.UNHEALTHY, "status code 503", 503, HealthReason.STATUS_CODE)


def test_a_healthy_target_has_no_reason():
    """Nothing is left of why it was not."""
    tally = Tally()
    for outcome in (FAILS, FAILS, SERVES, SERVES, SERVES):
        tally = judged(tally, CHECK, outcome)
    assert tally.health == Health(HealthStatus.HEALTHY)
