"""API objects -> views, once, at the border; ValueError for what nft must not be told. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network

from mockcloud.client.objects import Object, key_of
from mockcloud.policy.decide.selectors import Selector, selector
from mockcloud.policy.decide.views import Block, PodPeer, PodView, PolicyView, PortView, Rule, Way
from mockcloud.proxy.decide.views import IPNetwork, Protocol

ENDED = ("Succeeded", "Failed")
PEERS = {Way.INGRESS: "from", Way.EGRESS: "to"}
TYPES = {Way.INGRESS: "Ingress", Way.EGRESS: "Egress"}
LAST_PORT = 65535


def policy_view(obj: Object) -> PolicyView:
    """A NetworkPolicy with its defaults filled in."""
    spec = obj["spec"]
    rules = {
        way: tuple(_rule(each, PEERS[way]) for each in spec.get(way) or ())
        for way, called in TYPES.items()
        if called in spec["policyTypes"]
    }
    return PolicyView(key_of(obj), selector(spec.get("podSelector") or {}), rules)


def pod_view(obj: Object, ips: Sequence[str] | None = None) -> PodView | None:
    """None where it has no addresses of its own (yet, or any more); `ips`: known before its status is."""
    spec, status = obj["spec"], obj.get("status") or {}
    if spec.get("hostNetwork") or status.get("phase") in ENDED:
        return None
    found = ips if ips is not None else [each["ip"] for each in status.get("podIPs") or () if each.get("ip")]
    addresses = tuple(str(ip_address(each)) for each in found)
    labels = obj["metadata"].get("labels") or {}
    return PodView(key_of(obj), labels, addresses, tuple(_named(spec))) if addresses else None


def _named(spec: Object) -> Iterator[tuple[str, Protocol, int]]:
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        for port in container.get("ports") or ():
            if port.get("name"):
                yield port["name"], _protocol(port), _number(port["containerPort"])


def _rule(rule: Object, peers: str) -> Rule:
    return Rule(
        tuple(_peer(each) for each in rule.get(peers) or ()),
        tuple(_port(each) for each in rule.get("ports") or ()),
    )


def _peer(peer: Object) -> Block | PodPeer:
    block = peer.get("ipBlock")
    if block is not None:
        excepted = tuple(_networks(block.get("except") or ()))
        return Block(ip_network(block["cidr"], strict=False), excepted)
    namespaces = peer.get("namespaceSelector")
    return PodPeer(
        Selector() if peer.get("podSelector") is None else selector(peer["podSelector"]),
        None if namespaces is None else selector(namespaces),
    )


def _networks(texts: Iterable[str]) -> Iterator[IPNetwork]:
    return (ip_network(each, strict=False) for each in texts)


def _port(port: Object) -> PortView:
    wanted, protocol = port.get("port"), _protocol(port)
    if wanted is None or isinstance(wanted, str):
        return PortView(protocol, wanted)
    end = port.get("endPort")
    return PortView(protocol, _number(wanted), 0 if end is None else _number(end))


def _protocol(port: Object) -> Protocol:
    return Protocol((port.get("protocol") or "TCP").lower())


def _number(value: object) -> int:
    if type(value) is not int or not 1 <= value <= LAST_PORT:
        msg = f"port {value!r}: expected a whole number from 1 to {LAST_PORT}"
        raise ValueError(msg)
    return value
