"""Hears what speakers report, and tells the gathering; only a controller that leads listens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.reports.aggregator import STALE
from baremetal_lb.kube.reports import Dispatch, Reader, node_of, tells_interfaces
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.reports import Report, Unusable
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from baremetal_lb.decide.reports.aggregator import Gathering
    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.reports import Flaw

# Seconds of age that are believed: clocks may be hours apart, and who lives is heard within 10 s.
MOST_AGE: Final = STALE - 12.0
log = structlog.get_logger("hearing")


class Hearing:
    """Listens in one namespace; `on_news` is called after something was told, if only a sign of life."""

    def __init__(self, client: Client, namespace: str, gathering: Gathering, unusable: Counter[Flaw]) -> None:
        self.on_news: Callable[[], None] = lambda: None
        # Told what a speaker tells of its node's interfaces; None: it tells nothing any more.
        self.on_interfaces: Callable[[str, NodeInterfaces | None], None] = lambda _node, _told: None
        self._gathering = gathering
        self._unusable = unusable
        self._read = Reader()
        self._objects: Informer[Dispatch | None] = Informer(client, CONFIG_MAPS, self._read, Scope(namespace))

    async def run(self) -> None:
        """Listen until cancelled; what was there before is told by `catch_up`."""
        await self._objects.run(self._on_change)

    async def catch_up(self) -> None:
        """Tell what is there already, once all of it is known."""
        await self._objects.synced.wait()
        found = [each for each in self._objects.values() if each is not None]
        # Of what two say of one address the newest counts, so those who have long been silent come first.
        for dispatch in sorted(found, key=_age, reverse=True):
            self._tell(dispatch, min(_age(dispatch), MOST_AGE))

    def _on_change(self, change: Change[Dispatch | None]) -> None:
        if not self._objects.synced.is_set():
            return
        if change.new is None:
            if tells_interfaces(change.key.name):  # also where what it told last could not be read
                self.on_interfaces(node_of(change.key.name), None)
                return
            self._read.forget(change.key.name)
            self._gathering.lose_report(change.key.name)
        elif _is_usable(change.new) or change.old is None or change.old.content is not change.new.content:
            self._tell(change.new, 0.0)
        self.on_news()

    def _tell(self, dispatch: Dispatch, age: float) -> None:
        match dispatch.content:
            case Report() as report:
                self._gathering.see_report(report, asyncio.get_running_loop().time() - age)
            case NodeInterfaces() as told:
                self.on_interfaces(told.node, told)
            case Unusable(flaw, detail):
                self._unusable[flaw] += 1
                log.warning("report not usable", flaw=str(flaw), detail=detail)


def _is_usable(dispatch: Dispatch) -> bool:
    return isinstance(dispatch.content, Report)


def _age(dispatch: Dispatch) -> float:
    """Seconds since it was written, by two machines' clocks: good enough to tell the older of two."""
    if dispatch.renewed is None:
        return float("inf")
    return max(0.0, (utc_now() - dispatch.renewed).total_seconds())
