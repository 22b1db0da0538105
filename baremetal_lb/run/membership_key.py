"""Keeps the Secret with the speakers' key: made where it is missing, never changed."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type

from baremetal_lb.kube.errors import ApiError, ApiUnreachable, Conflict
from baremetal_lb.kube.resources import SECRETS
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.kube.secrets import KEY_BYTES, MEMBERSHIP, membership_secret
from baremetal_lb.kube.watch import BackOff, Informer, Scope
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    from baremetal_lb.kube.client import Client, JsonObject

log = structlog.get_logger("membership")


async def keep_membership_key(client: Client, namespace: str) -> None:
    """Watch the Secret, and create it whenever it is not there. Any number may do so at once."""
    where = ObjectKey(namespace, MEMBERSHIP)
    news = asyncio.Event()
    secret: Informer[JsonObject] = Informer(
        client, SECRETS, lambda raw: raw, Scope(namespace, f"metadata.name={MEMBERSHIP}")
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(secret.run(lambda _change: news.set()), name="watch the membership key")
        await secret.synced.wait()
        while True:
            news.clear()
            if secret.get(where) is None:
                await _create(client, where)
            await news.wait()


async def _create(client: Client, where: ObjectKey) -> None:
    # The namespace may be made after us, and rights may be given later: try on, ever less often.
    complain = RetryLog(log, "the speakers' key not made, trying again", secret=str(where))
    async for attempt in AsyncRetrying(
        wait=BackOff(),
        retry=retry_if_exception_type((ApiError, ApiUnreachable)),
        before_sleep=complain,
        reraise=True,
    ):
        with attempt:
            try:
                await client.create(SECRETS, membership_secret(where, secrets.token_bytes(KEY_BYTES)))
                log.info("created the speakers' key", secret=str(where))
            except Conflict:
                return
