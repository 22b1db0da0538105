"""The ports of the private network's switch: whose instance is off has none."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from pyroute2 import IPRoute

from mockcloud.linux import CLONE_NEWNET, setns

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG: Final = logging.getLogger(__name__)


class Switch:
    """The switch in another network namespace, of which `namespace` is a descriptor; its ports bear names."""

    def __init__(self, namespace: int) -> None:
        # Namespaces belong to a thread: one of its own is there for good.
        self._there = ThreadPoolExecutor(1, "switch", setns, (namespace, CLONE_NEWNET))
        self._has: dict[str, bool] = {}

    async def connect(self, wanted: Mapping[str, bool]) -> None:
        """Each port is up or down, as wanted; what is not there is left out."""
        changed = {name: up for name, up in wanted.items() if self._has.get(name) is not up}
        if changed:
            await asyncio.get_running_loop().run_in_executor(self._there, _set, changed)
        for name, up in changed.items():
            LOG.info("instance %s is %s", name, "connected" if up else "cut off")
        self._has |= changed


def _set(changed: Mapping[str, bool]) -> None:
    with IPRoute() as ip:
        for name, up in changed.items():
            for index in ip.link_lookup(ifname=name):
                ip.link("set", index=index, state="up" if up else "down")
