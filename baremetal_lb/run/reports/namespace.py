"""Makes the namespace that speakers write in, where nobody else has, and again when it was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from tenacity import AsyncRetrying, retry_if_exception

from baremetal_lb.kube.errors import Conflict, KubeError, NotFound, Refused
from baremetal_lb.kube.resources import NAMESPACES
from baremetal_lb.kube.watch import BackOff

if TYPE_CHECKING:
    import asyncio

    from baremetal_lb.kube.client import Client

log = structlog.get_logger("reports")


async def keep_namespace(client: Client, name: str, gone: asyncio.Event) -> None:
    """Create it where it is missing, if we may, and whenever it is `gone`; for ever.

    Where RBAC forbids it (the chart makes the namespace, and need not give the right), that is logged, and
    tried again when the namespace is deleted again.
    """
    retrying = AsyncRetrying(wait=BackOff(), retry=retry_if_exception(_temporary), reraise=True)
    while True:
        gone.clear()
        try:
            await retrying(_make, client, name)
        except KubeError as exc:
            log.warning(
                "could not create the namespace for speakers: create it", namespace=name, error=str(exc)
            )
        await gone.wait()


async def _make(client: Client, name: str) -> None:
    try:
        await client.get(NAMESPACES, name)
    except (NotFound, Refused):
        try:
            await client.create(NAMESPACES, {"metadata": {"name": name}})
        except Conflict:
            return
        log.info("created the namespace for speakers", namespace=name)


def _temporary(error: BaseException) -> bool:
    return isinstance(error, KubeError) and error.worth_retrying
