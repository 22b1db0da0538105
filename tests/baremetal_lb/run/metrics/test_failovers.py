"""Failovers are counted from the news to the last frame, and only where somebody had to be relieved."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.layer2.ownership import Decision
from baremetal_lb.model.announcements import NodeOut, Standing, Verdict
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.metrics.failovers import Failovers

WEB, DNS = ObjectKey("shop", "web"), ObjectKey("shop", "dns")
VIP, OTHER = ip_address("192.0.2.200"), ip_address("192.0.2.201")
DEAD = {"node-2": NodeOut.NO_SPEAKER}


def taken(service=WEB, address=VIP, out=DEAD) -> tuple[Verdict, Verdict]:
    before = Verdict(service, Standing.OTHER_NODE, (address,), "node-2")
    return before, Verdict(service, Standing.ANNOUNCED, (address,), "node-1", out)


def outcome(failovers: Failovers) -> tuple[int, float, float]:
    return failovers.addresses, failovers.durations.buckets()[-1][1], round(failovers.durations.total, 3)


def test_failover_lasts_from_the_news_to_the_last_frame():
    """Of several news that came together the first counts, and a frame sent again does not."""
    failovers = Failovers()
    failovers.notice(10.0)
    failovers.notice(10.1)
    failovers.decide(Decision((taken(), taken(DNS, OTHER)), frozenset({VIP, OTHER})), 10.2)
    failovers.sent(VIP, 10.3)
    assert outcome(failovers) == (2, 0, 0)
    failovers.sent(OTHER, 10.5)
    failovers.sent(OTHER, 11.6)
    assert outcome(failovers) == (2, 1, 0.5)


def test_without_news_of_speakers_it_lasts_from_the_decision():
    """The cluster said that the node is not ready; when that was so first, nobody here knows."""
    failovers = Failovers()
    failovers.decide(Decision((taken(out={"node-2": NodeOut.NOT_READY}),), frozenset({VIP})), 5.0)
    failovers.sent(VIP, 5.25)
    assert outcome(failovers) == (1, 1, 0.25)


@pytest.mark.parametrize(
    "ruling",
    [
        pytest.param(Decision((taken(out={}),), frozenset({VIP})), id="back-from-one-that-stood-in"),
        pytest.param(Decision(((None, taken()[1]),), frozenset({VIP})), id="new-service"),
        pytest.param(Decision((tuple(reversed(taken())),), lost=frozenset({VIP})), id="given-away"),
        pytest.param(Decision((taken(),)), id="was-ours-by-another-service"),
    ],
)
def test_nothing_else_is_a_failover(ruling):
    """Where the old owner could go on, or there was none."""
    failovers = Failovers()
    failovers.decide(ruling, 1.0)
    failovers.sent(VIP, 2.0)
    assert outcome(failovers) == (0, 0, 0)


def test_address_that_is_lost_again_is_not_waited_for():
    """The frame for it never comes."""
    failovers = Failovers()
    failovers.decide(Decision((taken(), taken(DNS, OTHER)), frozenset({VIP, OTHER})), 1.0)
    failovers.decide(Decision(lost=frozenset({VIP})), 2.0)
    failovers.sent(OTHER, 3.0)
    assert outcome(failovers) == (2, 1, 2.0)
