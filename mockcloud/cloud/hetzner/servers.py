"""/servers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import instances
from mockcloud.cloud.core.addresses import name_it
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.core.values import Family, Instance, Network, Operation, ResourceKind
from mockcloud.cloud.hetzner.handlers import CREATED, OK, Collection, Route, began
from mockcloud.cloud.hetzner.rendering.actions import action as render_action
from mockcloud.cloud.hetzner.rendering.servers import server as render_server
from mockcloud.cloud.hetzner.replies import Fault, Reply, Request, invalid
from mockcloud.cloud.hetzner.requests import CreateServer, DnsName, IntoNetwork, OfNetwork, Protection, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

SERVERS: Final[Collection[Instance]] = Collection(
    "servers",
    "server",
    ResourceKind.INSTANCE,
    lambda cloud: cloud.state.tables[ResourceKind.INSTANCE],
    render_server,
)
ORDERS: Final = {
    "poweron": "start_server",
    "poweroff": "stop_server",
    "shutdown": "shutdown_server",
    "reboot": "reboot_server",
    "reset": "reset_server",
}


def routes() -> list[Route]:
    """All that servers have."""
    action = SERVERS.action
    return [
        *SERVERS.routes(),
        Route("POST", "/servers", _create),
        Route("DELETE", "/servers/{}", _delete),
        *(action(name, partial(_order, command=command)) for name, command in ORDERS.items()),
        action("change_protection", _change_protection),
        action("change_dns_ptr", _change_dns_ptr),
        action("attach_to_network", _attach),
        action("detach_from_network", _detach),
    ]


def _create(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreateServer, request.body)
    zone = body.location or (body.datacenter or "").partition("-")[0] or cloud.catalogue.zones[0].name
    net = body.public_net
    public: dict[Family, int | None] = {}
    if net.enable_ipv4:
        public[Family.V4] = net.ipv4
    if net.enable_ipv6:
        public[Family.V6] = net.ipv6
    if not public and not body.networks:
        raise invalid({"networks": ["a server without public addresses needs a network"]})
    names = list(cloud.catalogue.images)
    number = number_within(body.image, 1, len(names))
    image = names[number - 1] if number is not None else body.image
    if image not in names:
        raise invalid({"image": [f"image '{image}' is not known; there are {', '.join(names)}"]})
    wanted = NewInstance(
        body.name,
        cloud.catalogue.instance_size(body.server_type).name,
        image,
        cloud.catalogue.zone(zone).name,
        body.labels,
        body.networks,
        public,
        body.start_after_create,
    )
    made, creation, later = cloud.run(lambda draft: instances.create(draft, wanted, cloud.catalogue))
    answer = {
        "server": render_server(cloud, made),
        "action": render_action(cloud, creation),
        "next_actions": [render_action(cloud, each) for each in later],
        "root_password": None,
    }
    return Reply(CREATED, answer)


def _delete(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
    each = SERVERS.get(cloud, ids[0])
    return began(cloud, cloud.run(lambda draft: instances.delete(draft, each)), OK)


def _order(cloud: CloudService, _request: Request, each: Instance, *, command: str) -> Operation:
    return cloud.run(lambda draft: instances.order(draft, each, command))


def _change_protection(cloud: CloudService, request: Request, each: Instance) -> Operation:
    body = read(Protection, request.body)
    if body.delete is not None and body.rebuild is not None and body.delete != body.rebuild:
        raise invalid({"rebuild": ["has to be the same as delete"]})
    wanted = body.delete if body.delete is not None else body.rebuild
    protected = each.protected if wanted is None else wanted

    def command(draft: Draft) -> Operation:
        return draft.begin("change_protection", draft.put(replace(each, protected=protected)))

    return cloud.run(command)


def _change_dns_ptr(cloud: CloudService, request: Request, each: Instance) -> Operation:
    body = read(DnsName, request.body)
    address = cloud.state.addresses_of(each).get(Family.V6 if ":" in body.ip else Family.V4)
    if address is None:
        raise Fault(404, "not_found", f"server {each.name} has no address {body.ip}")
    return cloud.run(lambda draft: name_it(draft, address, body.ip, body.dns_ptr))


def _attach(cloud: CloudService, request: Request, each: Instance) -> Operation:
    body = read(IntoNetwork, request.body)
    network = cloud.state.get(Network, body.network)
    return cloud.run(lambda draft: instances.attach(draft, each, network, body.ip, body.ip_range))


def _detach(cloud: CloudService, request: Request, each: Instance) -> Operation:
    network = cloud.state.get(Network, read(OfNetwork, request.body).network)
    return cloud.run(lambda draft: instances.detach(draft, each, network))
