"""ServiceCIDRs get ready and go; IPAddresses out of step with ClusterIPs are put right (repairip)."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.ipaddresses import IP_ADDRESS, SERVICE_CIDR
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.serving.upkeep.looking import Upkeep
from mockcloud.kube.storage.store import Change, Verb
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import ip_addresses
from mockcloud.kube.writes.deletion import DeleteOptions
from mockcloud.kube.writes.refusals import Refusal


async def keep_service_ranges(registry: Registry) -> None:
    """Do both, for ever."""
    ranges = Upkeep("settle ServiceCIDRs", lambda: _settle(registry), pause=0)
    addresses = Upkeep("put IPAddresses right", lambda: repair_addresses(registry))
    subscribe = registry.store.subscribe
    with ExitStack() as stack:
        stack.callback(subscribe(SERVICE_CIDR.storage, ranges.seeing()))
        stack.callback(subscribe(IP_ADDRESS.storage, ranges.seeing()))
        stack.callback(subscribe(IP_ADDRESS.storage, _wrong(registry, addresses.wake)))
        async with asyncio.TaskGroup() as group:
            group.create_task(ranges.run(), name="ServiceCIDRs")
            group.create_task(addresses.run(), name="IPAddresses")


def _wrong(registry: Registry, wake: Callable[[], None]) -> Callable[[Change], None]:
    """Wakes where a change leaves an IPAddress out of step with the Service that it names."""

    def see(change: Change) -> None:
        address = change.new.object
        if ip_addresses.is_managed(address):
            parent = object_at(object_at(address, "spec"), "parentRef")
            held = registry.store.get(SERVICE.storage, (parent.get("namespace", ""), parent.get("name", "")))
            needed = held is not None and change.key[1] in ip_addresses.names_of(held.object)
            if needed is (change.verb is Verb.DELETED):
                wake()

    return see


async def repair_addresses(registry: Registry) -> None:
    """Make the IPAddresses that are missing, and take away those that stand for nothing."""
    services = _objects(registry, SERVICE.storage)
    present = {each["metadata"]["name"]: each for each in _objects(registry, IP_ADDRESS.storage)}
    missing, stale = ip_addresses.differences(services, present)
    for name in stale:
        try:
            await registry.delete(Place(IP_ADDRESS, "", name), DeleteOptions(), ITSELF)
        except Refusal as refusal:
            if refusal.code != 404:  # it has gone meanwhile
                raise
    for address in missing:
        try:
            await registry.create(Place(IP_ADDRESS, "", address["metadata"]["name"]), address, ITSELF)
        except Refusal as refusal:
            if refusal.code != 409:  # it has come meanwhile
                raise


async def _settle(registry: Registry) -> None:
    everything = _objects(registry, SERVICE_CIDR.storage)
    addresses, now = _objects(registry, IP_ADDRESS.storage), rfc3339(registry.clock())
    for ranges in everything:
        name = ranges["metadata"]["name"]
        others = [each for each in everything if each is not ranges]

        def change(held: JsonObject, others: list[JsonObject] = others) -> JsonObject:
            return ip_addresses.settled(held, others, addresses, now)

        wanted = change(ranges)
        if wanted is ranges:
            continue
        try:
            if wanted["metadata"] != ranges["metadata"]:
                await registry.update(Place(SERVICE_CIDR, "", name), change, ITSELF)
            if wanted.get("status") != ranges.get("status"):
                await registry.update(Place(SERVICE_CIDR, "", name, "status"), change, ITSELF)
        except Refusal as refusal:
            if refusal.code != 404:  # it has gone meanwhile
                raise
    registry.allocator.offer(ip_addresses.offered(_objects(registry, SERVICE_CIDR.storage)))


def _objects(registry: Registry, storage: str) -> list[JsonObject]:
    return [stored.object for stored in registry.store.objects(storage)]
