"""Events go when their time is over, and before it when there are too many: watchers see them deleted."""

import asyncio
import logging
from typing import Final

from mockcloud.kube.registry import Registry
from mockcloud.kube.resources.events import EVENT
from mockcloud.kube.storage.store import Change, Verb
from mockcloud.kube.times import epoch_seconds
from mockcloud.kube.writes.expiry import Expiry

LOOK_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


async def expire_events(registry: Registry) -> None:
    """Delete Events for ever, as `Expiry` says."""
    clock = asyncio.get_running_loop().time
    book, full = _opened(registry, clock()), asyncio.Event()

    def note(change: Change) -> None:
        book.note(change, clock())
        if book.full:
            full.set()

    leave = registry.store.subscribe(EVENT.storage, note)
    try:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await full.wait()
            except TimeoutError:
                pass
            full.clear()
            try:
                for key in book.due(clock()):
                    registry.store.delete(EVENT.storage, key)
            except OSError as exc:
                log.warning("Events cannot be deleted: %s", exc)
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        leave()


def _opened(registry: Registry, now: float) -> Expiry:
    """The Events of an earlier life of this server, as old as they say they are."""
    book, wall = Expiry(), registry.clock()
    aged = [
        (
            max(
                0.0, wall - (epoch_seconds(stored.object["metadata"].get("creationTimestamp") or "") or wall)
            ),
            stored,
        )
        for stored in registry.store.objects(EVENT.storage)
    ]
    for age, stored in sorted(aged, key=lambda each: -each[0]):
        metadata = stored.object["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        book.note(Change(EVENT.storage, Verb.ADDED, key, stored, None), now - age)
    return book
