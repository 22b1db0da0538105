"""Security groups as rules."""

from dataclasses import replace
from ipaddress import IPv4Address, ip_network

import pytest

from mockcloud.cloud.core import security_groups
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.security_values import ANY_PROTOCOL, SecurityRule
from mockcloud.cloud.core.state import Draft
from mockcloud.cloud.core.values import Instance, Network
from mockcloud.edge.decide.guards import guards
from mockcloud.edge.inventory import first_state
from tests.mockcloud.edge.decide.test_machines import INVENTORY, NOW

OFFICE, ALL, SIX = map(ip_network, ("192.0.2.0/24", "0.0.0.0/0", "::/0"))
NODE = IPv4Address("10.0.1.11")


def state_with(*rules):
    """node-1 is in one group, with these rules."""
    draft = Draft(first_state(INVENTORY, Catalogue(), NOW), NOW)
    network = draft.state.all(Network)[0]
    made = security_groups.create(draft, security_groups.NewGroup("mine", "", network.id), Catalogue())
    made = security_groups.authorize(draft, made, rules)
    for each in draft.state.all(Instance):
        groups = (made.id,) if each.name == "node-1" else ()
        draft.put(replace(each, security_groups=groups))
    return draft.state, f"groups-{made.id}"


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        pytest.param(
            SecurityRule("tcp", 30080, 30080, OFFICE),
            ["ip saddr 192.0.2.0/24 tcp dport 30080 accept"],
            id="a-port",
        ),
        pytest.param(
            SecurityRule("udp", 30000, 32767, ALL),
            ["udp dport 30000-32767 accept"],
            id="ports-from-everywhere",
        ),
        pytest.param(
            SecurityRule(ANY_PROTOCOL, cidr=OFFICE), ["ip saddr 192.0.2.0/24 accept"], id="everything"
        ),
        pytest.param(SecurityRule("icmp", 3, 4, ALL), ["meta l4proto icmp accept"], id="icmp"),
        pytest.param(SecurityRule("50", cidr=ALL), ["meta l4proto 50 accept"], id="a-protocol-by-number"),
        pytest.param(SecurityRule("tcp", 80, 80, SIX), [], id="ipv6"),
        pytest.param(SecurityRule("icmpv6", -1, -1, ALL), [], id="icmpv6"),
    ],
)
def test_what_a_rule_lets_in(rule, written):
    """And the rest is dropped."""
    state, name = state_with(rule)
    found = guards(state)
    assert found.chains == {name: (*written, "drop")}
    assert found.before == {NODE: name}


def test_all_ports_of_a_source_are_one_rule():
    """A packet meets as many rules for 500 Services as for one; nft refuses sets whose ranges overlap."""
    told = [(30080, 30080), (31000, 31005), (30079, 30079), (31003, 31010), (32000, 32000)]
    rules = [SecurityRule("tcp", first, last, ALL) for first, last in told]
    others = [
        SecurityRule("icmp", 3, 4, ALL),
        SecurityRule("tcp", 22, 22, OFFICE),
        SecurityRule("udp", 53, 53, ALL),
    ]
    state, name = state_with(*rules, *others)
    assert guards(state).chains[name] == (
        "meta l4proto icmp accept",
        "tcp dport { 30079-30080, 31000-31010, 32000 } accept",
        "ip saddr 192.0.2.0/24 tcp dport 22 accept",
        "udp dport 53 accept",
        "drop",
    )


def test_members_of_a_group_are_let_in_by_their_addresses():
    """Those that it has at the moment."""
    state, name = state_with()
    draft = Draft(state, NOW)
    group = next(each for each in state.all(security_groups.SecurityGroup) if each.name == "mine")
    security_groups.authorize(draft, group, [SecurityRule(ANY_PROTOCOL, group=group.id)])
    assert guards(draft.state).chains[name] == (f"ip saddr {NODE}/32 accept", "drop")


def test_who_is_in_no_group_is_open():
    """As Hetzner's servers are without a firewall."""
    state, _ = state_with()
    assert IPv4Address("10.0.2.12") not in guards(state).before
