"""The kinds of the group networking.k8s.io: ServiceCIDRs, and NetworkPolicies, which agents enforce."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, not_supported
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import READ_VERBS, Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, name_of, selector_text, texts
from mockcloud.kube.resources.validation.metadata import label_selector

POLICY_TYPES: Final = ("Egress", "Ingress")


def _row(ranges: JsonObject, now: float) -> list[Cell]:
    return [name_of(ranges), ",".join(object_at(ranges, "spec").get("cidrs") or ()), age(ranges, now)]


# Read-only: the ranges are given at the start, and a real cluster's controller for more of them is not here.
SERVICE_CIDR: Final = Kind(
    "networking.k8s.io",
    "v1",
    "ServiceCIDR",
    "servicecidrs",
    namespaced=False,
    verbs=READ_VERBS,
    model="V1ServiceCIDR",
    printer=Printer(texts("Name", "CIDRs", "Age"), _row),
)


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
    """Whose traffic it is about."""
    spec = object_at(new, "spec")
    yield from label_selector("spec.podSelector", object_at(spec, "podSelector"))
    for index, each in enumerate(spec.get("policyTypes") or ()):
        if each not in POLICY_TYPES:
            yield not_supported(f"spec.policyTypes[{index}]", each, POLICY_TYPES)


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
