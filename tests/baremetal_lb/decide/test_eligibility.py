"""Which nodes may announce a pool's addresses: by labels, interfaces, cordons, and what speakers say."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.eligibility import (
    Eligibility,
    Speaker,
    why_out,
)
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.announcements import NodeOut, Standing
from baremetal_lb.model.api_names import (
    EXCLUDE_LABEL,
)
from baremetal_lb.model.membership import MemberState, Uplink, View
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.pools import PoolConfig
from baremetal_lb.model.services import ServiceStatus, ServiceView

A, B, C = "node-a", "node-b", "node-c"
ACTIVE, RETURNING = MemberState.ACTIVE, MemberState.RETURNING
MAC = b"\x02\0\0\0\0\x01"
ETH0, ETH1 = Uplink("eth0", MAC), Uplink("eth1", MAC)
LAN = frozenset({"lan"})
LABELLED = {EXCLUDE_LABEL: ""}


@pytest.mark.parametrize(
    ("node", "why"),
    [
        pytest.param(NodeView("n"), None, id="fit"),
        pytest.param(NodeView("n", ready=False), NodeOut.NOT_READY, id="not-ready"),
        pytest.param(NodeView("n", network_unavailable=True), NodeOut.NETWORK_UNAVAILABLE, id="no-network"),
        pytest.param(NodeView("n", labels={EXCLUDE_LABEL: ""}), NodeOut.EXCLUDED_BY_LABEL, id="label"),
        pytest.param(
            NodeView("n", labels={EXCLUDE_LABEL: "false"}), NodeOut.EXCLUDED_BY_LABEL, id="label-says-false"
        ),
        pytest.param(
            NodeView("n", ready=False, labels={EXCLUDE_LABEL: ""}),
            NodeOut.NOT_READY,
            id="first-of-two-reasons",
        ),
    ],
)
def test_node_that_may_not_announce_has_a_reason(node: NodeView, why: NodeOut | None) -> None:
    """Each way to be out has its own reason, and a fit node has none."""
    assert why_out(node) is why


def test_exclude_label_can_be_ignored_but_not_a_node_that_is_not_ready() -> None:
    """The switch is for the label alone."""
    labelled = {EXCLUDE_LABEL: ""}
    assert why_out(NodeView("n", labels=labelled), ignore_exclude_label=True) is None
    assert (
        why_out(NodeView("n", ready=False, labels=labelled), ignore_exclude_label=True) is NodeOut.NOT_READY
    )


def pools(keys: str = "", more: str = "") -> PoolConfig:
    return parse_config(
        "address-pools:\n"
        f"- {{name: lan, protocol: layer2, addresses: [192.0.2.0/24, '2001:db8::/64'], {keys}}}\n{more}"
    )


def electorate(*nodes: NodeView, keys: str = "", more: str = "", me: Speaker | None = None) -> Eligibility:
    made = Eligibility(me or Speaker(A))
    made.see_pools(pools(keys, more))
    for node in nodes:
        made.see_node(node.name, node)
    return made


def view(states: Mapping[str, MemberState], **uplinks: tuple[Uplink, ...]) -> View:
    return View(states, {name.replace("_", "-"): found for name, found in uplinks.items()})


def test_only_nodes_that_the_pool_selects_may() -> None:
    """And a change of labels counts."""
    made = electorate(
        NodeView(A, labels={"rack": "1"}), NodeView(B), keys="node-selectors: [{match-labels: {rack: '1'}}]"
    )
    assert made.fitness(LAN).why == {A: None, B: NodeOut.NOT_SELECTED}
    assert made.see_node(B, NodeView(B, labels={"rack": "1"}))
    assert made.fitness(LAN).why == {A: None, B: None}
    assert not made.see_node(B, NodeView(B, labels={"rack": "1", "kernel": "6.12"}))


def test_what_goes_to_one_node_needs_one_that_all_its_pools_select() -> None:
    """An address of each pool on one Service: half of it elsewhere would serve nobody."""
    six = "- {name: six, protocol: layer2, addresses: ['fd00::/64'], interfaces: [eth1]}"
    made = electorate(
        *(NodeView(name) for name in (A, B)),
        NodeView(C, labels={"old": ""}),
        keys="node-selectors: [{match-expressions: [{key: old, operator: DoesNotExist}]}]",
        more=six,
    )
    made.see_view(view(dict.fromkeys((A, B, C), ACTIVE), node_a=(ETH0, ETH1), node_b=(ETH0,), node_c=(ETH1,)))
    assert made.fitness(LAN).why == {A: None, B: None, C: NodeOut.NOT_SELECTED}
    both = made.fitness(frozenset({"lan", "six"})).why
    assert both == {A: None, B: NodeOut.INTERFACE_MISSING, C: NodeOut.NOT_SELECTED}


@pytest.mark.parametrize(
    ("uplinks", "keys", "why"),
    [
        pytest.param((ETH0,), "", None, id="any-interface"),
        pytest.param((), "", NodeOut.NO_INTERFACE, id="none"),
        pytest.param((ETH0, ETH1), "interfaces: [eth1]", None, id="the-one-asked-for"),
        pytest.param((ETH0,), "interfaces: [eth1, 'bond.*']", NodeOut.INTERFACE_MISSING, id="another"),
        pytest.param((replace(ETH0, steady=False),), "", NodeOut.INTERFACE_RETURNING, id="just-back"),
        pytest.param((replace(ETH0, steady=False), ETH1), "", None, id="another-is-steady"),
        pytest.param(
            (replace(ETH0, steady=False), ETH1),
            "interfaces: [eth0]",
            NodeOut.INTERFACE_RETURNING,
            id="another-is-steady-but-not-asked-for",
        ),
    ],
)
def test_node_needs_an_interface_that_is_up(uplinks, keys, why) -> None:
    """As its speaker tells: one with a carrier, and one of those that the pool names."""
    made = electorate(NodeView(B), keys=keys)
    made.see_view(view({B: ACTIVE}, node_b=uplinks))
    assert made.fitness(LAN).why == {B: why}


@pytest.mark.parametrize(
    ("uplinks", "keys", "why"),
    [
        pytest.param((ETH0,), "", None, id="on"),
        pytest.param((replace(ETH0, ipv6=False),), "", NodeOut.IPV6_OFF, id="off"),
        pytest.param((replace(ETH0, ipv6=False), ETH1), "", None, id="on-on-another"),
        pytest.param(
            (replace(ETH0, ipv6=False), ETH1),
            "interfaces: [eth0]",
            NodeOut.IPV6_OFF,
            id="not-where-it-counts",
        ),
        pytest.param((), "", NodeOut.NO_INTERFACE, id="no-interface"),
    ],
)
def test_ipv6_needs_an_interface_where_it_is_on(uplinks, keys, why) -> None:
    """And IPv4 does not."""
    made = electorate(NodeView(B), keys=keys)
    made.see_view(view({B: ACTIVE}, node_b=uplinks))
    assert made.fitness(LAN, ipv6=True).why == {B: why}
    assert made.fitness(LAN).why[B] in (None, NodeOut.NO_INTERFACE)


@pytest.mark.parametrize(
    ("node", "state", "uplinks", "why"),
    [
        pytest.param(NodeView(B, ready=False, cordoned=True), None, (), NodeOut.NOT_READY, id="not-ready"),
        pytest.param(NodeView(B, cordoned=True), None, (), NodeOut.NO_SPEAKER, id="no-speaker"),
        pytest.param(NodeView(B, cordoned=True), RETURNING, (), NodeOut.NO_INTERFACE, id="no-interface"),
        pytest.param(
            NodeView(B, cordoned=True), RETURNING, (ETH0,), NodeOut.SPEAKER_RETURNING, id="returning"
        ),
        pytest.param(NodeView(B, cordoned=True), ACTIVE, (ETH0,), NodeOut.CORDONED, id="cordoned"),
    ],
)
def test_what_rules_a_node_out_is_told_before_what_only_puts_it_last(node, state, uplinks, why) -> None:
    """Of several reasons the one that has to be mended first."""
    made = electorate(node)
    made.see_view(view({B: state} if state is not None else {}, node_b=uplinks))
    assert made.fitness(LAN).why == {B: why}


def test_cordoned_nodes_come_after_others_and_before_those_just_back() -> None:
    """Who is cordoned can go on until somebody steady is there; the option switches it off."""
    nodes = NodeView(A, cordoned=True), NodeView(B), NodeView(C)
    made = electorate(*nodes)
    made.see_view(View({A: ACTIVE, B: RETURNING, C: ACTIVE}))
    assert made.fitness(LAN).tiers == (frozenset({C}), frozenset({A}), frozenset({B}))
    assert electorate(*nodes, me=Speaker(A, avoid_cordoned=False)).fitness(LAN).tiers[0] == {A, B, C}


@pytest.mark.parametrize(
    ("nodes", "waived"),
    [
        pytest.param([NodeView(A, labels=LABELLED)], True, id="the-only-node"),
        pytest.param([NodeView(A, labels=LABELLED), NodeView(B)], False, id="one-has-it-not"),
        pytest.param([NodeView(A, labels=LABELLED), NodeView(B, ready=False)], True, id="that-one-is-away"),
        pytest.param([NodeView(A, labels=LABELLED, ready=False)], False, id="nobody-could"),
        pytest.param([], False, id="no-nodes"),
    ],
)
def test_exclude_label_means_nothing_where_all_that_could_announce_have_it(nodes, waived) -> None:
    """A cluster of one node, made by kind or kubeadm, carries it."""
    made = electorate(*nodes)
    assert made.label_waived is waived
    excluded = NodeOut.EXCLUDED_BY_LABEL in made.fitness(LAN).why.values()
    assert excluded is (not waived and any(node.labels and node.ready for node in nodes))


def test_own_interface_that_went_counts_at_once_and_one_that_came_when_all_know() -> None:
    """The others take over when they are told, and nothing is announced twice until they give it back."""
    made = electorate(NodeView(A))
    made.see_view(view({A: ACTIVE}, node_a=(ETH0,)))
    assert made.fitness(LAN).why == {A: None}
    assert made.see_links(())
    assert made.fitness(LAN).why == {A: NodeOut.NO_INTERFACE}
    made.see_view(view({A: ACTIVE}, node_a=()))
    assert not made.see_links(("eth0",))
    assert made.fitness(LAN).why == {A: NodeOut.NO_INTERFACE}
    assert made.see_view(view({A: ACTIVE}, node_a=(ETH0,)))


def test_interface_that_is_back_before_its_loss_was_told_is_not_ours_yet() -> None:
    """The others are about to hear that it is gone, and take over: a view from before means nothing."""
    made = electorate(NodeView(A))
    before = view({A: ACTIVE}, node_a=(ETH0,))
    made.see_view(before)
    made.see_links(("eth0",))
    assert made.fitness(LAN).why == {A: None}
    for links in ((), ("eth0",)):
        made.see_links(links)
        made.see_view(before)
        assert made.fitness(LAN).why == {A: NodeOut.NO_INTERFACE}
    again = (replace(ETH0, steady=False),)
    for told, why in (((), NodeOut.NO_INTERFACE), (again, NodeOut.INTERFACE_RETURNING)):
        made.see_view(view({A: ACTIVE}, node_a=told))
        assert made.fitness(LAN).why == {A: why}


def test_without_heartbeats_a_missing_interface_is_known_here_only() -> None:
    """Others go by the cluster's word; so the election stands, and we say why nothing comes of it."""
    made = electorate(NodeView(A), keys="interfaces: [eth1]")
    assert made.why_silent_here(LAN) is None
    for links, why in (((), NodeOut.NO_INTERFACE), (("eth0",), NodeOut.INTERFACE_MISSING), (("eth1",), None)):
        assert made.see_links(links)
        assert (made.fitness(LAN).why, made.why_silent_here(LAN)) == ({A: None}, why)


