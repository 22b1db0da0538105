"""What lets a balancer's packets into the nodes: rules of the nodes' security groups."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mockcloud.ccm.aws.decide.calls import Call
from mockcloud.ccm.aws.decide.plans.rules import grant, lacking, revoke, ruled, same
from mockcloud.ccm.aws.decide.seen import Instance, Rule, SecurityGroup
from mockcloud.ccm.aws.decide.wanted.network import NetworkWanted
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.objects.services import EVERYWHERE

CLIENT: Final = "kubernetes.io/rule/nlb/client"
HEALTH: Final = "kubernetes.io/rule/nlb/health"
MTU: Final = "kubernetes.io/rule/nlb/mtu"


@dataclass(frozen=True, slots=True)
class NodeGroups:
    """The cluster's security groups (`tagged`: its tag is on them), and those of them that nodes are in."""

    tagged: Mapping[str, SecurityGroup]
    others: Mapping[str, SecurityGroup]
    of_nodes: frozenset[str] = frozenset()

    @property
    def all(self) -> dict[str, SecurityGroup]:
        """Those whose rules are looked after."""
        return {**self.tagged, **{key: each for key, each in self.others.items() if key in self.of_nodes}}

    def of(self, instances: Iterable[Instance]) -> "NodeGroups":
        """With those that these are in. Refused where it is not clear which of them is the nodes'."""
        chosen = (_group_of(each, self.tagged) for each in instances)
        return NodeGroups(self.tagged, self.others, frozenset(each for each in chosen if each))

    def whoever_they_are_of(self) -> "NodeGroups":
        """All of them, to take rules away."""
        return NodeGroups({**self.tagged, **self.others}, {}, frozenset())


def after(groups: NodeGroups, call: Call) -> NodeGroups:
    """What they are when one of the calls that are planned below has been made."""
    return replace(groups, tagged=_with(groups.tagged, call), others=_with(groups.others, call))


def _with(groups: Mapping[str, SecurityGroup], call: Call) -> Mapping[str, SecurityGroup]:
    changed = groups.get(call.params["GroupId"])
    if changed is None:
        return groups
    return {**groups, changed.id: replace(changed, rules=ruled(changed.rules, call))}


def _group_of(instance: Instance, tagged: Mapping[str, SecurityGroup]) -> str:
    marked = [each for each in instance.groups if each in tagged]
    if len(marked) > 1:
        listed = " ".join(f"{each}({tagged[each].name})" for each in marked)
        text = f"Multiple tagged security groups found for instance {instance.id}"
        msg = f"{text}; ensure only the k8s security group is tagged; the tagged groups were {listed}"
        raise Refused(msg)
    if not marked and len(instance.groups) > 1:
        text = f"Multiple untagged security groups found for instance {instance.id}"
        msg = f"{text}; ensure the k8s security group is tagged"
        raise Refused(msg)
    return next(iter(marked or instance.groups), "")


def network_rules(wanted: NetworkWanted, subnets: Collection[str], groups: NodeGroups) -> list[Call]:
    """For an NLB: clients to node ports, health checks from its subnets, ICMP for path MTU discovery."""
    protocol = "udp" if any(each.node_protocol == "UDP" for each in wanted.mappings) else "tcp"
    ports = {each.node_port for each in wanted.mappings}
    checked = {each.check_port for each in wanted.mappings}
    # A client rule for everybody lets the checks in, too.
    covered = wanted.source_ranges == (EVERYWHERE,) and protocol == "tcp" and ports == checked
    clients = _rules(protocol, ports, wanted.source_ranges, f"{CLIENT}={wanted.name}")
    checks = _rules("tcp", checked, subnets, f"{HEALTH}={wanted.name}")
    calls: list[Call] = []
    for key, group in sorted(groups.all.items()):
        if key in groups.of_nodes:
            calls += _network_group(group, wanted.name, clients, frozenset() if covered else checks)
        else:
            calls += _network_group(group, wanted.name, frozenset(), frozenset())
    return calls


def without_network_rules(name: str, groups: NodeGroups) -> list[Call]:
    """Nothing that carries the balancer's name stays."""
    calls: list[Call] = []
    for _, group in sorted(groups.all.items()):
        calls += _network_group(group, name, frozenset(), frozenset())
    return calls


def _rules(protocol: str, ports: Iterable[int], ranges: Iterable[str], description: str) -> frozenset[Rule]:
    return frozenset(
        Rule(protocol, port, port, cidr=cidr, description=description) for port in ports for cidr in ranges
    )


def _network_group(
    group: SecurityGroup, name: str, clients: frozenset[Rule], checks: frozenset[Rule]
) -> list[Call]:
    calls, present = _described(group.id, group.rules, f"{HEALTH}={name}", checks)
    made, present = _described(group.id, present, f"{CLIENT}={name}", clients)
    calls += made
    # Upstream looks at this only where it has just changed a rule: cut off in between, it would stay wrong.
    sources = {each.cidr for each in present if each.description.startswith(CLIENT) and each.cidr}
    wanted = frozenset(Rule("icmp", 3, 4, cidr=each, description=MTU) for each in sources)
    return calls + _described(group.id, present, MTU, wanted)[0]


def _described(
    group: str, present: frozenset[Rule], description: str, wanted: frozenset[Rule]
) -> tuple[list[Call], frozenset[Rule]]:
    """Have the rules of this description be those; the calls, and the rules afterwards."""
    kept = {same(each) for each in wanted}
    gone = [each for each in present if each.description == description and same(each) not in kept]
    new = lacking(wanted, present)
    calls = [*revoke(group, sorted(gone, key=repr)), *grant(group, new)]
    return calls, (present - frozenset(gone)) | frozenset(new)


def classic_rules(balancer_groups: Collection[str], keep: str, groups: NodeGroups) -> list[Call]:
    """For a classic balancer: all that comes from its first group, into the nodes' groups.

    `balancer_groups` are those that let it in at present, or did; `keep` is the one that is to.
    """
    calls: list[Call] = []
    for key, group in sorted(groups.all.items()):
        gone = {
            each
            for each in group.rules
            if each.group in balancer_groups
            and each.protocol == "-1"
            and (each.group != keep or key not in groups.of_nodes)
        }
        calls += revoke(key, sorted(gone, key=repr))
        if keep and key in groups.of_nodes:
            calls += grant(key, lacking([Rule("-1", None, None, group=keep)], group.rules))
    return calls
