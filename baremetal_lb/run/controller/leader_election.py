"""Leads while the Lease is ours: takes it, renews it, stops the work before it could be somebody else's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type

from baremetal_lb.decide.leader_election import NOBODY, Candidate, Process, Wait, process_of
from baremetal_lb.decide.rivals import SIGN_EVERY
from baremetal_lb.kube.errors import Conflict, KubeError, NotFound, reason_of
from baremetal_lb.kube.leases import LeaseRead, read_lease, write_lease
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.kube.watch import BackOff
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tenacity import RetryCallState

    from baremetal_lb.decide.leader_election import Lease
    from baremetal_lb.kube.client import Client
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.controller.rivals import RivalWatch

BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE: Final = Path("/proc/self/ns/pid")
AT_A_LOSS: Final = 5.0  # seconds
log = structlog.get_logger("leading")


class LeaderElection:
    """One controller's part in the election. `standing_by` is set while somebody else leads."""

    def __init__(
        self, client: Client, key: ObjectKey, candidate: Candidate, rivals: RivalWatch | None = None
    ) -> None:
        self.standing_by = asyncio.Event()
        self._rivals = rivals
        self._signed_at = float("-inf")  # when it was last said that we wait for another release
        self._client = client
        self._key = key
        self._candidate = candidate
        self._process = this_process()
        self._complain = RetryLog(log, "could not acquire the lease, trying again", lease=str(key))
        self._renewed_at = float("-inf")
        self._failing_since: float | None = None

    def is_at_a_loss(self) -> bool:
        """Whether the Lease can be neither read nor had, for so long that perhaps nobody leads."""
        since = self._failing_since
        return since is not None and asyncio.get_running_loop().time() >= since + AT_A_LOSS

    def is_sure(self) -> bool:
        """Whether nobody else can lead yet. A process that was paused learns it here before all else."""
        return asyncio.get_running_loop().time() - self._renewed_at < self._candidate.deadline()

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` whenever this one leads, and cancel it as soon as it may not; for ever."""
        while True:
            held = await self._acquire()
            log.info("leading", identity=self._candidate.identity)
            async with asyncio.TaskGroup() as group:
                working = group.create_task(_plain(work), name="lead")
                try:
                    await self._renew(held)
                finally:
                    working.cancel()
            log.warning("no longer leading", identity=self._candidate.identity)

    async def _acquire(self) -> LeaseRead:
        retrying = AsyncRetrying(
            wait=_wait, retry=retry_if_exception_type(KubeError), before_sleep=self._on_failure
        )
        while True:
            held: LeaseRead | Wait = await retrying(self._try)
            self._failing_since = None
            if isinstance(held, LeaseRead):
                return held
            if not self.standing_by.is_set() and self._rival() is None:
                log.info("standing by", leader=held.holder)
                self.standing_by.set()
            await asyncio.sleep(held.seconds)

    async def _try(self) -> LeaseRead | Wait:
        """One look at the lease; LeaseRead where it is ours now."""
        found = await read_lease(self._client, self._key)
        lease = found.lease if found else None
        if lease is not None and died_here(lease.holder, self._process):
            lease = replace(lease, holder=NOBODY)
        step = self._candidate.consider(lease, asyncio.get_running_loop().time())
        if isinstance(step, Wait):
            return step
        if (rival := self._rival()) is not None:
            return await self._wait_for(rival, step.lease, found)
        began = asyncio.get_running_loop().time()
        held = await write_lease(self._client, self._key, step.lease, found, utc_now())
        self._renewed_at = began
        return held

    def _rival(self) -> str | None:
        return self._rivals.leader() if self._rivals is not None else None

    async def _wait_for(self, rival: str, own: Lease, found: LeaseRead | None) -> Wait:
        """Leave the work to another release, and sign that we are there."""
        now = asyncio.get_running_loop().time()
        if now >= self._signed_at + SIGN_EVERY:
            self._signed_at = now
            lease = replace(own, holder=NOBODY, waits_for=rival)
            with contextlib.suppress(Conflict):  # another of our replicas has signed
                await write_lease(self._client, self._key, lease, found, utc_now())
        return Wait(f"the release in namespace {rival}", self._candidate.renewal_due())

    def _on_failure(self, state: RetryCallState) -> None:
        if self._failing_since is None:
            self._failing_since = asyncio.get_running_loop().time()
        self._complain(state)

    async def _renew(self, held: LeaseRead) -> None:
        """Renew until that fails for too long or somebody else has the lease; give it back when cancelled."""
        clock = asyncio.get_running_loop().time
        try:
            while self.is_sure():
                await asyncio.sleep(self._candidate.renewal_due())
                began = clock()
                try:
                    async with asyncio.timeout(self._candidate.renewal_due()):
                        held = await write_lease(self._client, self._key, held.lease, held, utc_now())
                    self._renewed_at = began
                    if self._rivals is not None and (rival := self._rivals.must_yield()) is not None:
                        log.warning("leaving the work to another release", namespace=rival)
                        await self._give_back(held)
                        return
                except Conflict:
                    again = await read_lease(self._client, self._key)
                    if again is None or again.lease.holder != self._candidate.identity:
                        return
                    held = again
                except (KubeError, TimeoutError) as exc:
                    log.warning("could not renew the lease", error=reason_of(exc))
        except asyncio.CancelledError:
            await self._give_back(held)
            raise

    async def _give_back(self, held: LeaseRead) -> None:
        """So that another can take over at once."""
        try:
            async with asyncio.timeout(2):
                await write_lease(
                    self._client, self._key, replace(held.lease, holder=NOBODY), held, utc_now()
                )
        except (KubeError, TimeoutError) as exc:
            log.warning("could not release the lease", error=reason_of(exc))


def this_process() -> Process:
    """Which process we are, as far as others can tell."""
    boot = BOOT.read_text(encoding="ascii").strip()
    return Process(socket.gethostname(), os.getpid(), boot, PID_NAMESPACE.stat().st_ino)


def own_identity() -> str:
    """A name among the candidates that no other has, whatever its host, pid or pod is called."""
    pod, unique = os.environ.get("POD_NAME"), str(uuid.uuid4())
    return f"{pod}_{unique}" if pod else this_process().identity(unique)


def died_here(holder: str, here: Process) -> bool:
    """Whether a holder was a process beside ours that is no more: it need not be waited for."""
    process = process_of(holder)
    if process is None or not here.is_neighbour(process):
        return False
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


async def _plain(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _wait(state: RetryCallState) -> float:
    """An API that is away is back in a moment; what only a person can mend takes longer."""
    error = state.outcome.exception() if state.outcome else None
    return BackOff(0.1, 5.0 if isinstance(error, NotFound) else 1.0)(state)
