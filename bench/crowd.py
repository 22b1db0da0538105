"""Many Services that nobody asks for: what a node's rules have to carry beside the one that is measured."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from testkit import objects

if TYPE_CHECKING:
    from mockcloud.client.rest import Client

NAMESPACE: Final = "default"
AT_ONCE: Final = 8
Object = dict[str, Any]


async def crowd(client: Client, count: int) -> None:
    """Create them, each with a NodePort-less ClusterIP and two endpoints."""
    numbers = iter(range(count))

    async def create() -> None:
        for number in numbers:
            await client.create(SERVICES, service(number))
            await client.create(ENDPOINT_SLICES, endpoint_slice(number))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(create(), name="crowd")


def service(number: int) -> Object:
    """One of them."""
    return objects.service(
        f"crowd-{number}",
        namespace=NAMESPACE,
        clusterIP=f"10.96.{100 + number // 250}.{1 + number % 250}",
        ports=[{"name": "http", "port": 80, "targetPort": 8080}],
    )


def endpoint_slice(number: int, endpoints: int = 2) -> Object:
    """Its endpoints; nobody has their addresses."""
    addresses = [f"10.244.{100 + number // 250}.{1 + (number + index) % 250}" for index in range(endpoints)]
    listed = [
        {"addresses": [address], "nodeName": "elsewhere", "conditions": {"ready": True}}
        for address in addresses
    ]
    name, ports = f"crowd-{number}", [{"name": "http", "protocol": "TCP", "port": 8080}]
    return objects.endpoint_slice(name, *listed, name=name, ports=ports, metadata={"namespace": NAMESPACE})
