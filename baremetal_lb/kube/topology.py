"""Nodes and EndpointSlices, as the API gives them, to values."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.eligibility import why_out
from baremetal_lb.kube.convert import node_addresses, pod_ranges, port_names
from baremetal_lb.model.nodes import NOWHERE, NodeFacts, NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.addresses import IPAddress

SERVICE_LABEL: Final = "kubernetes.io/service-name"
_NODE_ADDRESSES: Final = frozenset({"InternalIP", "ExternalIP"})


def node_view(raw: JsonObject) -> NodeView:
    """A Node. Without a Ready condition it is not ready; NetworkUnavailable counts only where it is True."""
    status = raw.get("status") or {}
    conditions = {each.get("type"): each.get("status") for each in status.get("conditions") or ()}
    return NodeView(
        name=raw["metadata"]["name"],
        ready=conditions.get("Ready") == "True",
        network_unavailable=conditions.get("NetworkUnavailable") == "True",
        cordoned=(raw.get("spec") or {}).get("unschedulable") is True,
        addresses=tuple(_addresses(status, _NODE_ADDRESSES)),
        internal=next(_addresses(status, {"InternalIP"}), None),
        labels=raw["metadata"].get("labels") or {},
    )


def node_facts(raw: JsonObject) -> NodeFacts:
    """What matters of a Node to pools, and to who announces."""
    return NodeFacts(node_addresses(raw), pod_ranges(raw), why_out(node_view(raw)))


def _addresses(status: JsonObject, kinds: Container[str]) -> Iterator[IPAddress]:
    for entry in status.get("addresses") or ():
        if entry.get("type") in kinds:
            try:
                yield ip_address(str(entry.get("address", "")))
            except ValueError:
                continue  # the API does not check them; one that does not parse is nobody's


def slice_view(raw: JsonObject) -> SliceView:
    """An EndpointSlice. One that names no Service is kept, and belongs to none."""
    metadata = raw["metadata"]
    namespace = metadata.get("namespace", "")
    service = (metadata.get("labels") or {}).get(SERVICE_LABEL)
    return SliceView(
        key=ObjectKey(namespace, metadata["name"]),
        service=ObjectKey(namespace, service) if service else None,
        serving=frozenset(
            endpoint.get("nodeName") or NOWHERE
            for endpoint in raw.get("endpoints") or ()
            if _serves(endpoint)
        ),
        # kube-proxy passes over ports without a number, and over slices without ports.
        ports=port_names(each for each in raw.get("ports") or () if each.get("port")),
    )


def serving_nodes(raw: JsonObject) -> tuple[str, ...]:
    """The node of each endpoint of an EndpointSlice that serves; "" for one that names none."""
    return tuple(each.get("nodeName") or "" for each in raw.get("endpoints") or () if _serves(each))


def _serves(endpoint: JsonObject) -> bool:
    """Ready unless it says no, or still serving while it terminates (EndpointConditions of discovery/v1)."""
    conditions = endpoint.get("conditions") or {}
    return conditions.get("ready") in (None, True) or conditions.get("serving") is True
