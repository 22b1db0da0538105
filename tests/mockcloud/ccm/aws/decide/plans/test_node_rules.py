from functools import reduce

import pytest

from mockcloud.ccm.aws.decide.plans import node_rules
from mockcloud.ccm.aws.decide.plans.node_rules import (
    CLIENT,
    HEALTH,
    MTU,
    NodeGroups,
    classic_rules,
    network_rules,
    without_network_rules,
)
from mockcloud.ccm.aws.decide.seen import Instance, Rule, SecurityGroup
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from tests.mockcloud.ccm.aws.services import DNS, HTTP, NAME, network

SUBNETS = ("10.0.1.0/24",)
ALL = "0.0.0.0/0"


def client(port, cidr=ALL, protocol="tcp"):
    return Rule(protocol, port, port, cidr, description=f"{CLIENT}={NAME}")


def health(port, cidr=SUBNETS[0]):
    return Rule("tcp", port, port, cidr, description=f"{HEALTH}={NAME}")


def mtu(cidr=ALL):
    return Rule("icmp", 3, 4, cidr, description=MTU)


def groups(rules=(), of_nodes=("sg-n",), key="sg-n"):
    return NodeGroups({key: SecurityGroup(key, "nodes", {}, frozenset(rules))}, {}, frozenset(of_nodes))


def after(calls, rules=()):
    """The rules of the one group when these calls have been made; the controller knows without a look."""
    [known] = reduce(node_rules.after, calls, groups(rules)).tagged.values()
    present = {(r.protocol, r.first, r.last, r.cidr, r.group): r for r in rules}
    for call in calls:
        for told in call.params["IpPermissions"]:
            head = (told["IpProtocol"], told.get("FromPort"), told.get("ToPort"))
            sources = [(e["CidrIp"], "", e) for e in told.get("IpRanges", ())]
            sources += [("", e["GroupId"], e) for e in told.get("UserIdGroupPairs", ())]
            for cidr, group, each in sources:
                key = (*head, cidr, group)
                if call.operation.startswith("revoke"):
                    del present[key]
                else:
                    assert key not in present, "a duplicate: AWS refuses it"
                    present[key] = Rule(*head, cidr, group, each.get("Description", ""))
    assert known.rules == set(present.values())
    return set(present.values())


LOCAL = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}
RANGE = {"loadBalancerSourceRanges": ["192.0.2.0/24"]}
WANTED = [
    pytest.param(network(), {client(30080), mtu()}, id="everybody: checks come in by the same rule"),
    pytest.param(network(**LOCAL), {client(30080), health(32000), mtu()}, id="another port is looked at"),
    pytest.param(
        network(**RANGE),
        {client(30080, "192.0.2.0/24"), health(30080), mtu("192.0.2.0/24")},
        id="some clients only",
    ),
    pytest.param(
        network(DNS), {client(30053, protocol="udp"), health(30053), mtu()}, id="UDP, looked at by TCP"
    ),
]


@pytest.mark.parametrize(("wanted", "rules"), WANTED)
def test_an_nlb_is_let_into_the_nodes(wanted, rules):
    """Clients, health checks from its subnets, ICMP for path MTU discovery; then nothing is left to do."""
    made = after(network_rules(wanted, SUBNETS, groups()))
    assert made == rules
    assert network_rules(wanted, SUBNETS, groups(made)) == []
    assert after(without_network_rules(NAME, groups(made)), made) == set()


def test_other_peoples_rules_stay():
    """And those of other balancers; the rule for ICMP while one of them needs it."""
    ssh = Rule("tcp", 22, 22, ALL)
    other = Rule("tcp", 30999, 30999, ALL, description=f"{CLIENT}=other")
    made = after(network_rules(network(), SUBNETS, groups([ssh, other, mtu()])), [ssh, other, mtu()])
    assert made == {ssh, other, client(30080), mtu()}
    assert after(without_network_rules(NAME, groups(made)), made) == {ssh, other, mtu()}


def test_what_changes_is_changed_only():
    """A port, the ranges; a rule that a person made in our place is as good as ours."""
    before = after(network_rules(network(), SUBNETS, groups()))
    moved = network({**HTTP, "nodePort": 30081})
    assert after(network_rules(moved, SUBNETS, groups(before)), before) == {client(30081), mtu()}
    theirs = Rule("tcp", 30080, 30080, ALL, description="mine")
    assert after(network_rules(network(), SUBNETS, groups([theirs])), [theirs]) == {theirs}


def test_a_group_that_no_node_is_in_any_more_loses_the_rules():
    """Nodes have moved to another group."""
    before = after(network_rules(network(), SUBNETS, groups()))
    assert after(network_rules(network(), SUBNETS, groups(before, of_nodes=())), before) == set()


def test_a_classic_balancer_is_let_in_by_its_group():
    """Whatever it sends; in the nodes' groups only, and not after it is gone."""
    rule = Rule("-1", None, None, group="sg-lb")
    made = after(classic_rules({"sg-lb"}, "sg-lb", groups()))
    assert made == {rule}
    assert classic_rules({"sg-lb"}, "sg-lb", groups(made)) == []
    assert after(classic_rules({"sg-lb"}, "sg-lb", groups(made, of_nodes=())), made) == set()
    assert after(classic_rules({"sg-lb"}, "", groups(made)), made) == set()
    assert after(classic_rules({"sg-lb", "sg-2"}, "sg-2", groups(made)), made) == {
        Rule("-1", None, None, group="sg-2")
    }


def test_the_nodes_group_is_the_one_with_the_clusters_tag():
    """Without a tag, the only one; else nobody knows which, and it is refused."""
    tagged = {"sg-n": SecurityGroup("sg-n", "nodes", {})}
    assert NodeGroups(tagged, {}).of([Instance("i-1", ("sg-x", "sg-n"))]).of_nodes == {"sg-n"}
    assert NodeGroups(tagged, {}).of([Instance("i-1", ("sg-x",)), Instance("i-2", ())]).of_nodes == {"sg-x"}
    with pytest.raises(Refused, match="Multiple untagged security groups found for instance i-1"):
        NodeGroups(tagged, {}).of([Instance("i-1", ("sg-x", "sg-y"))])
    two = tagged | {"sg-m": SecurityGroup("sg-m", "more", {})}
    with pytest.raises(Refused, match=r"the tagged groups were sg-n\(nodes\) sg-m\(more\)"):
        NodeGroups(two, {}).of([Instance("i-1", ("sg-n", "sg-m"))])


def test_groups_without_the_tag_are_looked_after_where_nodes_are_in_them():
    """Only there; but to take rules away, everywhere."""
    others = {each: SecurityGroup(each, each, {}) for each in ("sg-x", "sg-y")}
    found = NodeGroups({}, others).of([Instance("i-1", ("sg-x",))])
    assert set(found.all) == {"sg-x"}
    assert set(found.whoever_they_are_of().all) == {"sg-x", "sg-y"}
