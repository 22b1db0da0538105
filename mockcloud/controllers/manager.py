"""All control loops in one process, over one set of informers."""

import asyncio
import logging
from typing import Final

from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, wait_random_exponential

from mockcloud.client.informer import may_pass
from mockcloud.client.readiness import announce_ready
from mockcloud.client.resources import EVENTS
from mockcloud.client.rest import Client
from mockcloud.controllers.loops.accounts import AccountLoop
from mockcloud.controllers.loops.claims import ClaimLoop
from mockcloud.controllers.loops.deployment import DeploymentLoop
from mockcloud.controllers.loops.endpoints import EndpointsLoop
from mockcloud.controllers.loops.garbage import GarbageLoop
from mockcloud.controllers.loops.mirror import MirrorLoop
from mockcloud.controllers.loops.namespaces import NamespaceLoop
from mockcloud.controllers.loops.nodes import NodeLoop
from mockcloud.controllers.loops.replicaset import ReplicaSetLoop
from mockcloud.controllers.loops.scheduler import SchedulerLoop
from mockcloud.controllers.loops.statefulset import StatefulSetLoop
from mockcloud.controllers.machinery.catalogue import Kind, discover
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World, open_world

LOG: Final = logging.getLogger(__name__)


async def run(client: Client, *, eviction_timeout: float | None) -> None:
    """Run every controller for ever; ready once every informer has its first list."""
    kinds = await _discover(client)
    world = open_world(client, [kind.resource for kind in kinds if kind.resource != EVENTS])
    queues = _queues(world, kinds, eviction_timeout)
    async with asyncio.TaskGroup() as group:
        for feed in world.feeds.values():
            group.create_task(feed.run(), name=f"watch {feed.resource.plural}")
        for component, recorder in world.recorders.items():
            group.create_task(recorder.run(), name=f"events of {component}")
        # Before the whole is known, a controller would make what is there already.
        for feed in world.feeds.values():
            await feed.informer.synced.wait()
        for queue in queues:
            group.create_task(queue.run(), name=queue.name)
        LOG.info("ready: %d kinds, %d controllers", len(world.feeds), len(queues))
        announce_ready()


def _queues(world: World, kinds: list[Kind], eviction_timeout: float | None) -> list[WorkQueue]:
    """One queue a controller, in the order in which a change goes through them."""
    endpoints, nodes = EndpointsLoop(world), NodeLoop(world, eviction_timeout)
    return [
        DeploymentLoop(world).queue,
        ReplicaSetLoop(world).queue,
        StatefulSetLoop(world).queue,
        ClaimLoop(world).queue,
        SchedulerLoop(world).queue,
        endpoints.slices,
        endpoints.endpoints,
        MirrorLoop(world).queue,
        nodes.ears,
        nodes.queue,
        GarbageLoop(world, kinds).queue,
        NamespaceLoop(world, kinds).queue,
        AccountLoop(world).queue,
    ]


async def _discover(client: Client) -> list[Kind]:
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(may_pass),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        before_sleep=before_sleep_log(LOG, logging.WARNING),
    ):
        with attempt:
            return await discover(client)
    raise AssertionError  # the retrying has no end but an answer
