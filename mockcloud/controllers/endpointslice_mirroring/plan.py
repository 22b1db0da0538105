"""Endpoints that a user wrote -> the same as slices, for those who read only slices."""

from collections.abc import Iterable

from mockcloud.client.objects import Object
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Groups, Port


def groups(subsets: Iterable[Object]) -> Groups:
    """All addresses of an Endpoints object's subsets, by family and ports."""
    found: Groups = {}
    for subset in subsets:
        ports = tuple(sorted(_port(each) for each in subset.get("ports") or ()))
        for part, ready in (("addresses", True), ("notReadyAddresses", False)):
            for raw in subset.get(part) or ():
                family = "IPv6" if ":" in raw["ip"] else "IPv4"
                found.setdefault(Group(family, ports), {})[raw["ip"]] = _endpoint(raw, ready=ready)
    return found


def _port(raw: Object) -> Port:
    return Port(
        raw.get("name") or "", raw["port"], raw.get("protocol") or "TCP", raw.get("appProtocol") or ""
    )


def _endpoint(raw: Object, *, ready: bool) -> Endpoint:
    target = raw.get("targetRef") or {}
    pod = (target.get("namespace", ""), target.get("name", ""), target.get("uid", ""))
    return Endpoint(
        raw["ip"],
        ready=ready,
        serving=ready,
        terminating=False,
        node=raw.get("nodeName") or "",
        hostname=raw.get("hostname") or "",
        target=pod if target.get("kind") == "Pod" else ("", "", ""),
    )
