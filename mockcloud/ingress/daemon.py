"""The Ingress controller put together: what is watched is planned, served, and then told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.client.events import EventRecorder
from mockcloud.client.kubeconfig import pod_access
from mockcloud.client.resources import INGRESSES
from mockcloud.client.rest import ApiError, ApiUnreachable, Client
from mockcloud.haproxy.process import HAProxy, HAProxyError
from mockcloud.ingress.certificates import self_signed
from mockcloud.ingress.decide.rendering import COMMON, served
from mockcloud.ingress.decide.routes import routes
from mockcloud.ingress.decide.status import addresses, status_patch
from mockcloud.ingress.world import Watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockcloud.client.objects import Object
    from mockcloud.ingress.decide.rendering import Served
    from mockcloud.ingress.decide.views import Complaint, IngressView
    from mockcloud.ingress.settings import Settings

LOG: Final = logging.getLogger(__name__)
# What changes together (an Ingress, its Service, its pods) is one reload; a rollout is many, without one.
COALESCE_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 2.0


async def run(settings: Settings) -> None:
    """Until SIGTERM. KubeconfigError outside of a pod."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with tempfile.TemporaryDirectory() as folder:
        async with Client(pod_access(os.environ)) as client:
            with contextlib.suppress(asyncio.CancelledError):
                async with asyncio.TaskGroup() as group:
                    controller = _Controller(settings, client, Path(folder), group)
                    group.create_task(controller.run(group), name="ingresses")
                    await stop.wait()
                    await controller.stop()
                    raise asyncio.CancelledError


class _Controller:
    def __init__(self, settings: Settings, client: Client, folder: Path, group: asyncio.TaskGroup) -> None:
        self._settings, self._client, self._folder = settings, client, folder
        self._wake = asyncio.Event()
        self._watched = Watched(client, settings.controller, self._wake.set)
        self._haproxy = HAProxy(folder, group, self._wake.set, COMMON)
        self._recorder = EventRecorder(client, settings.controller.replace("/", "-"), settings.pod)
        self._default_pem = self_signed()
        self._told: frozenset[Complaint] = frozenset()

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Until cancelled."""
        group.create_task(self._recorder.run(), name="events")
        await self._watched.run(group)
        while True:
            self._wake.clear()
            try:
                await self._sync()
            except (HAProxyError, OSError, ApiError, ApiUnreachable) as error:
                LOG.error("%s; it is tried again in %g s", error, RETRY_SECONDS)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)
            await self._wake.wait()
            await asyncio.sleep(COALESCE_SECONDS)

    async def stop(self) -> None:
        """Nothing is served any more."""
        await self._haproxy.stop()

    async def _sync(self) -> None:
        world = self._watched.world()
        plan = routes(world)
        self._tell(plan.complaints)
        wanted = served(plan, self._default_pem, str(self._folder), ipv6=self._settings.ipv6)
        await self._serve(wanted)
        await self._publish(world.ingresses)

    async def _serve(self, wanted: Served) -> None:
        for name, content in wanted.files.items():
            path = self._folder / name
            if not path.exists():
                path.touch(0o600)
                path.write_text(content)
        await self._haproxy.serve(wanted.sections)
        for path in self._folder.iterdir():
            if path.name not in wanted.files and not path.name.startswith("haproxy-"):
                path.unlink()

    def _tell(self, complaints: Iterable[Complaint]) -> None:
        """As Events of the Ingresses: what was not said before, or is so again."""
        now = frozenset(complaints)
        for each in sorted(now - self._told):
            LOG.warning("ingress %s: %s", "/".join(each.ingress), each.message)
            if (obj := self._watched.ingresses.items.get(each.ingress)) is not None:
                self._recorder.record(obj, each.why, each.message, warning=True)
        self._told = now

    async def _publish(self, ingresses: Iterable[IngressView]) -> None:
        """Where they answer."""
        service: Mapping[str, Object] | None = self._watched.services.items.get(self._settings.service)
        wanted = addresses(service)
        for each in ingresses:
            obj = self._watched.ingresses.items.get(each.key)
            if obj is None or (patch := status_patch(obj, wanted)) is None:
                continue
            try:
                await self._client.patch(
                    INGRESSES, each.key[1], patch, namespace=each.key[0], subresource="status"
                )
            except ApiError as error:
                if error.status != 404:
                    raise
