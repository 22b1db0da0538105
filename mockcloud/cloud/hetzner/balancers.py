"""/load_balancers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import balancers
from mockcloud.cloud.core.addresses import name_it
from mockcloud.cloud.core.balancers import NewBalancer
from mockcloud.cloud.core.values import Address, Balancer, Family, Network, Operation, ResourceKind
from mockcloud.cloud.hetzner.handlers import CREATED, OK, Collection, Route, began
from mockcloud.cloud.hetzner.rendering.actions import action as render_action
from mockcloud.cloud.hetzner.rendering.balancers import balancer as render_balancer
from mockcloud.cloud.hetzner.replies import Json, Reply, Request, invalid
from mockcloud.cloud.hetzner.requests import (
    AlgorithmBody,
    CreateBalancer,
    DnsName,
    IntoNetwork,
    OfNetwork,
    PortBody,
    Protection,
    ServiceBody,
    TargetBody,
    TypeBody,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

METRICS: Final = ("open_connections", "connections_per_second", "requests_per_second", "bandwidth")
BALANCERS: Final[Collection[Balancer]] = Collection(
    "load_balancers",
    "load_balancer",
    ResourceKind.BALANCER,
    lambda cloud: cloud.state.tables[ResourceKind.BALANCER],
    render_balancer,
)


def routes() -> list[Route]:
    """All that balancers have."""
    action = BALANCERS.action
    return [
        *BALANCERS.routes(),
        Route("POST", "/load_balancers", _create),
        Route("DELETE", "/load_balancers/{}", _delete),
        Route("GET", "/load_balancers/{}/metrics", _metrics),
        action("add_service", _add_service),
        action("update_service", _update_service),
        action("delete_service", _delete_service),
        action("add_target", _add_target),
        action("remove_target", _remove_target),
        action("change_algorithm", _change_algorithm),
        action("change_type", _change_type),
        action("change_protection", _change_protection),
        action("change_dns_ptr", _change_dns_ptr),
        action("attach_to_network", _attach),
        action("detach_from_network", _detach),
        action("enable_public_interface", partial(_open, public=True)),
        action("disable_public_interface", partial(_open, public=False)),
    ]


def _create(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreateBalancer, request.body)
    if body.location is not None:
        zone = cloud.catalogue.zone(body.location)
    elif body.network_zone is not None:
        zone = cloud.catalogue.first_zone_in(body.network_zone)
    else:
        raise invalid({"location": ["either location or network_zone is required"]})
    wanted = NewBalancer(
        body.name,
        body.load_balancer_type,
        zone.name,
        body.algorithm.type,
        [each.listener() for each in body.services],
        [each.target() for each in body.targets],
        body.labels,
        body.network,
        body.public_interface,
        [each for each in (body.public_net.ipv4, body.public_net.ipv6) if each is not None],
    )
    made, operation = cloud.run(lambda draft: balancers.create(draft, wanted, cloud.catalogue))
    found = {"load_balancer": render_balancer(cloud, made), "action": render_action(cloud, operation)}
    return Reply(CREATED, found)


def _delete(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
    each = BALANCERS.get(cloud, ids[0])
    return began(
        cloud, cloud.run(lambda draft: balancers.delete(draft, each))
    )  # 201 since 2026-10-05, was 204


def _metrics(cloud: CloudService, request: Request, ids: Sequence[int]) -> Reply:
    BALANCERS.get(cloud, ids[0])
    types = [name for text in request.all("type") for name in text.split(",")]
    if not types or any(each not in METRICS for each in types):
        raise invalid({"type": [f"expected some of {', '.join(METRICS)}"]})
    start, end = request.one("start"), request.one("end")
    if not start or not end:
        raise invalid({name: ["is required"] for name, text in (("start", start), ("end", end)) if not text})
    names = [
        name
        for each in types
        for name in (("bandwidth.in", "bandwidth.out") if each == "bandwidth" else (each,))
    ]
    series: dict[str, Json] = {name: {"values": []} for name in names}
    return Reply(OK, {"metrics": {"start": start, "end": end, "step": 60.0, "time_series": series}})


def _add_service(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    listener = read(ServiceBody, request.body).listener()
    return cloud.run(lambda draft: balancers.add_listener(draft, each, listener, cloud.catalogue))


def _update_service(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    port = read(PortBody, request.body).listen_port
    body = read(ServiceBody, request.body)

    def command(draft: Draft) -> Operation:
        before = balancers.listener_on(each, port)
        return balancers.update_listener(draft, each, body.on(before), cloud.catalogue)

    return cloud.run(command)


def _delete_service(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    port = read(PortBody, request.body).listen_port
    return cloud.run(lambda draft: balancers.delete_listener(draft, each, port))


def _add_target(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    target = read(TargetBody, request.body).target()
    return cloud.run(lambda draft: balancers.add_target(draft, each, target, cloud.catalogue))


def _remove_target(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    target = read(TargetBody, request.body).target()
    return cloud.run(lambda draft: balancers.remove_target(draft, each, target))


def _change_algorithm(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    algorithm = read(AlgorithmBody, request.body).type
    return cloud.run(lambda draft: balancers.change_algorithm(draft, each, algorithm))


def _change_type(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    size = read(TypeBody, request.body).load_balancer_type
    return cloud.run(lambda draft: balancers.change_size(draft, each, size, cloud.catalogue))


def _change_protection(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    protected = read(Protection, request.body).delete
    wanted = each.protected if protected is None else protected
    return cloud.run(lambda draft: balancers.change_protection(draft, each, protected=wanted))


def _change_dns_ptr(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    body = read(DnsName, request.body)
    family = Family.V6 if ":" in body.ip else Family.V4
    held = [cloud.state.get(Address, number) for number in each.addresses]
    of_family = [
        address for address in held if address.family is family
    ]  # AWS' have one in each zone, or none
    if not of_family:
        raise invalid({"ip": [f"{body.ip} is not an address of this resource"]})
    address = next((one for one in of_family if str(one.ip) == body.ip), of_family[0])
    return cloud.run(lambda draft: name_it(draft, address, body.ip, body.dns_ptr))


def _attach(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    body = read(IntoNetwork, request.body)
    network = cloud.state.get(Network, body.network)
    return cloud.run(lambda draft: balancers.attach(draft, each, network, body.ip, body.ip_range))


def _detach(cloud: CloudService, request: Request, each: Balancer) -> Operation:
    network = cloud.state.get(Network, read(OfNetwork, request.body).network)
    return cloud.run(lambda draft: balancers.detach(draft, each, network))


def _open(cloud: CloudService, _request: Request, each: Balancer, *, public: bool) -> Operation:
    return cloud.run(lambda draft: balancers.open_to_public(draft, each, public=public))
