"""Collects what speakers report and feeds it on; only a controller that leads listens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.controller.events import NodeInterfacesSeen, ReportLost, ReportSeen, ReportsListed
from baremetal_lb.decide.reports.aggregator import STALE
from baremetal_lb.kube.reports import Dispatch, Reader, node_of, tells_interfaces
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.reports import Report, Unusable
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections import Counter

    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.reports import Flaw
    from baremetal_lb.run.controller.cluster import Feed

# Seconds of age that are believed: clocks may be hours apart, and who lives is heard within 10 s.
MOST_AGE: Final = STALE - 12.0
log = structlog.get_logger("reports")


class ReportCollector:
    """Listens in one namespace, and feeds what is told there; counts what cannot be used."""

    def __init__(self, client: Client, namespace: str, unusable: Counter[Flaw], feed: Feed) -> None:
        self._feed = feed
        self._unusable = unusable
        self._read = Reader()
        self._objects: Informer[Dispatch | None] = Informer(client, CONFIG_MAPS, self._read, Scope(namespace))

    async def run(self) -> None:
        """Listen until cancelled: first what was there before, then each change."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._objects.run(self._on_change), name="watch reports")
            await self._objects.synced.wait()
            self._tell_all()

    def _tell_all(self) -> None:
        found = [each for each in self._objects.values() if each is not None]
        # Of what two say of one address the newest counts, so those who have long been silent come first.
        for dispatch in sorted(found, key=_age, reverse=True):
            self._tell(dispatch, min(_age(dispatch), MOST_AGE))
        self._feed(ReportsListed())

    def _on_change(self, change: Change[Dispatch | None]) -> None:
        if not self._objects.synced.is_set():
            return
        if change.new is not None:
            if _is_usable(change.new) or change.old is None or change.old.content is not change.new.content:
                self._tell(change.new, 0.0)
        elif tells_interfaces(change.key.name):  # also where what it told last could not be read
            self._feed(NodeInterfacesSeen(node_of(change.key.name), None))
        else:
            self._read.forget(change.key.name)
            self._feed(ReportLost(change.key.name))

    def _tell(self, dispatch: Dispatch, age: float) -> None:
        match dispatch.content:
            case Report() as report:
                self._feed(ReportSeen(report, asyncio.get_running_loop().time() - age))
            case NodeInterfaces() as told:
                self._feed(NodeInterfacesSeen(told.node, told))
            case Unusable(flaw, detail):
                self._unusable[flaw] += 1
                log.warning("report not readable", flaw=str(flaw), detail=detail)


def _is_usable(dispatch: Dispatch) -> bool:
    return isinstance(dispatch.content, Report)


def _age(dispatch: Dispatch) -> float:
    """Seconds since it was written, by two machines' clocks: good enough to tell the older of two."""
    if dispatch.renewed is None:
        return float("inf")
    return max(0.0, (utc_now() - dispatch.renewed).total_seconds())
