"""The node agent put together: who watches what, what starts before what, and how it all ends."""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from pyroute2 import AsyncIPRoute

from mockcloud.client.events import EventRecorder
from mockcloud.client.informer import Informer, Key
from mockcloud.client.kubelet import node_token
from mockcloud.client.odd import readable
from mockcloud.client.resources import NODES
from mockcloud.client.rest import Client
from mockcloud.images.image_lookup import Catalogue
from mockcloud.node.confinement.seccomp import default_filter, require_seccomp
from mockcloud.node.container_config.node_config import node_config
from mockcloud.node.container_config.objects import ClusterObjects
from mockcloud.node.container_config.programs import compile_programs
from mockcloud.node.host.machine import this_machine
from mockcloud.node.host.network.keeper import NetworkKeeper
from mockcloud.node.host.network.wanted import base
from mockcloud.node.host.node_object import NodeFacts, needs_registration
from mockcloud.node.host.registration import Registrar
from mockcloud.node.host.routes import NodeRoutes, routes_to
from mockcloud.node.pods.security import DEFAULT
from mockcloud.node.runtime.host_ports import HostPorts
from mockcloud.node.runtime.pods import PodRunner
from mockcloud.node.runtime.worker import NodeServices
from mockcloud.node.sandbox.maker import SandboxMaker
from mockcloud.node.sandbox.records import RecordStore
from mockcloud.node.settings import Settings
from mockcloud.node.streaming.access import NodePods
from mockcloud.node.streaming.server import KubeletServer
from mockcloud.pod_ids import own_pod_ids
from mockcloud.policy.enforcer import NetworkPolicies
from mockcloud.proxy.decide.views import Family, IPAddress, NodeView, family_of
from mockcloud.proxy.nftables import open_nft
from mockcloud.proxy.node_proxy import NodeProxy
from mockcloud.readiness import announce_ready

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]
# Daemons have 5 s to stop; a pod whose deletion waits for an API that is away is left to the next start.
STOP_SECONDS: Final = 4.0
# How soon a node that someone found not Ready says again that it is.
REASSERT_SECONDS: Final = 0.5


async def run(settings: Settings) -> None:
    """Until SIGTERM. What is missing here, CatalogueError and KubeconfigError come before any change."""
    nft = open_nft()
    require_seccomp()
    catalogue = Catalogue(settings.catalogue, settings.own_catalogue)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with Client.from_kubeconfig(str(settings.kubeconfig)) as client, AsyncIPRoute() as netlink:
        network = _network(settings, netlink)
        await network.mend()  # servers listen on the node's addresses
        node = await _node_view(settings, netlink)
        services = NodeProxy(client, node, nft, rules=settings.service_rules)
        await _Agent(settings, client, network, services).run(catalogue)


