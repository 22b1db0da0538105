"""All controllers in one process, over one set of informers."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, wait_random_exponential

from mockcloud.client.informer import may_pass
from mockcloud.client.resources import EVENTS
from mockcloud.client.rest import Client
from mockcloud.controllers.clusterrole_aggregation.controller import ClusterRoleAggregation
from mockcloud.controllers.cronjob.controller import CronJobController
from mockcloud.controllers.daemonset.controller import DaemonSetController
from mockcloud.controllers.deployment.controller import DeploymentController
from mockcloud.controllers.disruption.controller import DisruptionController
from mockcloud.controllers.endpointslice.controller import EndpointsController
from mockcloud.controllers.endpointslice_mirroring.controller import EndpointSliceMirroringController
from mockcloud.controllers.garbage_collector.controller import GarbageCollector
from mockcloud.controllers.ingress_installation.controller import IngressInstallation
from mockcloud.controllers.job.controller import JobController
from mockcloud.controllers.namespace.controller import NamespaceController
from mockcloud.controllers.node_lifecycle.controller import NodeLifecycleController
from mockcloud.controllers.persistentvolume.controller import VolumeController
from mockcloud.controllers.podautoscaler.controller import PodAutoscaler
from mockcloud.controllers.replicaset.controller import replica_set_controller, replication_controller
from mockcloud.controllers.resourcequota.controller import ResourceQuotaController
from mockcloud.controllers.root_ca_cert_publisher.controller import RootCaCertPublisher
from mockcloud.controllers.runtime.context import ControllerContext, open_context
from mockcloud.controllers.runtime.custom_kinds import CustomKinds
from mockcloud.controllers.runtime.served_kinds import ServedKind, discover
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.controllers.scheduler.controller import Scheduler
from mockcloud.controllers.serviceaccount.controller import ServiceAccountController
from mockcloud.controllers.statefulset.controller import StatefulSetController
from mockcloud.controllers.taint_eviction.controller import TaintEvictionController
from mockcloud.controllers.ttl_after_finished.controller import TtlAfterFinished
from mockcloud.readiness import announce_ready

LOG: Final = logging.getLogger(__name__)


async def run_controllers(
    client: Client, *, eviction_timeout: float | None, ingress: bool = False, volumes: Path | None = None
) -> None:
    """Run every controller for ever; ready once every informer has its first list.

    `ingress`: whether Ingresses have a controller, in a pod that comes with the first one. `volumes`: the
    folder of volumes that are made for claims; without one nobody makes any.
    """
    kinds = await _discover(client)
    context = open_context(client, [kind.resource for kind in kinds if kind.resource != EVENTS])
    garbage, namespaces = GarbageCollector(context, kinds), NamespaceController(context, kinds)
    quotas = ResourceQuotaController(context, kinds)
    storage = VolumeController(context, volumes)
    if storage.provisioner is not None:
        await storage.provisioner.begin()
    queues = [*_queues(context, eviction_timeout), storage.claims, storage.volumes]
    queues += [garbage.queue, namespaces.queue, quotas.queue]
    if ingress:
        queues.append(IngressInstallation(context).queue)
    async with asyncio.TaskGroup() as group:
        CustomKinds(context, (garbage, namespaces, quotas), group)
        for informer in context.informers.values():
            group.create_task(informer.follow_api(), name=f"watch {informer.resource.plural}")
        for component, recorder in context.recorders.items():
            group.create_task(recorder.run(), name=f"events of {component}")
        # Before the whole is known, a controller would make what is there already.
        for informer in context.informers.values():
            await informer.informer.synced.wait()
        for queue in queues:
            group.create_task(queue.run_workers(), name=queue.name)
        LOG.info("ready: %d kinds, %d controllers", len(context.informers), len(queues))
        announce_ready()


def _queues(context: ControllerContext, eviction_timeout: float | None) -> list[WorkQueue]:
    """One queue a controller, in the order in which a change goes through them."""
    endpoints, nodes = EndpointsController(context), NodeLifecycleController(context, eviction_timeout)
    jobs = JobController(context)
    return [
        DeploymentController(context).queue,
        replica_set_controller(context).queue,
        replication_controller(context).queue,
        StatefulSetController(context).queue,
        DaemonSetController(context).queue,
        CronJobController(context).queue,
        jobs.queue,
        jobs.orphans,
        TtlAfterFinished(context).queue,
        DisruptionController(context).queue,
        PodAutoscaler(context).queue,
        Scheduler(context).queue,
        endpoints.slice_queue,
        endpoints.endpoints_queue,
        EndpointSliceMirroringController(context).queue,
        nodes.api_probes,
        nodes.queue,
        TaintEvictionController(context).queue,
        ServiceAccountController(context).queue,
        RootCaCertPublisher(context).queue,
        ClusterRoleAggregation(context).queue,
    ]


async def _discover(client: Client) -> list[ServedKind]:
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(may_pass),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        before_sleep=before_sleep_log(LOG, logging.WARNING),
    ):
        with attempt:
            return await discover(client)
    raise AssertionError  # the retrying has no end but an answer
