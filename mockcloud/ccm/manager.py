"""All controllers in one process, over two informers."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from mockcloud.ccm.nodes import initialization, lifecycle
from mockcloud.ccm.nodes.initialization import NodeInitialization
from mockcloud.ccm.nodes.lifecycle import NodeLifecycle
from mockcloud.ccm.objects.nodes import parse_node
from mockcloud.ccm.objects.services import parse_service
from mockcloud.ccm.provider import Instances, LoadBalancers
from mockcloud.ccm.services import controller
from mockcloud.ccm.services.controller import ServiceController
from mockcloud.client.events import EventRecorder
from mockcloud.client.resources import NODES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.controllers.runtime.informers import Collection, SharedInformer

MONITOR_SECONDS: Final = 5.0
"""How often the cloud is asked about each Node that is not ready (--node-monitor-period)."""
SYNCS: Final = 32
"""Load balancers worked on at a time. Upstream's default is 1, of which its users complain; here they share
what they ask AWS (`aws.sharing`), so that many at a time are less work than few."""
LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cloud:
    """What a provider offers."""

    balancers: LoadBalancers
    instances: Instances


async def run_controllers(client: Client, cloud: Cloud) -> None:
    """Run every controller for ever."""
    recorders = {
        component: EventRecorder(client, component)
        for component in (controller.COMPONENT, initialization.COMPONENT, lifecycle.COMPONENT)
    }
    informers = (SharedInformer(client, SERVICES), SharedInformer(client, NODES))
    services, nodes = Collection(informers[0], parse_service), Collection(informers[1], parse_node)
    balancers = ServiceController(
        client, (services, nodes), cloud.balancers, recorders[controller.COMPONENT], SYNCS
    )
    initializing = NodeInitialization(client, nodes, cloud.instances, recorders[initialization.COMPONENT])
    ending = NodeLifecycle(client, nodes, cloud.instances, recorders[lifecycle.COMPONENT], MONITOR_SECONDS)
    queues = (balancers.queue, initializing.queue, initializing.addresses_queue, ending.queue)
    async with asyncio.TaskGroup() as group:
        for informer in informers:
            group.create_task(informer.follow_api(), name=f"watch {informer.resource.plural}")
        for component, recorder in recorders.items():
            group.create_task(recorder.run(), name=f"events of {component}")
        for informer in informers:
            await informer.informer.synced.wait()
        for queue in queues:
            group.create_task(queue.run_workers(), name=queue.name)
        LOG.info("at work: %d services, %d nodes", len(services.all()), len(nodes.all()))
