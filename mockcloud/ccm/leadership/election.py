"""Works while the Lease is ours: takes it, renews it, gives it back at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, wait_random_exponential

from mockcloud.ccm.leadership.candidate import NOBODY, Candidate, Lease, Wait
from mockcloud.client.clock import micros_text, utc_now
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.informer import may_pass
from mockcloud.client.objects import Object
from mockcloud.client.resources import LEASES
from mockcloud.client.rest import Client

NAMESPACE: Final = "kube-system"
NAME: Final = "cloud-controller-manager"
LOG: Final = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """Another process may lead from now on: this one must end."""


class Election:
    """One process' part in it; its Lease is kube-system/cloud-controller-manager."""

    def __init__(self, client: Client, candidate: Candidate) -> None:
        self._client = client
        self._candidate = candidate

    async def lead(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the Lease, and do `work` while it is ours. LeadershipLost where it no longer is."""
        raw = await self._acquire()
        LOG.info("leading as %s", self._candidate.identity)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._renew(raw), name="renew the lease")
            await work()

    async def _acquire(self) -> Object:
        told = ""
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(lambda error: may_pass(error) or _conflict(error)),
                wait=wait_random_exponential(multiplier=0.05, max=2),
                before_sleep=before_sleep_log(LOG, logging.WARNING),
            ):
                with attempt:
                    found = await self._try()
            if not isinstance(found, Wait):
                return found
            if found.holder != told:
                LOG.info("standing by: %s leads", found.holder)
                told = found.holder
            await asyncio.sleep(found.seconds)

    async def _try(self) -> Object | Wait:
        """One look: the Lease where it is ours now."""
        try:
            raw = await self._client.get(LEASES, NAME, NAMESPACE)
        except ApiError as error:
            if error.status != 404:
                raise
            raw = None
        step = self._candidate.consider(lease_of(raw) if raw else None, asyncio.get_running_loop().time())
        return step if isinstance(step, Wait) else await self._write(raw, step.transitions)

    async def _write(self, over: Object | None, transitions: int) -> Object:
        identity, now = self._candidate.identity, micros_text(utc_now())
        spec: Object = {**((over or {}).get("spec") or {}), "renewTime": now}
        if spec.get("holderIdentity") != identity:
            spec |= {"acquireTime": now, "leaseTransitions": transitions}
        spec |= {"holderIdentity": identity, "leaseDurationSeconds": round(self._candidate.duration)}
        if over is None:
            body = {"metadata": {"namespace": NAMESPACE, "name": NAME}, "spec": spec}
            return await self._client.create(LEASES, body)
        return await self._client.replace(LEASES, {**over, "spec": spec})

    async def _renew(self, raw: Object) -> None:
        """Renew until that fails for too long, or somebody else has it; give it back when cancelled."""
        clock = asyncio.get_running_loop().time
        renewed_at = clock()
        try:
            while True:
                await asyncio.sleep(self._candidate.retry)
                began = clock()
                try:
                    async with asyncio.timeout_at(renewed_at + self._candidate.deadline):
                        raw = await self._write(raw, lease_of(raw).transitions)
                    renewed_at = began
                except (ApiError, ApiUnreachable, TimeoutError) as error:
                    LOG.warning("the lease could not be renewed: %s", error or type(error).__name__)
                    raw = await self._own_still(raw, error)
                if clock() - renewed_at >= self._candidate.deadline:
                    msg = f"the lease was not renewed for {self._candidate.deadline:g} s"
                    raise LeadershipLost(msg)
        except asyncio.CancelledError:
            await self._give_back(raw)
            raise

    async def _own_still(self, raw: Object, error: Exception) -> Object:
        """After a conflict: the Lease as it stands, where it is still ours. LeadershipLost."""
        if not _conflict(error):
            return raw
        with suppress(ApiUnreachable):
            raw = await self._client.get(LEASES, NAME, NAMESPACE)
        if (holder := lease_of(raw).holder) != self._candidate.identity:
            msg = f"the lease is held by {holder or 'nobody'}"
            raise LeadershipLost(msg)
        return raw

    async def _give_back(self, raw: Object) -> None:
        """So that the next one need not wait."""
        spec = {**raw["spec"], "holderIdentity": NOBODY, "leaseDurationSeconds": 1}
        with suppress(ApiError, ApiUnreachable, TimeoutError):
            async with asyncio.timeout(2):
                await self._client.replace(LEASES, {**raw, "spec": spec})


def lease_of(raw: Object) -> Lease:
    """What a coordination.k8s.io/v1 Lease says."""
    spec = raw.get("spec") or {}
    return Lease(
        spec.get("holderIdentity") or NOBODY,
        spec.get("renewTime") or "",
        float(spec.get("leaseDurationSeconds") or 1),
        int(spec.get("leaseTransitions") or 0),
    )


def _conflict(error: BaseException) -> bool:
    return isinstance(error, ApiError) and error.status == 409
