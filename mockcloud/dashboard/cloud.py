"""The cloud of a lab that is one: balancers, calls of its clients, its bill; asked for each second."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from mockcloud.dashboard.decide import cloud
from mockcloud.lab.cloud_files import ENVIRONMENT, environment, files
from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.state import LabFolder

MOST_CALLS: Final = 50
_SECONDS: Final = 1.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5)


def is_there(folder: LabFolder) -> bool:
    """Whether the lab has one."""
    return (files(folder) / ENVIRONMENT).exists()


async def follow(folder: LabFolder, put: Callable[[cloud.CloudShown], object]) -> None:
    """Put what it has whenever that was asked for, until cancelled."""
    now, calls = cloud.CloudShown(), list[dict[str, Any]]()
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
        while True:
            try:
                url = f"{environment(folder)['AWS_ENDPOINT_URL'].rstrip('/')}/_mock"
                calls = await _newer(http, url, calls)
                balancers = (await _get(http, url, "balancers"))["balancers"]
                now = cloud.shown(balancers, calls, await _get(http, url, "invoice"))
            except (aiohttp.ClientError, TimeoutError, LabError, KeyError, ValueError) as exc:
                now = replace(now, said=f"the cloud does not answer: {exc or type(exc).__name__}")
            put(now)
            await asyncio.sleep(_SECONDS)


async def _newer(http: aiohttp.ClientSession, url: str, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest first. The last one known is asked for again: without it all were forgotten."""
    since = known[0]["number"] - 1 if known else 0
    found = (await _get(http, url, f"calls?since={since}"))["calls"]
    if known and not (found and found[0] == known[0]):
        known, found = [], (await _get(http, url, "calls"))["calls"]
    return [*reversed(found), *known[1:]][:MOST_CALLS]


async def _get(http: aiohttp.ClientSession, url: str, path: str) -> dict[str, Any]:
    async with http.get(f"{url}/{path}") as answer:
        answer.raise_for_status()
        found: dict[str, Any] = await answer.json()
        return found
