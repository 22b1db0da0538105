"""What can be had and what it costs; and /actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockcloud.cloud.core.values import Operation
from mockcloud.cloud.hetzner.handlers import OK, Route, action_page, one_action
from mockcloud.cloud.hetzner.rendering.offers import balancer_type as render_balancer_type
from mockcloud.cloud.hetzner.rendering.offers import datacenter as render_datacenter
from mockcloud.cloud.hetzner.rendering.offers import image as render_image
from mockcloud.cloud.hetzner.rendering.offers import location as render_location
from mockcloud.cloud.hetzner.rendering.offers import pricing as render_pricing
from mockcloud.cloud.hetzner.rendering.offers import server_type as render_server_type
from mockcloud.cloud.hetzner.replies import Fault, Json, Reply, Request
from mockcloud.cloud.hetzner.selecting import page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockcloud.cloud.service import CloudService


def routes() -> list[Route]:
    """All that nobody makes."""
    return [
        *_fixed(
            "locations",
            "location",
            lambda cloud: [render_location(each) for each in cloud.catalogue.zones],
        ),
        *_fixed("datacenters", "datacenter", _datacenters),
        *_fixed("server_types", "server_type", _server_types),
        *_fixed("load_balancer_types", "load_balancer_type", _balancer_types),
        *_fixed("images", "image", _images),
        Route("GET", "/pricing", lambda cloud, *_: Reply(OK, {"pricing": render_pricing(cloud.catalogue)})),
        Route(
            "GET",
            "/actions",
            lambda cloud, request, _: action_page(cloud, request, cloud.state.all(Operation)),
        ),
        Route("GET", "/actions/{}", lambda cloud, _, ids: one_action(cloud, ids[0])),
    ]


def _fixed(plural: str, singular: str, all_of: Callable[[CloudService], list[Json]]) -> list[Route]:
    def some(cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
        name = request.one("name")
        found = [each for each in all_of(cloud) if not name or each["name"] == name]
        extra: Json = {"recommendation": found[0]["id"]} if plural == "datacenters" and found else {}
        return Reply(OK, page(request, plural, found, lambda each: each) | extra)

    def one(cloud: CloudService, _request: Request, ids: Sequence[int]) -> Reply:
        found: Any = next((each for each in all_of(cloud) if each["id"] == ids[0]), None)
        if found is None:
            raise Fault(404, "not_found", f"{singular} with ID '{ids[0]}' not found")
        return Reply(OK, {singular: found})

    return [Route("GET", f"/{plural}", some), Route("GET", f"/{plural}/{{}}", one)]


def _datacenters(cloud: CloudService) -> list[Json]:
    return [render_datacenter(each, cloud.catalogue) for each in cloud.catalogue.zones]


def _server_types(cloud: CloudService) -> list[Json]:
    return [render_server_type(each, cloud.catalogue) for each in cloud.catalogue.instance_sizes]


def _balancer_types(cloud: CloudService) -> list[Json]:
    return [render_balancer_type(each, cloud.catalogue) for each in cloud.catalogue.balancer_sizes]


def _images(cloud: CloudService) -> list[Json]:
    return [render_image(name, number) for number, name in enumerate(cloud.catalogue.images, 1)]