def web(number: int = 0) -> ServiceView:
    addresses = IPv4Address("192.0.2.1") + number, IPv6Address("2001:db8::1") + number
    key = ObjectKey("default", f"web-{number}")
    return ServiceView(key, "u", "1", "", is_load_balancer=True, status=ServiceStatus(addresses))


def ownership(config: PoolConfig, *nodes: NodeView, me: str = A) -> Ownership:
    made = Ownership(Speaker(me))
    made.see_pools(config)
    for node in nodes:
        made.see_node(node.name, node)
    return made


def serve(made: Ownership, *services: ServiceView) -> None:
    for each in services:
        made.see_service(None, each)
        made.see_slice(None, SliceView(each.key, each.key, frozenset({A})))
    made.decide()


def test_preferred_node_announces_while_it_may() -> None:
    """The highest sum of weights among those that are fit; others when none of them is."""
    config = pools(
        "preferred-node-selectors: [{weight: 5, preference: {match-labels: {edge: ''}}},"
        " {weight: 1, preference: {match-labels: {ssd: ''}}}]"
    )
    nodes = NodeView(A), NodeView(B, labels={"edge": ""}), NodeView(C, labels={"edge": "", "ssd": ""})
    made = ownership(config, *nodes)
    serve(made, *map(web, range(20)))
    assert {each.owner for each in made.verdicts.values()} == {C}
    for gone, heirs in ((C, {B}), (B, {A})):
        made.see_node(gone, None)
        made.decide()
        assert {each.owner for each in made.verdicts.values()} == heirs


