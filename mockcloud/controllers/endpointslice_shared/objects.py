"""EndpointSlice objects of the API <-> the values that slices are planned with."""

from collections.abc import Mapping
from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port
from mockcloud.controllers.endpointslice_shared.plan import Slice
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.services import SERVICE_NAME

MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"


def managed(meta: Meta, controller: str) -> bool:
    """Whether that controller writes the slice."""
    return meta.labels.get(MANAGED_BY) == controller


def service_name(obj: Object | None, controller: str) -> str | None:
    """The Service that one of the controller's slices belongs to; None for others' slices."""
    found = (obj["metadata"].get("labels") or {}) if obj else {}
    return found.get(SERVICE_NAME) if found.get(MANAGED_BY) == controller else None


def slice_labels(service: str, own: Mapping[str, str], controller: str) -> dict[str, str]:
    """The labels of a Service's slices: those of the object they come from, and those that find them."""
    return {**own, SERVICE_NAME: service, MANAGED_BY: controller}


def target_object(endpoint: Endpoint) -> Object:
    """The reference to the pod behind an endpoint."""
    namespace, name, uid = endpoint.target
    return {"kind": "Pod", "namespace": namespace, "name": name, "uid": uid}


def new_slice(service: Key, owner: Object, content: Slice) -> Object:
    """A new EndpointSlice, to be named by the API."""
    namespace, name = service
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name}-",
            "namespace": namespace,
            "labels": dict(content.labels),
            "ownerReferences": [owner],
        },
        **_content(content),
    }


def updated_slice(present: Object, content: Slice) -> Object:
    """The existing EndpointSlice with new content, at the version that was decided on."""
    metadata = {**present["metadata"], "labels": dict(content.labels)}
    return {**present, "metadata": metadata, **_content(content)}


def parse_slice(obj: Object) -> Slice:
    """From a discovery.k8s.io/v1 EndpointSlice."""
    ports = tuple(sorted(_port(each) for each in obj.get("ports") or ()))
    return Slice(
        obj["metadata"]["name"],
        Group(obj["addressType"], ports),
        tuple(_endpoint(each) for each in obj.get("endpoints") or ()),
        tuple(sorted((obj["metadata"].get("labels") or {}).items())),
    )


def _content(content: Slice) -> Object:
    return {
        "addressType": content.group.family,
        "endpoints": [_endpoint_object(each) for each in content.endpoints],
        "ports": [_port_object(each) for each in content.group.ports],
    }


def _port_object(port: Port) -> Object:
    found: Object = {"name": port.name, "port": port.number, "protocol": port.protocol}
    if port.app_protocol:
        found["appProtocol"] = port.app_protocol
    return found


def _endpoint_object(endpoint: Endpoint) -> Object:
    found: Object = {
        "addresses": [endpoint.address],
        "conditions": {
            "ready": endpoint.ready,
            "serving": endpoint.serving,
            "terminating": endpoint.terminating,
        },
        **({"targetRef": target_object(endpoint)} if endpoint.target[1] else {}),
    }
    hints = {
        key: [{"name": name} for name in names]
        for key, names in (("forZones", endpoint.for_zones), ("forNodes", endpoint.for_nodes))
        if names
    }
    more = {"nodeName": endpoint.node, "zone": endpoint.zone, "hostname": endpoint.hostname, "hints": hints}
    return {**found, **{key: value for key, value in more.items() if value}}


def _port(raw: Object) -> Port:
    return Port(
        raw.get("name") or "",
        raw.get("port") or 0,
        raw.get("protocol") or "TCP",
        raw.get("appProtocol") or "",
    )


def _endpoint(raw: Object) -> Endpoint:
    conditions, target = raw.get("conditions") or {}, raw.get("targetRef") or {}
    hints = raw.get("hints") or {}
    return Endpoint(
        address=raw["addresses"][0],
        ready=conditions.get("ready") is not False,
        serving=conditions.get("serving") is not False,
        terminating=bool(conditions.get("terminating")),
        node=raw.get("nodeName") or "",
        zone=raw.get("zone") or "",
        hostname=raw.get("hostname") or "",
        target=(target.get("namespace", ""), target.get("name", ""), target.get("uid", "")),
        for_zones=tuple(each["name"] for each in hints.get("forZones") or ()),
        for_nodes=tuple(each["name"] for each in hints.get("forNodes") or ()),
    )
