"""NetworkPolicies, pods and namespaces -> a node's table, for one family. Pure.

A first packet of a connection meets one look-up for each way, whatever the number of policies and pods; only
one of an isolated pod goes on, to a chain with those policies that select the pod. They add up: what none
of them lets pass is dropped. Packets are seen as they are forwarded: after a Service's address has become a
pod's, and before a source is hidden. What a node itself sends its pods, and they it, is not forwarded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address

from mockcloud.policy.decide.table import Elements, Table
from mockcloud.policy.decide.views import Block, PodPeer, PodView, PolicyView, PortView, Rule, Way, World
from mockcloud.proxy.decide.views import Family, Protocol, family_of

# Connections that exist go on, as Calico has it: a policy is about who may begin one.
KNOWN = "ct state established,related accept"
# `accept` ends one of them, and the other is asked all the same.
HOOKS = {
    Way.EGRESS: "type filter hook forward priority filter - 4",
    Way.INGRESS: "type filter hook forward priority filter - 3",
}
SIDE = {Way.EGRESS: "saddr", Way.INGRESS: "daddr"}  # the pod's that a policy is about ...
OTHER_SIDE = {Way.EGRESS: "daddr", Way.INGRESS: "saddr"}  # ... and its peer's
SELVES = "selves"
ADDRESS = {Family.IPV4: "ipv4_addr", Family.IPV6: "ipv6_addr"}


def table(world: World, family: Family) -> Table:
    """All of it; an empty one where no pod of the node is isolated."""
    builder = _Builder(world, family)
    for way in Way:
        builder.isolate(way)
    return builder.built()


def _named(*parts: object) -> str:
    """A name that nft takes, for whatever it is that it is made of."""
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Builder:
    world: World
    family: Family
    chains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    collections: dict[str, Elements] = field(default_factory=dict)
    isolated: dict[Way, dict[str, str]] = field(default_factory=dict)

    def isolate(self, way: Way) -> None:
        """Lead the isolated pods of the node to the policies that select them."""
        policies = sorted(
            (each for each in self.world.policies if way in each.rules), key=lambda each: each.key
        )
        found: dict[str, str] = {}
        written: set[str] = set()
        for pod in self.world.local:
            selecting = [each for each in policies if _selects(each, pod)]
            if not selecting:
                continue
            names = [f"{way}-policy-{_named(*each.key)}" for each in selecting]
            chain = f"{way}-pods-{_named(*names)}"
            self.chains[chain] = (*(f"jump {name}" for name in names), "drop")
            for name, policy in zip(names, selecting, strict=True):
                if name not in written:
                    written.add(name)
                    self.chains[name] = tuple(self._policy(policy, way))
            found.update((ip, f" : goto {chain}") for ip in self._of_family(pod.ips))
        self.isolated[way] = found

    def built(self) -> Table:
        if not any(self.isolated.values()):
            return Table()
        family, kind = self.family, ADDRESS[self.family]
        selves = {f"{ip} . {ip}": "" for each in self.isolated.values() for ip in each}
        collections = {**self.collections, SELVES: Elements("set", f"type {kind} . {kind}", selves)}
        chains = dict(self.chains)
        for way in Way:
            collections[f"{way}-pods"] = Elements("map", f"type {kind} : verdict", self.isolated[way])
            chains[way] = (
                KNOWN,
                f"{family} saddr . {family} daddr @{SELVES} accept",  # a pod that reaches itself by a Service
                f"{family} {SIDE[way]} vmap @{way}-pods",
            )
        return Table(chains, collections, {str(way): hook for way, hook in HOOKS.items()})

    def _policy(self, policy: PolicyView, way: Way) -> Iterator[str]:
        for index, rule in enumerate(policy.rules[way]):
            name = _named(*policy.key, way, index)
            pods = self._peers(policy, rule)
            ports = list(self._ports(policy, rule, way, pods, name))
            for peer in self._sources(rule, way, pods, name):
                yield from (" ".join(filter(None, (peer, port, "accept"))) for port in ports)

    def _peers(self, policy: PolicyView, rule: Rule) -> list[PodView]:
        wanted = [each for each in rule.peers if isinstance(each, PodPeer)]
        return [pod for pod in self.world.pods if any(self._is_peer(policy, each, pod) for each in wanted)]

    def _is_peer(self, policy: PolicyView, peer: PodPeer, pod: PodView) -> bool:
        if peer.namespaces is None:
            there = pod.key[0] == policy.key[0]
        else:
            labels = self.world.namespaces.get(pod.key[0])
            there = labels is not None and peer.namespaces.selects(labels)
        return there and peer.pods.selects(pod.labels)

    def _sources(self, rule: Rule, way: Way, pods: Sequence[PodView], name: str) -> Iterator[str]:
        """What the peer's address is compared with; one empty text: nothing."""
        address = f"{self.family} {OTHER_SIDE[way]}"
        if not rule.peers:
            yield ""
        if any(isinstance(each, PodPeer) for each in rule.peers):
            ips = {ip: "" for pod in pods for ip in self._of_family(pod.ips)}
            self.collections[f"peers-{name}"] = Elements("set", f"type {ADDRESS[self.family]}", ips)
            yield f"{address} @peers-{name}"
        for each in rule.peers:
            if isinstance(each, Block) and family_of(each.network) is self.family:
                excepted = [f"{address} != {net}" for net in each.excepted if family_of(net) is self.family]
                # A network of all addresses is no match that nft knows in each version.
                inside = [f"{address} {each.network}"] if each.network.prefixlen else []
                yield " ".join([*inside, *excepted])

    def _ports(
        self, policy: PolicyView, rule: Rule, way: Way, peers: Sequence[PodView], name: str
    ) -> Iterator[str]:
        """What the port is compared with; one empty text: nothing."""
        if not rule.ports:
            yield ""
            return
        for protocol in Protocol:
            mine = [each for each in rule.ports if each.protocol is protocol]
            if any(each.port is None for each in mine):
                yield f"meta l4proto {protocol}"
            elif numbers := _collapsed(each for each in mine if isinstance(each.port, int)):
                yield f"{protocol} dport {{ {', '.join(numbers)} }}"
        called = {(each.port, each.protocol) for each in rule.ports if isinstance(each.port, str)}
        if called:
            targets = self._targets(policy, rule, way, peers)
            form = f"type {ADDRESS[self.family]} . inet_proto . inet_service"
            found = {
                f"{ip} . {protocol} . {number}": ""
                for pod in targets
                for port, protocol, number in pod.ports
                if (port, protocol) in called
                for ip in self._of_family(pod.ips)
            }
            self.collections[f"ports-{name}"] = Elements("set", form, found)
            yield f"{self.family} daddr . meta l4proto . th dport @ports-{name}"

    def _targets(
        self, policy: PolicyView, rule: Rule, way: Way, peers: Sequence[PodView]
    ) -> Sequence[PodView]:
        """The pods whose names of ports count: where the connection goes."""
        if way is Way.INGRESS:
            return [pod for pod in self.world.local if _selects(policy, pod)]
        return peers if rule.peers else self.world.pods

    def _of_family(self, ips: Iterable[str]) -> Iterator[str]:
        return (ip for ip in ips if family_of(ip_address(ip)) is self.family)


def _selects(policy: PolicyView, pod: PodView) -> bool:
    return policy.key[0] == pod.key[0] and policy.selector.selects(pod.labels)


def _collapsed(ports: Iterable[PortView]) -> list[str]:
    """Ranges that do not overlap, which nft refuses."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((int(each.port or 0), max(int(each.port or 0), each.end)) for each in ports):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]