class _Agent:
    """The tasks of one agent."""

    def __init__(
        self, settings: Settings, client: Client, network: NetworkKeeper, services: NodeProxy
    ) -> None:
        self._settings = settings
        self._client = client
        self._services = services
        self._network = network
        ips = tuple(str(ip) for ip in settings.node_ips)
        cidrs = tuple(str(cidr) for cidr in settings.pod_cidrs)
        self._machine = this_machine(settings.data_dir)
        facts = NodeFacts(
            settings.node_name,
            ips,
            cidrs,
            self._machine,
            settings.in_a_cloud,
            settings.node_labels,
            settings.taints,
        )
        self._registrar = Registrar(client, facts)
        self._nodes = Informer(client, NODES)
        self._speak_up = asyncio.Event()
        self._routes: dict[str, NodeRoutes] = {}

    async def run(self, catalogue: Catalogue) -> None:
        """Until SIGTERM."""
        settings = self._settings
        recorder = EventRecorder(self._client, "kubelet", settings.node_name)
        ips = tuple(str(ip) for ip in settings.node_ips)
        store, ids = RecordStore(settings.data_dir), own_pod_ids(settings.claims_dir)
        services = NodeServices(
            client=self._client,
            recorder=recorder,
            sandboxes=SandboxMaker(settings.pod_cidrs, ips, store, self._network, ids),
            catalogue=catalogue,
            clock=steady_clock(),
            objects=ClusterObjects(self._client, self._services.services),
            setting=node_config(settings, self._machine, ids),
            host_ports=HostPorts(open_nft()),
            policies=NetworkPolicies(self._client, open_nft(), _families(settings)),
        )
        pods = PodRunner(services)
        token = node_token(self._client.token, settings.node_name)
        kubelet = KubeletServer(NodePods(pods), token, services.clock, settings.data_dir)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                running = [
                    group.create_task(recorder.run(), name="events"),
                    group.create_task(self._network.run(), name="network"),
                    group.create_task(self._nodes.run(self._on_node), name="watch nodes"),
                    group.create_task(self._services.run(), name="services"),
                    group.create_task(services.host_ports.run(), name="host ports"),
                    group.create_task(services.policies.run(), name="network policies"),
                    group.create_task(kubelet.run(ips), name="kubelet server"),
                    group.create_task(self._register(), name="registration"),
                ]
                ending = group.create_task(pods.run(), name="pods")
                await stop.wait()
                LOG.info("stopping")
                if settings.keep_pods:
                    ending.cancel()
                else:
                    pods.stop()
                await asyncio.wait([ending], timeout=STOP_SECONDS)
                for task in (ending, *running):
                    task.cancel()

    async def _register(self) -> None:
        """The node is Ready when its rules are loaded; then keep saying so."""
        await self._services.synced.wait()
        await self._registrar.register()
        LOG.info("node %s is Ready", self._settings.node_name)
        announce_ready()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._registrar.keep_lease(), name="lease")
            # Before the first pod waits for them.
            group.create_task(asyncio.to_thread(default_filter, DEFAULT), name="seccomp filter")
            group.create_task(asyncio.to_thread(compile_programs), name="compile programs")
            group.create_task(self._reassert(), name="reassert")

    async def _reassert(self) -> None:
        await self._nodes.synced.wait()
        while True:
            await self._speak_up.wait()
            await asyncio.sleep(REASSERT_SECONDS)
            self._speak_up.clear()
            if needs_registration(self._nodes.items.get(("", self._settings.node_name))):
                LOG.warning("the Node is not Ready, or gone: registering it again")
                await self._registrar.register()

    def _on_node(self, key: Key, _old: Object | None, new: Object | None) -> None:
        if key[1] != self._settings.node_name:
            self._route_to(key, new)
        if key[1] == self._settings.node_name:
            self._services.see(new)
            if needs_registration(new):
                self._speak_up.set()

    def _route_to(self, key: Key, node: Object | None) -> None:
        """Another node is now this; what cannot be used of it is said once, and the others' routes stay."""
        settings = self._settings
        routes = readable(
            "node (routes)",
            key,
            lambda obj: routes_to(obj, settings.uplink.interface, settings.cluster_cidrs),
            node,
        )
        before = self._routes.pop(key[1], NodeRoutes())
        self._routes[key[1]] = routes or NodeRoutes()
        if routes is not None and routes.left_out != before.left_out:
            for reason in routes.left_out:
                LOG.error("node %s: could not route its pods' addresses by its %s", key[1], reason)
        self._network.route_to_nodes(frozenset().union(*(each.routes for each in self._routes.values())))


def steady_clock() -> Callable[[], float]:
    """Seconds since the epoch that never go back, so that waits can be measured with them."""
    offset = time.time_ns() / 1e9 - time.monotonic()
    return lambda: offset + time.monotonic()


def _families(settings: Settings) -> tuple[Family, ...]:
    """Those that pods have."""
    return tuple(family_of(cidr) for cidr in settings.pod_cidrs)


def _network(settings: Settings, netlink: AsyncIPRoute) -> NetworkKeeper:
    families = _families(settings)
    services = [cidr for cidr in settings.service_cidrs if family_of(cidr) in families]
    return NetworkKeeper(netlink, base(settings.uplink, services), families)


async def _node_view(settings: Settings, netlink: AsyncIPRoute) -> NodeView:
    return NodeView(
        name=settings.node_name,
        ips=settings.node_ips,
        pod_cidrs=settings.pod_cidrs,
        cluster_cidrs=settings.cluster_cidrs,
        node_port_ips=await _node_port_ips(settings, netlink),
        service_cidrs=settings.service_cidrs,
    )


async def _node_port_ips(settings: Settings, netlink: AsyncIPRoute) -> tuple[IPAddress, ...]:
    """The node's addresses that NodePorts are on: its own IPs, or all inside --nodeport-addresses."""
    if not settings.node_port_cidrs:
        return settings.node_ips
    found = []
    async for message in await netlink.addr("dump"):
        address = ipaddress.ip_address(message.get("IFA_LOCAL") or message.get("IFA_ADDRESS"))
        inside = any(address in cidr for cidr in settings.node_port_cidrs)
        if inside and not address.is_loopback and not address.is_link_local:
            found.append(address)
    return tuple(found)
