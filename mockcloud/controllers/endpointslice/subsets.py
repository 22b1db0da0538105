"""A Service's endpoints -> the subsets of its Endpoints object (the older form of EndpointSlices)."""

from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Groups, Port
from mockcloud.controllers.endpointslice_shared.objects import target_object

MOST: Final = 1000  # addresses in one Endpoints object, as upstream; the rest is only in slices


def subsets(wanted: Groups, family: str, *, publish_not_ready: bool, portless: bool = False) -> list[Object]:
    """One subset for each set of ports, addresses in order; terminating pods are left out, as upstream."""
    found = []
    for group in sorted(wanted, key=lambda each: each.ports):
        # Of a port that no pod has nothing is shown; a headless Service without ports shows its addresses.
        if group.family != family or (not group.ports and not portless):
            continue
        inside = [
            each for _, each in sorted(wanted[group].items()) if publish_not_ready or not each.terminating
        ]
        parts = {
            "addresses": [_address(each) for each in inside if each.ready],
            "notReadyAddresses": [_address(each) for each in inside if not each.ready],
        }
        if inside:
            filled = {key: value[:MOST] for key, value in parts.items() if value}
            ports = [port_object(each) for each in group.ports]
            found.append({**filled, "ports": ports} if ports else filled)
    return found


def port_object(port: Port) -> Object:
    """A port as Endpoints and EndpointSlices write it."""
    found: Object = {"port": port.number, "protocol": port.protocol}
    if port.name:
        found["name"] = port.name
    if port.app_protocol:
        found["appProtocol"] = port.app_protocol
    return found


def _address(endpoint: Endpoint) -> Object:
    found: Object = {"ip": endpoint.address}
    if endpoint.hostname:
        found["hostname"] = endpoint.hostname
    if endpoint.node:
        found["nodeName"] = endpoint.node
    return {**found, "targetRef": target_object(endpoint)}
