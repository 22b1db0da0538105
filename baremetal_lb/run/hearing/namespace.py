"""Makes the namespace that speakers write in, where nobody else has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from tenacity import AsyncRetrying, retry_if_exception

from baremetal_lb.kube.errors import Conflict, KubeError, NotFound, Refused
from baremetal_lb.kube.resources import NAMESPACES
from baremetal_lb.kube.watch import BackOff

if TYPE_CHECKING:
    from baremetal_lb.kube.client import Client

log = structlog.get_logger("hearing")


async def make_namespace(client: Client, name: str) -> None:
    """Create it where it is missing, if we may; the chart makes it, and may leave us without the right."""
    retrying = AsyncRetrying(wait=BackOff(), retry=retry_if_exception(_temporary), reraise=True)
    try:
        await retrying(_make, client, name)
    except KubeError as exc:
        log.warning("namespace for speakers not made: create it", namespace=name, error=str(exc))


async def _make(client: Client, name: str) -> None:
    try:
        await client.get(NAMESPACES, name)
    except (NotFound, Refused):
        try:
            await client.create(NAMESPACES, {"metadata": {"name": name}})
        except Conflict:
            return
        log.info("made the namespace for speakers", namespace=name)


def _temporary(error: BaseException) -> bool:
    return isinstance(error, KubeError) and error.worth_retrying
