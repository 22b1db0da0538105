"""/networks, /floating_ips, /primary_ips."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.core import addresses, networks
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    HolderKind,
    Instance,
    Network,
    Operation,
    ResourceKind,
    Use,
)
from mockcloud.cloud.hetzner.handlers import CREATED, NO_CONTENT, Collection, Route
from mockcloud.cloud.hetzner.rendering.actions import action as render_action
from mockcloud.cloud.hetzner.rendering.addresses import floating_ip as render_floating_ip
from mockcloud.cloud.hetzner.rendering.addresses import primary_ip as render_primary_ip
from mockcloud.cloud.hetzner.rendering.networks import network as render_network
from mockcloud.cloud.hetzner.replies import Reply, Request, invalid
from mockcloud.cloud.hetzner.requests import (
    AssignFloating,
    AssignPrimary,
    CreateFloatingIp,
    CreateNetwork,
    CreatePrimaryIp,
    DnsName,
    Protection,
    RangeBody,
    RouteBody,
    SubnetBody,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

NETWORKS: Final[Collection[Network]] = Collection(
    "networks",
    "network",
    ResourceKind.NETWORK,
    lambda cloud: cloud.state.tables[ResourceKind.NETWORK],
    render_network,
)


def _of(use: Use) -> Callable[[CloudService], dict[int, Any]]:
    """Those of balancers are none of either list: whoever asks for them asks the balancer."""
    return lambda cloud: {
        each.id: each
        for each in cloud.state.all(Address)
        if each.use is use and (each.holder is None or each.holder.kind is not HolderKind.BALANCER)
    }


FLOATING: Final[Collection[Address]] = Collection(
    "floating_ips", "floating_ip", ResourceKind.ADDRESS, _of(Use.FLOATING), render_floating_ip
)
PRIMARY: Final[Collection[Address]] = Collection(
    "primary_ips", "primary_ip", ResourceKind.ADDRESS, _of(Use.PRIMARY), render_primary_ip
)


def routes() -> list[Route]:
    """All that networks and addresses have."""
    return [
        *NETWORKS.routes(),
        Route("POST", "/networks", _create_network),
        Route("DELETE", "/networks/{}", _delete_network),
        NETWORKS.action("add_subnet", _add_subnet),
        NETWORKS.action("delete_subnet", _delete_subnet),
        NETWORKS.action("add_route", _add_route),
        NETWORKS.action("delete_route", _delete_route),
        NETWORKS.action("change_protection", _change_protection),
        *FLOATING.routes(),
        Route("POST", "/floating_ips", _create_floating),
        *PRIMARY.routes(),
        Route("POST", "/primary_ips", _create_primary),
        *(each for family in (FLOATING, PRIMARY) for each in _of_addresses(family)),
        FLOATING.action("assign", _assign_floating),
        PRIMARY.action("assign", _assign_primary),
    ]


def _of_addresses(family: Collection[Address]) -> list[Route]:
    def delete(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
        each = family.get(cloud, ids[0])
        cloud.run(lambda draft: addresses.release(draft, each))
        return Reply(NO_CONTENT)

    def unassign(cloud: CloudService, _request: Request, each: Address) -> Operation:
        def command(draft: Draft) -> Operation:
            addresses.unassign(draft, each)
            return draft.begin(f"unassign_{family.singular}", each)

        return cloud.run(command)

    def name_it(cloud: CloudService, request: Request, each: Address) -> Operation:
        body = read(DnsName, request.body)
        return cloud.run(lambda draft: addresses.name_it(draft, each, body.ip, body.dns_ptr))

    return [
        Route("DELETE", f"/{family.plural}/{{}}", delete),
        family.action("unassign", unassign),
        family.action("change_dns_ptr", name_it),
        family.action("change_protection", _change_protection),
    ]


def _change_protection(cloud: CloudService, request: Request, each: Network | Address) -> Operation:
    wanted = read(Protection, request.body).delete
    protected = each.protected if wanted is None else wanted

    def command(draft: Draft) -> Operation:
        return draft.begin("change_protection", draft.put(replace(each, protected=protected)))

    return cloud.run(command)


def _create_network(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreateNetwork, request.body)
    if any(each.ip_range is None for each in body.subnets):
        raise invalid({"subnets.ip_range": ["is required"]})

    def command(draft: Draft) -> Network:
        return networks.create(
            draft,
            NewNetwork(
                body.name,
                body.ip_range,
                tuple(each.subnet(each.ip_range) for each in body.subnets if each.ip_range is not None),
                tuple(each.route() for each in body.routes),
                body.labels,
                body.expose_routes_to_vswitch,
            ),
            cloud.catalogue,
        )

    return NETWORKS.answer(cloud, cloud.run(command), CREATED)


def _delete_network(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
    each = NETWORKS.get(cloud, ids[0])
    cloud.run(lambda draft: networks.delete(draft, each))
    return Reply(NO_CONTENT)


def _add_subnet(cloud: CloudService, request: Request, each: Network) -> Operation:
    body = read(SubnetBody, request.body)
    whole = body.ip_range or networks.next_range(each)
    return cloud.run(lambda draft: networks.add_subnet(draft, each, body.subnet(whole)))


def _delete_subnet(cloud: CloudService, request: Request, each: Network) -> Operation:
    whole = read(RangeBody, request.body).ip_range
    return cloud.run(lambda draft: networks.delete_subnet(draft, each, whole))


def _add_route(cloud: CloudService, request: Request, each: Network) -> Operation:
    route = read(RouteBody, request.body).route()
    return cloud.run(lambda draft: networks.add_route(draft, each, route))


def _delete_route(cloud: CloudService, request: Request, each: Network) -> Operation:
    route = read(RouteBody, request.body).route()
    return cloud.run(lambda draft: networks.delete_route(draft, each, route))


def _create_floating(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreateFloatingIp, request.body)
    holder = cloud.state.get(Instance, body.server) if body.server is not None else None
    zone = body.home_location or (holder.zone if holder else None)
    if zone is None:
        raise invalid({"home_location": ["either home_location or server is required"]})
    wanted = NewAddress(
        Use.FLOATING, Family(body.type), zone, body.name or "", body.labels, body.description or ""
    )
    return _created(cloud, FLOATING, wanted, holder)


def _create_primary(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
    body = read(CreatePrimaryIp, request.body)
    holder = _assignee(cloud, body.assignee_type, body.assignee_id) if body.assignee_id is not None else None
    zone = body.location or (body.datacenter or "").partition("-")[0] or (holder.zone if holder else None)
    if zone is None:
        raise invalid({"location": ["either location or assignee_id is required"]})
    wanted = NewAddress(
        Use.PRIMARY, Family(body.type), zone, body.name, body.labels, auto_delete=body.auto_delete
    )
    return _created(cloud, PRIMARY, wanted, holder)


def _created(
    cloud: CloudService, family: Collection[Address], wanted: NewAddress, holder: Instance | Balancer | None
) -> Reply:
    def command(draft: Draft) -> tuple[Address, Operation | None]:
        made = addresses.allocate(draft, wanted, cloud.catalogue)
        if holder is None:
            return made, None
        addresses.give(draft, made, holder)
        made = draft.state.get(Address, made.id)
        return made, draft.begin(f"assign_{family.singular}", made, holder)

    made, operation = cloud.run(command)
    begun = render_action(cloud, operation) if operation is not None else None
    return Reply(CREATED, {family.singular: family.render(cloud, made), "action": begun})


def _assign_floating(cloud: CloudService, request: Request, each: Address) -> Operation:
    holder = cloud.state.get(Instance, read(AssignFloating, request.body).server)

    def command(draft: Draft) -> Operation:
        addresses.take_back(draft, each)
        addresses.give(draft, draft.state.get(Address, each.id), holder)
        return draft.begin("assign_floating_ip", each, holder)

    return cloud.run(command)


def _assign_primary(cloud: CloudService, request: Request, each: Address) -> Operation:
    body = read(AssignPrimary, request.body)
    holder = _assignee(cloud, body.assignee_type, body.assignee_id)

    def command(draft: Draft) -> Operation:
        addresses.give(draft, each, holder)
        return draft.begin("assign_primary_ip", each, holder)

    return cloud.run(command)


def _assignee(cloud: CloudService, kind: str, number: int) -> Instance | Balancer:
    if kind == "load_balancer":
        return cloud.state.get(Balancer, number)
    return cloud.state.get(Instance, number)
