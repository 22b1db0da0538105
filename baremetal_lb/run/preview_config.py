"""`baremetal-lb check-config --plan`: what a configuration would do to the cluster. It writes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from baremetal_lb.decide.allocation.allocator import Allocator
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.preview import Effect, preview
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import KubeError, NotFound, Refused
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICE_CIDRS, SERVICES
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.reasons import Reason
from baremetal_lb.run.check_config import bare_config
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.control import known
from baremetal_lb.run.control.known import NodeFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.preview import PoolPreview, Preview, ServicePreview
    from baremetal_lb.model.addresses import AddressRange
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.settings import Settings


def plan(text: str, settings: Settings, say: Callable[[str], object]) -> int:
    """Say what would become of each Service and pool. 0; or 1 where configuration or cluster say no."""
    try:
        _tell(asyncio.run(_preview(text, settings)), say)
    except ConfigRejected as exc:
        for fault in exc.faults:
            say(f"error: {fault}")
        return 1
    except KubeError as exc:
        say(f"error: {exc}")
        return 1
    return 0


async def _preview(text: str, settings: Settings) -> Preview:
    async with await Client.connect(settings.kubeconfig) as client:
        allocator = Allocator(settings.load_balancer_class)
        nodes = [
            (convert.object_key(raw), NodeFacts.read(raw)) for raw in (await client.list(NODES))["items"]
        ]
        claimed = known.claimed(settings, nodes, await _service_ranges(client))
        config = parse_config(bare_config(text), claimed)
        allocator.reserve(known.reserved(settings, nodes))
        for raw in (await client.list(NAMESPACES))["items"]:
            allocator.set_namespace(raw["metadata"]["name"], convert.labels(raw))
        for raw in (await client.list(SERVICES))["items"]:
            allocator.observe(convert.service(raw))
        in_force = await _in_force(client, settings)
    now = utc_now().timestamp()
    if in_force is not None:
        allocator.configure(parse_config(in_force))
        allocator.settle(now)
    return preview(allocator, config, now)


async def _service_ranges(client: Client) -> list[tuple[ObjectKey, tuple[AddressRange, ...]]]:
    """What the API tells; nothing where it does not serve ServiceCIDRs, or not to us."""
    try:
        found = await client.list(SERVICE_CIDRS)
    except (NotFound, Refused):
        return []
    return [(convert.object_key(raw), convert.service_ranges(raw)) for raw in found["items"]]


async def _in_force(client: Client, settings: Settings) -> str | None:
    """The text of the ConfigMap, where it is valid; it matters for `on-removal` only."""
    try:
        text = convert.config_text(await client.get(CONFIG_MAPS, settings.config_map, settings.namespace))
        parse_config(text or "")
    except (NotFound, ConfigRejected):
        return None
    return text


def _tell(found: Preview, say: Callable[[str], object]) -> None:
    for service in found.services:
        say(_service_line(service))
    for pool in found.pools:
        say(_pool_line(pool))


def _service_line(service: ServicePreview) -> str:
    before, after = (", ".join(map(str, addresses)) or "-" for addresses in (service.before, service.after))
    match service.effect:
        case Effect.KEEP:
            return (
                f"keep    {service.key}: {before if service.reason is Reason.ALLOCATED else service.message}"
            )
        case Effect.CHANGE | Effect.GAIN:
            return f"{service.effect:<7} {service.key}: {before} -> {after}"
        case Effect.LOSE | Effect.WAIT:
            return f"{service.effect:<7} {service.key}: {before} -> -: {service.message}"


def _pool_line(pool: PoolPreview) -> str:
    full = "  FULL" if pool.used >= pool.capacity else ""
    return f'pool    "{pool.name}": {pool.used} of {pool.capacity} {pool.family} addresses in use{full}'
