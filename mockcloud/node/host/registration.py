"""Registers the node: makes its Node object, and renews its Lease."""

import asyncio
import logging
from typing import Any, Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from mockcloud.client.clock import micros_text, seconds_text, utc_now
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.informer import may_pass
from mockcloud.client.resources import LEASES, NODES
from mockcloud.client.rest import Client
from mockcloud.node.host.node_object import (
    LEASE_NAMESPACE,
    NodeFacts,
    lease_spec,
    new_lease,
    new_node,
    node_status,
    own_metadata,
    own_spec,
)

LOG: Final = logging.getLogger(__name__)
RENEW_SECONDS: Final = 2.0
Object = dict[str, Any]


class Registrar:
    """Writes one node's Node and Lease."""

    def __init__(self, client: Client, facts: NodeFacts) -> None:
        self._client = client
        self._facts = facts
        self._node: Object | None = None

    async def register(self) -> None:
        """Create or update the Node and say that it is Ready; waits as long as the API is away."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(may_pass),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            after=_log_failure,
        ):
            with attempt:
                self._node = await self._write()

    async def keep_lease(self) -> None:
        """Renew for ever. A renewal that fails is tried again at the next turn: the pods go on."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            try:
                await self._renew()
            except (ApiError, ApiUnreachable) as error:
                LOG.warning("could not renew the node's lease: %s", error)
            due = max(due + RENEW_SECONDS, clock())
            await asyncio.sleep(due - clock())

    async def _write(self) -> Object:
        name = self._facts.name
        try:
            node = await self._client.create(NODES, new_node(self._facts))
            LOG.info("node %s is registered", name)
        except ApiError as error:
            if error.status != 409:
                raise
            patch = {"metadata": own_metadata(self._facts), "spec": own_spec(self._facts)}
            node = await self._client.patch(NODES, name, patch)
        status = node_status(self._facts, node.get("status") or {}, seconds_text(utc_now()))
        return await self._client.patch(NODES, name, {"status": status}, subresource="status")

    async def _renew(self) -> None:
        if self._node is None:
            return
        renewed = micros_text(utc_now())
        try:
            spec = lease_spec(self._facts.name, renewed)
            await self._client.patch(LEASES, self._facts.name, {"spec": spec}, namespace=LEASE_NAMESPACE)
        except ApiError as error:
            if error.status != 404:
                raise
            await self._client.create(LEASES, new_lease(self._node, renewed))


def _log_failure(state: RetryCallState) -> None:
    if state.outcome is not None and state.outcome.failed:
        LOG.warning("could not register the node yet: %s", state.outcome.exception())