def test_lost_interface_of_the_owner_moves_its_addresses_without_the_cluster() -> None:
    """What Cilium and MetalLB miss; the verdict of the old owner names the new one."""
    nodes = [NodeView(name) for name in (A, B)]
    sides = [ownership(pools(), *nodes, me=name) for name in (A, B)]
    states = {A: ACTIVE, B: ACTIVE}
    for side in sides:
        side.see_members(view(states, node_a=(ETH0,), node_b=(ETH0,)))
        serve(side, *map(web, range(20)))
    old, new = sides
    ours = old.announced()
    old.see_links(())
    assert old.decide().lost == ours
    new.see_members(view(states, node_a=(), node_b=(ETH0,)))
    assert new.decide().won == ours
    assert {each.out.get(A) for each in new.verdicts.values()} == {NodeOut.NO_INTERFACE}


def test_changed_reasons_are_news_where_nobody_announces() -> None:
    """The Service's condition says them; where somebody does they are of no interest."""
    made = ownership(pools(), NodeView(A), NodeView(B, ready=False))
    serve(made, web())
    made.see_node(B, None)
    assert made.decide().verdicts == ()
    made.see_node(A, NodeView(A, ready=False))
    assert [each.out for _, each in made.decide().verdicts] == [{A: NodeOut.NOT_READY}]
    made.see_node(A, NodeView(A, network_unavailable=True))
    [(before, after)] = made.decide().verdicts
    assert before is not None
    assert (before.standing, after.out) == (Standing.NO_NODE, {A: NodeOut.NETWORK_UNAVAILABLE})


