"""Watches the Leases of other releases of the same class, and tells people of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.rivals import Rivals
from baremetal_lb.kube.leases import lease_of
from baremetal_lb.kube.resources import LEASES
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.api_names import EventReason
from baremetal_lb.model.reasons import Note
from baremetal_lb.model.times import seconds_since
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.leader_election import Lease
    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.objects import ObjectKey

LOOK: Final = 1.0  # seconds
REMEDY: Final = "uninstall one of the two, or give it another --load-balancer-class"
log = structlog.get_logger("rivals")


class RivalWatch:
    """What other releases' Leases say now. `tell` is given what is to be said on the pools' ConfigMap."""

    def __init__(
        self, client: Client, lease_key: ObjectKey, whose: str, tell: Callable[[Note], None]
    ) -> None:
        self._rivals = Rivals(lease_key.namespace)
        self._leases = Informer(
            client, LEASES, lease_of, Scope(field_selector=f"metadata.name={lease_key.name}")
        )
        self._whose = whose
        self._tell = tell
        self._told: tuple[str | None, tuple[str, ...]] = None, ()

    async def run(self) -> None:
        """Watch until cancelled. Without the right to see other namespaces' Leases nobody is seen."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._leases.run_where_served(self._see), name="watch Leases of other releases")
            while True:
                await asyncio.sleep(LOOK)
                self._report()

    async def complete(self) -> None:
        """Return when they were listed once, or are not to be had."""
        await self._leases.synced.wait()

    def leader(self) -> str | None:
        """The namespace of another release that serves."""
        return self._rivals.leader(_now())

    def must_yield(self) -> str | None:
        """For whom we, who serve, have to stop."""
        return self._rivals.must_yield(_now())

    def all(self) -> tuple[str, ...]:
        """The namespaces of all other releases of this class that are there."""
        leader, waiting = self._told
        return (*waiting, *([leader] if leader else []))

    def _see(self, change: Change[Lease]) -> None:
        renewed = change.new.renewed if change.new else ""
        self._rivals.see(change.key.namespace, change.new, _now(), seconds_since(renewed, utc_now()))

    def _report(self) -> None:
        """Say it once for each change."""
        now = _now()
        found = self._rivals.leader(now), self._rivals.waiting(now)
        if found == self._told:
            return
        before, self._told = self._told, found
        leader, waiting = found
        if leader is not None and leader != before[0]:
            self._say(
                f"the release in namespace {leader} serves {self._whose}, too, and was first: this one waits"
            )
        for name in sorted({*waiting} - {*before[1]}):
            self._say(f"another release, in namespace {name}, is there for {self._whose}, too: it waits")
        if not self.all():
            log.info("no other release of this class any more", serves=self._whose)

    def _say(self, text: str) -> None:
        log.warning("two releases of one class", text=text, remedy=REMEDY)
        self._tell(Note(EventReason.SAME_CLASS_TWICE, f"{text}; {REMEDY}"))


def _now() -> float:
    return asyncio.get_running_loop().time()
