"""Tells the cluster this node's interfaces, and hears what the other speakers tell of theirs.

The objects stay when speakers stop: whose MACs are ours has to be known after a restart of all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type

from baremetal_lb.decide.node_interfaces import told
from baremetal_lb.decide.speaker.events import NodeInterfacesSeen
from baremetal_lb.kube.errors import KubeError, NotFound, reason_of
from baremetal_lb.kube.reports import INTERFACES_SELECTOR, interfaces_object, node_of, read_interfaces
from baremetal_lb.kube.resources import CONFIG_MAPS, NODES
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.kube.watch import BackOff, Informer, Scope
from baremetal_lb.link.addresses import address_changes
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.reports import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.run.speaker.driver import Feed

PACE: Final = 1.0  # seconds between two writes, at least
PATIENCE: Final = 2.0  # seconds that the first heartbeat and the first decision wait for all this
FAREWELL: Final = 1.0  # seconds that a stop may take for it
log = structlog.get_logger("interfaces")


class OwnInterfaces:
    """One speaker's object in `namespace`. What it and the others' say is fed to the speaker's machine.

    `introduced`: the others can know ours, and we know theirs, or that takes too long.
    """

    def __init__(self, client: Client, namespace: str, node: str, feed: Feed) -> None:
        self.introduced = asyncio.Event()
        # Called when our object is gone: somebody may have deleted the namespace with all in it.
        self.on_loss: Callable[[], None] = lambda: None
        self._client, self._namespace, self._node, self._feed = client, namespace, node, feed
        self._complain = RetryLog(log, "could not write the interfaces, trying again", node=node)
        self._interfaces: tuple[Interface, ...] = ()
        self._addresses: Mapping[int, tuple[IPAddress, ...]] = {}
        self._own: NodeInterfaces | None = None
        self._written: NodeInterfaces | None = None  # what stands in the API, as far as is known
        self._is_written = asyncio.Event()
        self._is_news = asyncio.Event()
        self._addressed = asyncio.Event()  # the first look at the addresses is done
        scope = Scope(namespace, label_selector=INTERFACES_SELECTOR)
        self._objects = Informer(client, CONFIG_MAPS, read_interfaces, scope)

    async def run(self) -> None:
        """Tell and hear until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_addresses(), name="follow addresses")
            group.create_task(self._objects.run(self._see), name="watch interfaces")
            group.create_task(self._write(), name="write interfaces")
            group.create_task(self._introduce(), name="be introduced")

    def fit(self, interfaces: Iterable[Interface]) -> None:
        """These are all interfaces of this node."""
        self._interfaces = tuple(interfaces)
        self._take_stock()

    async def farewell(self) -> None:
        """Say that this speaker was stopped. Tried once."""
        if self._written is None:
            return
        stopped = NodeInterfaces(self._node, self._written.interfaces, running=False)
        try:
            async with asyncio.timeout(FAREWELL):
                await self._put(stopped)
        except (KubeError, TimeoutError) as exc:
            log.info("could not write that the speaker stops", node=self._node, error=reason_of(exc))

    async def _introduce(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._objects.synced.wait()
                await self._is_written.wait()
        except TimeoutError:
            log.warning(
                "MACs of other nodes not known yet: a reply to a probe may come from one of them",
                namespace=self._namespace,
            )
        self.introduced.set()

    async def _follow_addresses(self) -> None:
        async for addresses in address_changes():
            self._addresses = addresses
            self._addressed.set()
            self._take_stock()

    def _take_stock(self) -> None:
        """Ours counts for us at once, whether it is written or not."""
        own = NodeInterfaces(self._node, told(self._interfaces, self._addresses))
        if self._addressed.is_set() and self._interfaces and own != self._own:
            self._own = own
            self._is_news.set()
            self._feed(NodeInterfacesSeen(self._node, own))

    def _see(self, change: Change[NodeInterfaces | Unusable]) -> None:
        node = node_of(change.key.name)
        if node == self._node:
            if change.new != self._written:
                self._written = change.new if isinstance(change.new, NodeInterfaces) else None
                self._is_news.set()
            if change.new is None:
                self.on_loss()
            return
        if isinstance(change.new, Unusable):
            log.warning(
                "interface report of a node is not readable",
                node=node,
                flaw=str(change.new.flaw),
                detail=change.new.detail,
            )
        heard = change.new if isinstance(change.new, NodeInterfaces) else None
        self._feed(NodeInterfacesSeen(node, heard))

    async def _write(self) -> None:
        while True:
            await self._is_news.wait()
            self._is_news.clear()
            retrying = AsyncRetrying(
                wait=BackOff(), retry=retry_if_exception_type(KubeError), before_sleep=self._complain
            )
            await retrying(self._write_once)
            self._is_written.set()
            await asyncio.sleep(PACE)

    async def _write_once(self) -> None:
        own = self._own
        if own is not None and own != self._written:
            await self._put(own)
            self._written = own

    async def _put(self, own: NodeInterfaces) -> None:
        uid: str | None = None
        with contextlib.suppress(NotFound):
            uid = (await self._client.get(NODES, self._node))["metadata"]["uid"]
        body = interfaces_object(self._namespace, own, uid)
        try:
            await self._client.replace(CONFIG_MAPS, body)
        except NotFound:
            await self._client.create(CONFIG_MAPS, body)
