"""Writes one pod's status to the API: the newest only, and again for as long as the API is away."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

from mockcloud.client.errors import ApiError
from mockcloud.client.informer import may_pass
from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client
from mockcloud.node.pods.spec import PodSpec

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]


class StatusWriter:
    """`changed` says that the status may differ; `run` writes it."""

    def __init__(self, client: Client, spec: PodSpec, current: Callable[[], Object]) -> None:
        self._client = client
        self._spec = spec
        self._current = current
        self._written: Object | None = None
        self._answered: Object = {}
        self._wake = asyncio.Event()

    def changed(self) -> None:
        self._wake.set()

    def known(self, seen: Object) -> Object:
        """The pod's object as the API had it last: as it was `seen` by a watch, or as the last write left it.

        A watch may lag behind our own writes. A status that builds on what is older than these differs from
        them by its times, and is written, and so on: each write would be answered by its own echo.
        """
        return seen if _version(seen) >= _version(self._answered) else self._answered

    async def run(self) -> None:
        """Until the pod is gone from the API, or cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self.write():
                return

    async def write(self) -> bool:
        """Write the status as it is now, if it differs from what was written; False where the pod is gone."""
        spec = self._spec
        whose = {"uid": spec.uid, "name": spec.name, "namespace": spec.namespace}
        async for attempt in _while_it_may_pass():
            with attempt:
                status = self._current()
                if status == self._written:
                    return True
                answer = await _written(self._client, whose, status)
                if answer is None:
                    return False
                self._written = status
                self._answered = {
                    "metadata": {"resourceVersion": answer["metadata"]["resourceVersion"]},
                    "status": answer.get("status") or {},
                }
        return True


async def write_status(client: Client, metadata: Object, status: Object) -> None:
    """Say this of the pod; one that is gone needs no status."""
    async for attempt in _while_it_may_pass():
        with attempt:
            await _written(client, metadata, status)


def _while_it_may_pass() -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception(may_pass), wait=wait_random_exponential(multiplier=0.1, max=5)
    )


def _version(obj: Object) -> int:
    return int(obj.get("metadata", {}).get("resourceVersion") or 0)


async def _written(client: Client, metadata: Object, status: Object) -> Object | None:
    """The pod as it is then; None where it is gone."""
    # The uid: a pod made anew under the same name is none of ours (409).
    patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
    try:
        return await client.patch(
            PODS, metadata["name"], patch, namespace=metadata["namespace"], subresource="status"
        )
    except ApiError as error:
        if error.status in (404, 409):
            return None
        raise
