"""The cluster's own objects stay: what somebody deletes or bends is made right again, as kube-apiserver does.

Guides end with `kubectl delete all --all`, which deletes Service `kubernetes`, too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mockcloud.kube.registry import Registry
from mockcloud.kube.storage.store import Change, ObjectTooLarge
from mockcloud.kube.writes.bootstrap import OWN
from mockcloud.kube.writes.refusals import Refusal

AGAIN_SECONDS: Final = 10.0
"""How often kube-apiserver looks after Service `kubernetes`: here only where making it right has failed."""
PAUSE_SECONDS: Final = 1.0
"""Between two looks: somebody else may want the object otherwise, again and again."""

log = logging.getLogger(__name__)


async def keep_own(registry: Registry, begin: Callable[[], Awaitable[None]]) -> None:
    """Call `begin` (which makes what is missing) after each change of one of the cluster's own objects."""
    changed = asyncio.Event()

    def see(change: Change) -> None:
        if change.key in OWN.get(change.kind, ()):
            changed.set()

    leaves = [registry.store.subscribe(kind, see) for kind in OWN]
    again: float | None = None
    try:
        while True:
            try:
                async with asyncio.timeout(again):
                    await changed.wait()
            except TimeoutError:
                pass
            changed.clear()
            again = None
            try:
                await begin()
            except (Refusal, ObjectTooLarge, OSError) as exc:
                log.warning("could not restore an object of the cluster itself: %s", exc)
                again = AGAIN_SECONDS
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        for leave in leaves:
            leave()