def test_a_thousand_addresses_of_two_families_spread_over_three_nodes() -> None:
    """No node over 1.2 times its share, and both families of each Service on one."""
    config = parse_config(
        "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.0.0/16, '2001:db8::/64']}]"
    )
    made = ownership(config, *(NodeView(name) for name in (A, B, C)))
    serve(made, *map(web, range(1000)))
    owners = Counter(each.owner for each in made.verdicts.values())
    assert owners.keys() == {A, B, C}
    assert max(owners.values()) <= 1.2 * 1000 / 3
    assert len(made.announced()) == 2 * owners[A]


NODES = st.builds(
    NodeView,
    st.sampled_from((A, B, C)),
    ready=st.booleans(),
    cordoned=st.booleans(),
    labels=st.sampled_from([{}, {"edge": ""}, LABELLED, {"edge": ""} | LABELLED]),
)
SPEAKERS = st.dictionaries(
    st.sampled_from((A, B, C)),
    st.tuples(
        st.sampled_from(MemberState), st.sets(st.sampled_from([ETH0, replace(ETH0, steady=False), ETH1]))
    ),
)
KEYS = st.sampled_from(
    [
        "",
        "interfaces: [eth0]",
        "node-selectors: [{match-labels: {edge: ''}}]",
        "preferred-node-selectors: [{weight: 1, preference: {match-labels: {edge: ''}}}]",
    ]
)


def show(made: Ownership, turn: str, config: PoolConfig, said: View, nodes: list[NodeView]) -> None:
    """One third of what there is to see."""
    match turn:
        case "pools":
            made.see_pools(config)
        case "members":
            made.see_members(said)
        case _:
            for each in nodes:
                made.see_node(each.name, each)
    made.decide()


@given(
    st.lists(NODES, unique_by=lambda node: node.name),
    SPEAKERS,
    KEYS,
    st.permutations(("pools", "members", "nodes")),
)
def test_speakers_with_one_view_agree_and_elect_somebody_fit_where_there_is_one(
    nodes, speakers, keys, order
) -> None:
    """In whatever order they came to see it; and whoever is fit is never passed over for who is not."""
    said = View(
        {name: state for name, (state, _) in speakers.items()},
        {name: tuple(sorted(found, key=str)) for name, (_, found) in speakers.items()},
    )
    verdicts = []
    for me in (A, B, C):
        made = Ownership(Speaker(me))
        for turn in order:
            show(made, turn, pools(keys), said, nodes)
        serve(made, web())
        verdicts.append(made.verdicts[web().key])
        assert (verdicts[-1].standing is Standing.ANNOUNCED) == (verdicts[-1].owner == me)
    assert len({(each.owner, tuple(sorted(each.out.items()))) for each in verdicts}) == 1
    judge = electorate(*nodes, keys=keys)
    judge.see_view(said)
    fitness = judge.fitness(LAN)
    best = next(filter(None, fitness.tiers), frozenset())
    owner = verdicts[0].owner
    assert owner is None if not best else owner in best
    if owner is not None:
        assert fitness.weights[owner] == max(fitness.weights[each] for each in best)
