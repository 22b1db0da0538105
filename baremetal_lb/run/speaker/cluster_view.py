"""What the speaker watches of the cluster, fed to its machine change by change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.speaker.events import HoldSeen, NodeSeen, PoolsSeen, ServiceSeen, SliceSeen
from baremetal_lb.kube import convert, topology
from baremetal_lb.kube.resources import CONFIG_MAPS, ENDPOINT_SLICES, NODES, SERVICES
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.api_names import HOLD
from baremetal_lb.model.errors import ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.nodes import NodeView
    from baremetal_lb.run.speaker.driver import Feed
    from baremetal_lb.settings import Settings

log = structlog.get_logger("speaker")


@dataclass(frozen=True, slots=True)
class PoolsObject:
    """What the pools' ConfigMap says to a speaker; `hold`: why nothing is to be announced, if so."""

    text: str | None = None
    hold: str | None = None


def pools_object(raw: JsonObject) -> PoolsObject:
    """Of a v1 ConfigMap."""
    return PoolsObject(convert.config_text(raw), convert.annotations_of(raw).get(HOLD))


class ClusterView:
    """Feeds what four watches see to the speaker's machine."""

    def __init__(self, client: Client, settings: Settings, feed: Feed) -> None:
        self.configured = asyncio.Event()  # a configuration was accepted
        self.nodes_changed = asyncio.Event()  # cleared by who looks at them
        self._feed = feed
        only_ours = Scope(settings.namespace, f"metadata.name={settings.config_map}")
        self._services = Informer(client, SERVICES, convert.service)
        self._slices = Informer(client, ENDPOINT_SLICES, topology.slice_view)
        self._nodes = Informer(client, NODES, topology.node_view)
        self._config_changed = asyncio.Event()
        self._config_judged = asyncio.Event()  # the first one, or that there is none
        self._configs = Informer(client, CONFIG_MAPS, pools_object, only_ours)

    def watches(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What has to run for ever, by name."""
        return {
            "watch services": self._services.run(
                lambda change: self._feed(ServiceSeen(change.old, change.new))
            ),
            "watch slices": self._slices.run(lambda change: self._feed(SliceSeen(change.old, change.new))),
            "watch nodes": self._nodes.run(self._see_node),
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

    def unready(self) -> frozenset[str]:
        """The nodes that the cluster takes for not ready."""
        return frozenset(key.name for key, node in self._nodes.items() if not node.ready)

    def newest_slice(self) -> int:
        """The greatest version of an EndpointSlice that was seen."""
        return self._slices.newest()

    def _see_node(self, change: Change[NodeView]) -> None:
        self._feed(NodeSeen(change.key.name, change.new))
        self.nodes_changed.set()

    def _see_config(self, change: Change[PoolsObject]) -> None:
        before, now = change.old or PoolsObject(), change.new
        if now is None or now.text is None:
            log.warning("no pool configuration, keeping the last", config_map=str(change.key))
        if now is not None and now.hold != before.hold:
            self._see_hold(now.hold)
        if (
            now is not None and now.text != before.text
        ):  # else only metadata, such as the controller's verdict
            self._config_changed.set()

    def _see_hold(self, hold: str | None) -> None:
        if hold is not None:
            log.warning("announcing nothing, as the ConfigMap's annotation says", annotation=HOLD, value=hold)
        else:
            log.info("announcing is no longer held")
        self._feed(HoldSeen(hold is not None))

    async def _judge_configs(self) -> None:
        await self._configs.synced.wait()
        while True:
            self._config_changed.clear()
            for text in [each.text for each in self._configs.values()]:
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
            self.configured.set()
            self._feed(PoolsSeen(config))
