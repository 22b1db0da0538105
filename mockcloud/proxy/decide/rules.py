"""One Service and its endpoints -> what it adds to a node's table. The rules are kube-proxy's (v1.34).

Pure. A Service's part depends on nothing but itself and the node, so a change costs what the Service costs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import collapse_addresses, ip_address, ip_network

from mockcloud.proxy.decide.choice import Choice, choose, lasting
from mockcloud.proxy.decide.ruleset import (
    Address,
    Chain,
    Denial,
    Fragment,
    Key,
    Origin,
    Picker,
    PortName,
    Route,
    Servers,
    Slot,
    Spread,
    Sticky,
    Value,
)
from mockcloud.proxy.decide.views import (
    EndpointView,
    Family,
    IPAddress,
    IPNetwork,
    NodeView,
    PortView,
    Protocol,
    ServiceView,
    Target,
    family_of,
)

Part = dict[Slot, dict[Key, Value]]


def service_rules(
    service: ServiceView,
    endpoints: Iterable[tuple[PortView, Sequence[EndpointView]]],
    node: NodeView,
    family: Family,
) -> Fragment:
    """What the Service adds to the table of that family; nothing where it has no ClusterIP in it."""
    if not _of_family(service.cluster_ips, family):
        return {}
    part: Part = defaultdict(dict)
    for address in _of_family(service.cluster_ips, family):
        part[Slot.CLUSTER_IPS][str(address)] = None
    for port, found in endpoints:
        choice = choose(found, node)
        _PortRules(service, port, choice, lasting(found, choice, node), node, family).add_to(part)
        for one in found:
            if one.node == node.name or (not one.node and _may_live_here(one, node, family)):
                part[Slot.HAIRPIN][one.target.ip] = None
    return {slot: dict(elements) for slot, elements in part.items()}


@dataclass(frozen=True, slots=True)
class _PortRules:
    """The rules of one Service port."""

    service: ServiceView
    port: PortView
    choice: Choice
    lasting: Choice
    node: NodeView
    family: Family

    def add_to(self, part: Part) -> None:
        for address in self._addresses(self.service.cluster_ips, self.port.port):
            self._add_internal(part, address)
        for address in self._addresses((*self.service.external_ips, *self.service.vips), self.port.port):
            self._add_external(part, address, Slot.NO_ENDPOINTS)
        if self.port.node_port:
            for address in self._addresses(self.node.node_port_ips, self.port.node_port):
                self._add_external(part, address, Slot.NO_NODE_PORT_ENDPOINTS)
        self._add_firewall(part)

    def _add_internal(self, part: Part, address: Address) -> None:
        local = self.service.internal_local
        targets = self.choice.local if local else self.choice.cluster
        if not targets:
            # kube-proxy: refuse where nobody could answer, drop where only this node must not ask others.
            part[Slot.NO_ENDPOINTS][address] = Denial.DROP if self.choice.cluster else Denial.REFUSE
            return
        # The scope is that of the map the packet's address is looked up in, not of the policy.
        picker = self._pick(part, address, targets, Slot.ENDPOINTS)
        self._route(part, address, Route(Origin.INTERNAL, picker))
        servers = frozenset(self.lasting.local if local else self.lasting.cluster)
        self._keep_udp_flows(part, address, Servers(servers, servers))

    def _add_external(self, part: Part, address: Address, denials: Slot) -> None:
        if not self.choice.cluster:
            part[denials][address] = Denial.REFUSE
            return
        local = self.service.external_local
        outside = self.lasting.local if local else self.lasting.cluster
        servers = Servers(frozenset(self.lasting.cluster), frozenset(outside), local, self._sources(address))
        self._keep_udp_flows(part, address, servers)
        everywhere = self._pick(part, address, self.choice.cluster, Slot.ENDPOINTS)
        if not local:
            self._route(part, address, Route(Origin.EXTERNAL, everywhere))
            return
        # Pods and the node itself see the Service as if from outside the node: any endpoint.
        part[Slot.SHORTCUTS][address] = everywhere
        here = None
        if self.choice.local:
            here = self._pick(part, address, self.choice.local, Slot.LOCAL_ENDPOINTS)
        else:
            part[denials][address] = Denial.DROP
        self._route(part, address, Route(Origin.LOCAL, here))

    def _route(self, part: Part, address: Address, way: Route) -> None:
        part[Slot.SERVICES][address] = way
        part[Slot.CHAINS][way.chain] = way

    def _keep_udp_flows(self, part: Part, address: Address, servers: Servers) -> None:
        if self.port.protocol is Protocol.UDP:
            part[Slot.SERVERS][address] = servers

    def _pick(self, part: Part, address: Address, targets: tuple[Target, ...], scope: Slot) -> Picker:
        """A picker among the targets, with all that it needs added."""
        if self.service.affinity_seconds:
            return self._sticky_picker(part, targets)
        for index, target in enumerate(targets):
            part[scope][address, index] = target
        picker = Spread(self.port.protocol, len(targets), local=scope is Slot.LOCAL_ENDPOINTS)
        part[Slot.CHAINS][picker.chain] = picker
        return picker

    def _sticky_picker(self, part: Part, targets: tuple[Target, ...]) -> Sticky:
        name = PortName.of(self.service.key, self.port)
        seconds = self.service.affinity_seconds
        picker = Sticky(name, targets, seconds, local=targets != self.choice.cluster)
        chains: list[Chain] = [picker, *picker.endpoints]
        part[Slot.CHAINS].update({chain.chain: chain for chain in chains})
        part[Slot.MEMORIES].update({endpoint.memory: None for endpoint in picker.endpoints})
        return picker

    def _add_firewall(self, part: Part) -> None:
        """loadBalancerSourceRanges: for load-balancer addresses only, by the ranges of their own family."""
        for address in self._addresses(self.service.vips, self.port.port):
            sources = self._sources(address)
            if sources is not None:
                part[Slot.FIREWALLED][address] = None
                part[Slot.ALLOWED_SOURCES].update(((address, source), None) for source in sources)

    def _sources(self, address: Address) -> tuple[str, ...] | None:
        """The networks that may send to the address; None where all may."""
        ranges = [cidr for cidr in self.service.source_ranges if family_of(cidr) is self.family]
        is_vip = address in self._addresses(self.service.vips, self.port.port)
        if not is_vip or not ranges or any(cidr.prefixlen == 0 for cidr in ranges):
            return None
        if any(ip in cidr for ip in self.node.ips for cidr in ranges):
            # What the node itself sends to the address may carry that address as its source.
            ranges.append(ip_network(address.ip))
        return tuple(str(source) for source in _collapsed(ranges))

    def _addresses(self, ips: Sequence[IPAddress], port: int) -> Iterator[Address]:
        return (Address(str(ip), self.port.protocol, port) for ip in _of_family(ips, self.family))


def _may_live_here(endpoint: EndpointView, node: NodeView, family: Family) -> bool:
    """Whether packets from the endpoint may start here; hand-made slices often name no node."""
    address, pods = ip_address(endpoint.target.ip), node.pod_cidr(family)
    return address in node.ips or (pods is not None and address in pods)


def _of_family(ips: Sequence[IPAddress], family: Family) -> list[IPAddress]:
    return [ip for ip in ips if family_of(ip) is family]


def _collapsed(ranges: Sequence[IPNetwork]) -> list[IPNetwork]:
    # An nft interval set refuses ranges that overlap.
    return list(collapse_addresses(ranges))  # type: ignore[type-var]
