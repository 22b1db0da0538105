"""NetworkPolicies, which agents enforce."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, name_of, selector_text, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import Network, causes
from mockcloud.kube.resources.validation.metadata import label_selector

POLICY_TYPES: Final = ("Ingress", "Egress")
PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
WAYS: Final = {"ingress": "from", "egress": "to"}  # with the key of the peers in their rules
SELECTORS: Final = ("podSelector", "namespaceSelector")


def network_policy_defaults(obj: JsonObject) -> JsonObject:
    """It is about what comes in and, where it has rules for that, about what goes out; ports are TCP's."""
    spec = object_at(obj, "spec")
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    found = {**spec, "policyTypes": types}
    for way in ("ingress", "egress"):
        if spec.get(way):
            found[way] = [_with_protocols(rule) for rule in objects_at(spec, way)]
    return {**obj, "spec": found}


def network_policy_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Whose traffic it is about, and what of it may pass."""
    spec = object_at(new, "spec")
    yield from label_selector("spec.podSelector", object_at(spec, "podSelector"))
    for way, peers in WAYS.items():
        for index, rule in enumerate(objects_at(spec, way)):
            at = f"spec.{way}[{index}]"
            for number, port in enumerate(objects_at(rule, "ports")):
                yield from _port(f"{at}.ports[{number}]", port)
            for number, peer in enumerate(objects_at(rule, peers)):
                yield from _peer(f"{at}.{peers}[{number}]", peer)
    if len(spec.get("policyTypes") or ()) > len(POLICY_TYPES):
        why = "may not specify more than two policyTypes"
        yield invalid("spec.policyTypes", spec["policyTypes"], why)
        return
    for index, each in enumerate(spec.get("policyTypes") or ()):
        if each not in POLICY_TYPES:
            yield not_supported(f"spec.policyTypes[{index}]", each, POLICY_TYPES)


def _port(at: str, port: JsonObject) -> Iterator[Cause]:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol not in PROTOCOLS:
        yield not_supported(f"{at}.protocol", protocol, PROTOCOLS)
    if isinstance(number, str):
        if end is not None:
            yield invalid(f"{at}.endPort", end, "may not be specified when `port` is non-numeric")
        yield from causes(f"{at}.port", number, formats.port_name(number))
    elif number is not None:
        yield from causes(f"{at}.port", number, formats.port_number(number))
        if end is not None:
            if end < number:
                # Upstream shows the port where its end is meant.
                yield invalid(f"{at}.endPort", number, "must be greater than or equal to `port`")
            yield from causes(f"{at}.endPort", end, formats.port_number(end))
    elif end is not None:
        yield invalid(f"{at}.endPort", end, "may not be specified when `port` is not specified")


def _peer(at: str, peer: JsonObject) -> Iterator[Cause]:
    given = [key for key in (*SELECTORS, "ipBlock") if peer.get(key) is not None]
    for key in SELECTORS:
        yield from label_selector(f"{at}.{key}", object_at(peer, key))
    if "ipBlock" in given:
        yield from _block(f"{at}.ipBlock", object_at(peer, "ipBlock"))
    if not given:
        yield required(at, "must specify a peer")
    elif len(given) > 1 and "ipBlock" in given:
        yield forbidden(at, "may not specify both ipBlock and another peer")


def _block(at: str, block: JsonObject) -> Iterator[Cause]:
    text = block.get("cidr") or ""
    if not text:
        yield required(f"{at}.cidr")
        return
    yield from causes(f"{at}.cidr", text, formats.network(text))
    whole = formats.parsed_network(text)
    for index, each in enumerate(block.get("except") or ()):
        where, part = f"{at}.except[{index}]", formats.parsed_network(each)
        yield from causes(where, each, formats.network(each))
        if whole is not None and part is not None and not _strictly_in(part, whole):
            yield invalid(where, each, "must be a strict subset of `cidr`")


def _strictly_in(part: Network, whole: Network) -> bool:
    return (
        part.version == whole.version and part.network_address in whole and part.prefixlen > whole.prefixlen
    )


def _with_protocols(rule: JsonObject) -> JsonObject:
    ports = [filled(port, protocol="TCP") for port in objects_at(rule, "ports")]
    return {**rule, "ports": ports} if ports else rule


def _policy_row(policy: JsonObject, now: float) -> list[Cell]:
    chosen = selector_text(object_at(object_at(policy, "spec"), "podSelector"))
    return [name_of(policy), chosen or NONE, age(policy, now)]


NETWORK_POLICY: Final = Kind(
    "networking.k8s.io",
    "v1",
    "NetworkPolicy",
    "networkpolicies",
    ("netpol",),
    model="V1NetworkPolicy",
    has_generation=True,
    defaults=network_policy_defaults,
    validate=network_policy_problems,
    printer=Printer(texts("Name", "Pod-Selector", "Age"), _policy_row),
)
