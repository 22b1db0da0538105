"""What the condition Announced says, from what is known of each address."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.reports.condition import (
    BLINK,
    GRACE,
    LONGEST,
    PATIENCE,
    AnnouncedAddress,
    Facts,
    in_use,
    judge,
)
from baremetal_lb.model.announcements import NodeOut, Standing
from baremetal_lb.model.api_names import AnnouncedReason
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind
from baremetal_lb.model.places import Port
from baremetal_lb.model.pools import Pool, Protocol
from baremetal_lb.model.reports import Out, Silence

ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")
LAB, BGP = Pool("lab", ()), Pool("far", (), Protocol.BGP)
CLAIM = AnnouncedAddress("node-1", (Port("eth0", "02:00:00:00:00:01"),))
SAID = Facts(ONE, LAB, CLAIM)
MAC = bytes.fromhex("0200000000aa")


def conflict(kind):
    return {"node-1": Conflict(ONE, kind, MAC, "eth0")}


def found(kind, owner, by):
    return {by: Finding(ONE, kind, owner)}


def silence(*why):
    return Silence(Standing.NO_NODE, (ONE,), tuple(Out(each, ("node-1",)) for each in why))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        pytest.param(SAID, AnnouncedReason.ANNOUNCED, id="announced"),
        pytest.param(Facts(ONE, LAB), AnnouncedReason.NOBODY_ANNOUNCES, id="nobody-says-anything"),
        pytest.param(Facts(ONE, BGP), AnnouncedReason.NOT_IN_LAYER2_POOL, id="other-protocol"),
        pytest.param(Facts(ONE), AnnouncedReason.NOT_IN_LAYER2_POOL, id="in-no-pool"),
        pytest.param(replace(SAID, pool=None), AnnouncedReason.ANNOUNCED, id="kept-outside-of-pools"),
        pytest.param(
            replace(SAID, conflicts=conflict(ConflictKind.CLAIMED)),
            AnnouncedReason.CONFLICT_SEEN,
            id="claimed",
        ),
        pytest.param(
            Facts(ONE, LAB, None, conflict(ConflictKind.IN_USE)), AnnouncedReason.ADDRESS_IN_USE, id="in-use"
        ),
        pytest.param(
            replace(SAID, conflicts=conflict(ConflictKind.IN_USE)),
            AnnouncedReason.ANNOUNCED,
            id="in-use-before",
        ),
        pytest.param(
            replace(SAID, findings=found(FindingKind.SILENT, "node-1", "node-2")),
            AnnouncedReason.NOT_ANSWERING,
            id="does-not-answer",
        ),
        pytest.param(
            replace(SAID, findings=found(FindingKind.SILENT, "node-3", "node-2")),
            AnnouncedReason.ANNOUNCED,
            id="an-earlier-owner-did-not-answer",
        ),
        pytest.param(
            replace(SAID, findings=found(FindingKind.NO_ROUTE, "node-1", "node-1")),
            AnnouncedReason.NO_WAY_BACK,
            id="no-way-back",
        ),
        pytest.param(
            Facts(ONE, LAB, Silence(Standing.NO_ENDPOINTS, (ONE,))),
            AnnouncedReason.NO_ENDPOINTS,
            id="no-endpoints",
        ),
        pytest.param(Facts(ONE, LAB, Silence(Standing.HELD, (ONE,))), AnnouncedReason.HELD, id="held"),
    ],
)
def test_one_reason_for_each_way_that_an_address_can_stand(facts, reason):
    """And only ANNOUNCED is a yes."""
    condition = judge([facts], None).condition
    assert (condition.reason, condition.status) == (reason, reason is AnnouncedReason.ANNOUNCED)


def test_who_announces_is_told_with_all_addresses_of_a_place_together():
    """To be read back by speakers."""
    told = judge([SAID, replace(SAID, address=TWO)], None).condition.message
    assert told == "10.0.0.1, 10.0.0.2 by node-1 on eth0 (02:00:00:00:00:01)"


def test_one_address_that_is_in_trouble_is_the_whole_services():
    """What is sure, before what may yet come right."""
    unsure, sure = Facts(TWO, LAB), Facts(ONE, LAB, silence(NodeOut.NOT_READY))
    judged = judge([unsure, sure, SAID], None)
    assert (judged.condition.status, judged.hold) == (False, BLINK)
    assert judge([unsure, SAID], None).hold == PATIENCE


@pytest.mark.parametrize(
    ("why", "grace"),
    [
        ([NodeOut.SPEAKER_SETTLING], GRACE),
        ([NodeOut.SPEAKER_SETTLING, NodeOut.EXCLUDED_BY_LABEL], GRACE),
        ([NodeOut.SPEAKER_SETTLING, NodeOut.NOT_READY], 0.0),
        ([NodeOut.EXCLUDED_BY_LABEL], 0.0),
    ],
)
def test_what_belongs_to_a_rollout_waits_before_it_is_an_event(why, grace):
    """A fault among it does not."""
    assert judge([Facts(ONE, LAB, silence(*why))], None).grace == grace


def test_where_no_speaker_lives_each_nodes_reason_is_told():
    """With how many more there are."""
    out = [Out("speakerSilent", ("node-1", "node-2"), more=3)]
    message = judge([Facts(ONE, LAB)], out).condition.message
    assert message == "10.0.0.1: node-1, node-2 and 3 more: speakerSilent"


def test_a_no_is_not_longer_than_a_status_bears():
    """A thousand Services may have the same."""
    out = [Out("x" * LONGEST, ("node-1",))]
    assert len(judge([Facts(ONE, LAB)], out).condition.message) == LONGEST


def test_who_had_it_before_us_is_named_with_who_saw_it():
    """Nobody, once we announce it."""
    who = in_use(Facts(ONE, LAB, None, conflict(ConflictKind.IN_USE)))
    assert (who.mac, str(who).endswith("(seen by node-1)")) == (MAC, True)
    assert in_use(replace(SAID, conflicts=conflict(ConflictKind.IN_USE))) is None
    assert in_use(Facts(ONE, LAB, None, conflict(ConflictKind.CLAIMED))) is None
