"""`baremetal-lb check-config --plan`: what a configuration would do to the cluster. It writes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from baremetal_lb.decide.config_file import find_config
from baremetal_lb.decide.controller.node_facts import claimed, reserved
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.pools.foreign import reserved_in_pools
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.preview import Effect, preview
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError, NotFound, Refused
from baremetal_lb.kube.listing import Listing
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICE_CIDRS, SERVICES
from baremetal_lb.kube.topology import node_facts, node_view
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.run.check_config import verdict
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from baremetal_lb.decide.preview import PoolPreview, Preview, ServicePreview
    from baremetal_lb.model.addresses import AddressRange
    from baremetal_lb.settings import Settings


def plan(text: str, settings: Settings, say: Callable[[str], object], *, strict: bool = False) -> int:
    """Say what would become of each Service and pool, and all that applying would warn of.

    0; or 1 where configuration or cluster say no (`strict`: or warn).
    """
    try:
        found, warnings = asyncio.run(_preview(text, settings))
    except ConfigRejected as exc:
        for fault in exc.faults:
            say(f"error: {fault}")
        return 1
    except KubeError as exc:
        say(f"error: {exc}")
        return 1
    for warning in warnings:
        say(f"warning: {warning}")
    tell(found, say)
    return verdict(warnings, say, strict=strict)


async def _preview(text: str, settings: Settings) -> tuple[Preview, list[str]]:
    async with await Client.connect(settings.kubeconfig) as client:
        return await preview_of(text, settings, client)


async def preview_of(text: str, settings: Settings, client: Client) -> tuple[Preview, list[str]]:
    """What a configuration would do to the cluster, and all that it would warn of. ConfigRejected."""
    manifest, listing = find_config(text, settings.config_key), Listing()
    allocator = Allocator(settings.load_balancer_class)
    listed = (await client.list(NODES))["items"]
    nodes = {key.name: facts for key, facts in listing.read("Node", listed, node_facts)}
    ranges = await _service_ranges(client, listing)
    config = manifest.parsed(claimed(settings.service_ranges, nodes, ranges))
    never = reserved(settings.never_give, nodes)
    allocator.reserve(never)
    namespaces = (await client.list(NAMESPACES))["items"]
    for key, labels in listing.read("Namespace", namespaces, convert.labels):
        allocator.set_namespace(key.name, labels)
    for _, view in listing.read("Service", (await client.list(SERVICES))["items"], convert.service):
        allocator.observe(view)
    in_force = await _in_force(client, settings)
    now = utc_now().timestamp()
    if in_force is not None:
        allocator.configure(parse_config(in_force))
        allocator.settle(now)
    views = [view for _, view in listing.read("Node", listed, node_view)]
    warnings = [*manifest.warnings, *config.warnings, *reserved_in_pools(config, never)]
    return preview(allocator, config, views, now), [*warnings, *dict.fromkeys(listing.left_out)]


async def _service_ranges(client: Client, listing: Listing) -> dict[str, tuple[AddressRange, ...]]:
    """What the API tells; nothing where it does not serve ServiceCIDRs, or not to us."""
    try:
        found = await client.list(SERVICE_CIDRS)
    except (NotFound, Refused):
        return {}
    listed = listing.read("ServiceCIDR", found["items"], convert.service_ranges)
    return {key.name: ranges for key, ranges in listed}


async def _in_force(client: Client, settings: Settings) -> str | None:
    """The text of the ConfigMap, where it is valid; it matters for `on-removal` only."""
    try:
        text = convert.config_text(await client.get(CONFIG_MAPS, settings.config_map, settings.namespace))
        parse_config(text or "")
    except (NotFound, ConfigRejected):
        return None
    return text


def tell(found: Preview, say: Callable[[str], object]) -> None:
    """Each Service in a line, then each pool."""
    for service in found.services:
        say(_service_line(service))
    for pool in found.pools:
        say(_pool_line(pool))


def _service_line(service: ServicePreview) -> str:
    before, after = (", ".join(map(str, addresses)) or "-" for addresses in (service.before, service.after))
    addresses = before if before == after else f"{before} -> {after}"
    return f"{service.effect:<7} {service.key}: {'; '.join([addresses, *_remarks(service)])}"


def _remarks(service: ServicePreview) -> Iterator[str]:
    """Whatever is to be known beside the addresses."""
    if service.effect in (Effect.LOSE, Effect.WAIT) or service.reason is not Reason.ALLOCATED:
        yield service.message
    elif service.why_left:
        yield service.why_left
    if service.after and service.why_silent:
        yield f"not announced: {service.why_silent}"
    elif service.after and service.moves:
        yield service.moves


def _pool_line(pool: PoolPreview) -> str:
    full = "  FULL" if pool.used >= pool.capacity else ""
    return f'pool    "{pool.name}": {pool.used} of {pool.capacity} {pool.family} addresses in use{full}'
