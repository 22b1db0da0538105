"""The pools' ConfigMap: its text is judged beside the event loop, and it is told what became of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from baremetal_lb.decide.controller.configuration import parse
from baremetal_lb.decide.controller.events import ConfigJudged
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.model.api_names import VERDICT
from baremetal_lb.model.errors import ConfigRejected

if TYPE_CHECKING:
    from baremetal_lb.decide.controller.commands import JudgeConfig
    from baremetal_lb.kube.client import Client
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.run.controller.cluster import Feed

log = structlog.get_logger("controller")


class PoolsConfigMap:
    """What is handed in is done by `run`, in that order; `feed` is told what was judged."""

    def __init__(self, client: Client, key: ObjectKey, feed: Feed) -> None:
        self._client = client
        self._key = key
        self._feed = feed
        self._texts: asyncio.Queue[JudgeConfig] = asyncio.Queue()
        self._verdicts: asyncio.Queue[str] = asyncio.Queue()

    def judge(self, asked: JudgeConfig) -> None:
        """Parse a text."""
        self._texts.put_nowait(asked)

    def write(self, verdict: str) -> None:
        """Write a verdict on the ConfigMap."""
        self._verdicts.put_nowait(verdict)

    async def run(self) -> None:
        """Judge and write until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._judge(), name="judge the ConfigMap")
            group.create_task(self._write(), name="write the verdict")

    async def _judge(self) -> None:
        while True:
            asked = await self._texts.get()
            # Away from the loop, which has a lease to renew: a large text takes a second.
            self._feed(ConfigJudged(await asyncio.to_thread(_result, asked)))

    async def _write(self) -> None:
        target = Target(CONFIG_MAPS, self._key.namespace, self._key.name)
        while True:
            body = {"metadata": {"annotations": {VERDICT: await self._verdicts.get()}}}
            try:
                await self._client.patch(target, body, MERGE)
            except KubeError as exc:
                log.warning(
                    "could not write the verdict on the ConfigMap", config_map=str(self._key), error=str(exc)
                )


def _result(asked: JudgeConfig) -> PoolConfig | ConfigRejected:
    try:
        return parse(asked.text, asked.claimed)
    except ConfigRejected as exc:
        return exc
