"""What a Node is to say of its instance: labels, providerID, addresses, taints (as k8s.io/cloud-provider)."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from mockcloud.ccm.objects.nodes import Address, Node
from mockcloud.ccm.provider import InstanceFacts
from mockcloud.client.objects import Object
from mockcloud.cluster_defaults import UNINITIALIZED

SHUTDOWN: Final = "node.cloudprovider.kubernetes.io/shutdown"
# The older name of each label leads: where only it was changed, the newer one follows.
BETA_LABELS: Final = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}
RESERVED: Final = re.compile(r"(^|\.)(kubernetes|k8s)\.io/")
HOST_NAME: Final = "Hostname"


class AddressMismatch(ValueError):
    """The address that the kubelet was told to use is none of the instance's."""


def labels(node: Node, facts: InstanceFacts) -> dict[str, str]:
    """The labels to set at initialization. Names of Kubernetes' own are not for clouds to invent."""
    values = (facts.zone, facts.region, facts.instance_type)
    told = {
        name: value
        for (beta, stable), value in zip(BETA_LABELS.items(), values, strict=True)
        for name in (beta, stable)
        if value
    }
    own = {
        key: value
        for key, value in facts.labels.items()
        if not RESERVED.search(key) and key not in node.meta.labels
    }
    return told | own


def followed_labels(present: Mapping[str, str]) -> dict[str, str]:
    """The newer labels that differ from the older ones."""
    return {
        stable: present[beta]
        for beta, stable in BETA_LABELS.items()
        if beta in present and present.get(stable) != present[beta]
    }


def initialization(raw: Object, node: Node, facts: InstanceFacts) -> Object:
    """The merge patch that makes a registered Node one of the cloud's. AddressMismatch."""
    chosen_addresses(node, facts.addresses)
    spec: Object = {"taints": taints_without(raw, UNINITIALIZED)}
    if not node.provider_id:
        spec["providerID"] = facts.provider_id
    version = raw["metadata"]["resourceVersion"]
    return {"metadata": {"resourceVersion": version, "labels": labels(node, facts)}, "spec": spec}


def taints_without(raw: Object, key: str) -> list[Object] | None:
    """For a merge patch: the Node's taints but one; None where none is left."""
    return [each for each in (raw.get("spec") or {}).get("taints") or () if each["key"] != key] or None


def taints_with(raw: Object, key: str) -> list[Object]:
    """For a merge patch: the Node's taints and one more, NoSchedule."""
    return [*(taints_without(raw, key) or ()), {"key": key, "effect": "NoSchedule"}]


def addresses(node: Node, found: Sequence[Address]) -> tuple[Address, ...] | None:
    """The Node's addresses where the instance's differ from them; None where there is nothing to write."""
    if not found:
        return None
    named = any(each.kind == HOST_NAME for each in found)
    kept = () if named else tuple(each for each in node.addresses if each.kind == HOST_NAME)
    wanted = chosen_addresses(node, (*found, *kept))
    return wanted if wanted != node.addresses else None


def chosen_addresses(node: Node, found: Sequence[Address]) -> tuple[Address, ...]:
    """Where the kubelet was told its addresses, these come first, each the only one of its kind."""
    first: list[Address] = []
    for given in node.provided_ips:
        matching = [each for each in found if _is(each.address, given)]
        if not matching:
            msg = f"failed to get node address from cloud provider that matches ip: {given}"
            raise AddressMismatch(msg)
        first += matching
    kinds = {each.kind for each in first}
    return (*first, *(each for each in found if each.kind not in kinds))


def _is(address: str, given: str) -> bool:
    left, right = _parsed(address), _parsed(given)
    return left is not None and left == right


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
