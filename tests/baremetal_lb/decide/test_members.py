"""Ownership by who is alive: speakers' own words beside the cluster's."""

from collections.abc import Mapping
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.eligibility import Speaker, why_no_live_speaker
from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.announcements import NodeOut, Standing
from baremetal_lb.model.membership import MemberState, View
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import ServiceStatus, ServiceView, TrafficPolicy

NODES = ("node-1", "node-2", "node-3")
POOLS = parse_config("address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.0/24]}]")
VIP = ip_address("192.0.2.200")
WEB = ObjectKey("default", "web")
FIRST, SECOND, THIRD = rank(NODES, VIP)
ACTIVE, RETURNING = MemberState.ACTIVE, MemberState.RETURNING


def ownership(policy: TrafficPolicy = TrafficPolicy.CLUSTER) -> Ownership:
    seen = Ownership(Speaker(FIRST))
    seen.see_pools(POOLS)
    for name in NODES:
        seen.see_node(name, NodeView(name))
    seen.see_service(
        None, ServiceView(WEB, "u", "1", "", True, traffic_policy=policy, status=ServiceStatus((VIP,)))
    )
    seen.see_slice(None, SliceView(ObjectKey("default", "web-a"), WEB, frozenset({FIRST})))
    seen.decide()
    return seen


@pytest.mark.parametrize(
    ("members", "owner"),
    [
        pytest.param(dict.fromkeys(NODES, ACTIVE), FIRST, id="all"),
        pytest.param({SECOND: ACTIVE, THIRD: ACTIVE}, SECOND, id="first-is-dead"),
        pytest.param({FIRST: RETURNING, SECOND: MemberState.FRESH}, SECOND, id="returning-waits"),
        pytest.param(
            {FIRST: RETURNING, SECOND: MemberState.LEAVING}, FIRST, id="returning-where-nobody-else"
        ),
        pytest.param({FIRST: MemberState.CUT_OFF}, None, id="cut-off"),
        pytest.param({FIRST: MemberState.SETTLING, "stranger": ACTIVE}, None, id="no-node-of-the-cluster"),
    ],
)
def test_owner_is_the_best_of_those_alive(members: Mapping[str, MemberState], owner: str | None) -> None:
    """A Ready node without a live speaker is none; one that returns serves only where nobody else can."""
    seen = ownership()
    seen.see_members(View(members))
    seen.decide()
    assert seen.verdicts[WEB].owner == owner


def test_sole_candidate_need_not_wait_for_its_return() -> None:
    """With policy Local only the node of the endpoint can serve: to wait would serve nobody."""
    seen = ownership(TrafficPolicy.LOCAL)
    seen.see_members(View({FIRST: RETURNING, SECOND: ACTIVE, THIRD: ACTIVE}))
    seen.decide()
    assert seen.verdicts[WEB].standing is Standing.ANNOUNCED


def test_each_state_that_takes_nothing_has_its_reason() -> None:
    """What a Service's condition will say of each node."""
    reasons = {state: why_no_live_speaker(state) for state in (None, *MemberState)}
    assert reasons == {
        None: NodeOut.NO_SPEAKER,
        MemberState.SETTLING: NodeOut.SPEAKER_SETTLING,
        MemberState.RETURNING: NodeOut.SPEAKER_RETURNING,
        MemberState.FRESH: None,
        MemberState.ACTIVE: None,
        MemberState.LEAVING: NodeOut.SPEAKER_LEAVING,
        MemberState.CUT_OFF: NodeOut.CUT_OFF,
    }


def test_members_that_change_nothing_move_nothing() -> None:
    """Who was alive and is: no verdict is news."""
    seen = ownership()
    seen.see_members(View(dict.fromkeys(NODES, ACTIVE)))
    assert seen.decide().lost == frozenset()
    seen.see_members(View(dict.fromkeys(NODES, MemberState.FRESH)))
    assert seen.decide().verdicts == ()
