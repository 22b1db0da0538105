"""Whether the node's Service rules are as new as what is announced, where somebody on the node tells that.

kube-proxy does not. Who does answers `URL/SERVICES/SLICES`: 200 once its rules are at least as new as these
resourceVersions of Services and EndpointSlices, 503 until then.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog
from tenacity import AsyncRetrying, retry_if_result, wait_fixed

PAUSE: Final = 0.02  # seconds between two questions
PATIENCE: Final = 5.0  # seconds after which it is told all the same
NOT_YET: Final = HTTPStatus.SERVICE_UNAVAILABLE
log = structlog.get_logger("service rules")


class ServiceRules:
    """Asks at `url`; without one it asks nobody."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._complaint = ""

    async def stand(self, services: int, slices: int) -> None:
        """Return when the rules are as new as these versions, or it has been waited for long enough."""
        if not self._url:
            return
        complaint = await self._ask(f"{self._url}/{services}/{slices}")
        if complaint and complaint != self._complaint:
            log.warning("could not find out whether Service rules are in place", url=self._url, why=complaint)
        self._complaint = complaint

    async def _ask(self, url: str) -> str:
        """Ask until the rules are new enough; else why that is not known."""
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda found: found == NOT_YET), wait=wait_fixed(PAUSE)
        )
        try:
            async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
                status: int = await retrying(_status, session, url)
        except TimeoutError:
            return f"they are older than the API after {PATIENCE:g} s"
        except aiohttp.ClientError as exc:
            return str(exc)
        return "" if status == HTTPStatus.OK else f"HTTP {status}; expected 200 or 503"


async def _status(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        return answer.status
