"""What the speaker watches of the cluster, and how each change reaches its view."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from baremetal_lb.decide.node_interfaces import NodeRoll
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.kube import convert, topology
from baremetal_lb.kube.resources import CONFIG_MAPS, ENDPOINT_SLICES, NODES, SERVICES
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.errors import ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Mapping

    from baremetal_lb.decide.layer2.ownership import Ownership
    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.membership import View
    from baremetal_lb.model.nodes import NodeView
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings

T = TypeVar("T")
log = structlog.get_logger("speaker")


class ClusterView:
    """Keeps `ownership` fed by four watches; `news` is set after each change that may matter."""

    def __init__(self, client: Client, settings: Settings, ownership: Ownership) -> None:
        self.news = asyncio.Event()
        self.configured = asyncio.Event()  # a configuration was accepted
        # Told of the nodes' addresses, and of those that are not ready, after each change of a node.
        self.on_nodes: Callable[[Mapping[str, IPAddress], frozenset[str]], None] = lambda _peers, _unready: (
            None
        )
        self.on_pools: Callable[[], None] = lambda: None  # told after each change of the pools in force
        self.roll = NodeRoll()  # what all nodes' interfaces are, as far as is told
        self._unheard: frozenset[str] = frozenset()
        self._ownership = ownership
        only_ours = Scope(settings.namespace, f"metadata.name={settings.config_map}")
        self._services = Informer(client, SERVICES, convert.service)
        self._slices = Informer(client, ENDPOINT_SLICES, topology.slice_view)
        self._nodes = Informer(client, NODES, topology.node_view)
        self._config_changed = asyncio.Event()
        self._config_judged = asyncio.Event()  # the first one, or that there is none
        self._configs = Informer(client, CONFIG_MAPS, convert.config_text, only_ours)

    def watches(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What has to run for ever, by name."""
        see_slice = self._ownership.see_slice
        return {
            "watch services": self._services.run(self._seen(self._see_service)),
            "watch slices": self._slices.run(self._seen(lambda change: see_slice(change.old, change.new))),
            "watch nodes": self._nodes.run(self._seen(self._see_node)),
            "watch pools": self._configs.run(self._see_config),
            "judge pools": self._judge_configs(),
        }

    async def synced(self) -> None:
        """Wait until everything has been listed once: a part of the picture gives wrong answers."""
        for informer in (self._services, self._slices, self._nodes, self._configs):
            await informer.synced.wait()
        await self._config_judged.wait()

    async def nodes_listed(self) -> None:
        """Wait until all nodes are known."""
        await self._nodes.synced.wait()

    def peers(self) -> dict[str, IPAddress]:
        """Where each node is to be reached; nodes without an InternalIP are not."""
        return {key.name: node.internal for key, node in self._nodes.items() if node.internal is not None}

    def names(self) -> frozenset[str]:
        """All nodes."""
        return frozenset(key.name for key, _ in self._nodes.items())

    def ready(self) -> frozenset[str]:
        """The nodes that the cluster takes for ready."""
        return frozenset(key.name for key, node in self._nodes.items() if node.ready)

    def unready(self) -> frozenset[str]:
        """The nodes that the cluster takes for not ready."""
        return frozenset(key.name for key, node in self._nodes.items() if not node.ready)

    def see_members(self, view: View) -> None:
        """These speakers are alive, and say this of themselves."""
        self._ownership.see_members(view)
        self.news.set()

    def see_unheard(self, nodes: frozenset[str]) -> bool:
        """The speakers of these may live without being heard. Whether that is news."""
        if nodes == self._unheard:
            return False
        self._unheard = nodes
        self._ownership.see_unheard(nodes)
        self.news.set()
        return True

    def see_wire(self, address: IPAddress, node: str, *, answers: bool) -> None:
        """A node was seen on the LAN to have an address, or does not answer for one that it should have."""
        (self._ownership.see_holder if answers else self._ownership.see_silent)(address, node)
        self.news.set()

    def see_links(self, names: Collection[str]) -> None:
        """The interfaces of this node that it can announce on."""
        self._ownership.see_links(names)
        self.news.set()

    def newest_slice(self) -> int:
        """The greatest version of an EndpointSlice that was seen."""
        return self._slices.newest()

    def service(self, key: ObjectKey) -> ServiceView | None:
        """A Service as last seen."""
        return self._services.get(key)

    def _seen(self, see: Callable[[Change[T]], None]) -> Callable[[Change[T]], None]:
        def on_change(change: Change[T]) -> None:
            see(change)
            self.news.set()

        return on_change

    def _see_service(self, change: Change[ServiceView]) -> None:
        self._ownership.see_service(change.old, change.new)
        if change.new is not None:
            self.roll.see_service(change.new.status)

    def _see_node(self, change: Change[NodeView]) -> None:
        self._ownership.see_node(change.key.name, change.new)
        if self._nodes.synced.is_set():
            self.on_nodes(self.peers(), self.unready())

    def _see_config(self, change: Change[str | None]) -> None:
        if change.new is None:
            log.warning("no pool configuration, keeping the last", config_map=str(change.key))
        if change.new != change.old:  # else only its metadata, such as the controller's verdict
            self._config_changed.set()

    async def _judge_configs(self) -> None:
        await self._configs.synced.wait()
        while True:
            self._config_changed.clear()
            for text in list(self._configs.values()):
                if text is not None:
                    await self._judge_config(text)
            self._config_judged.set()
            await self._config_changed.wait()

    async def _judge_config(self, text: str) -> None:
        """The last good pools stay in force where there are bad ones."""
        try:
            # Away from the loop: heartbeats must go out, and a large text takes a second.
            config = await asyncio.to_thread(parse_config, text)
        except ConfigRejected as exc:
            log.warning(
                "pool configuration rejected, keeping the last", faults=[str(each) for each in exc.faults]
            )
        else:
            self._ownership.see_pools(config)
            self.configured.set()
            self.on_pools()
            self.news.set()
