"""A pod's service account tokens: asked of the API, bound to the pod, kept and renewed."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.resources import SERVICE_ACCOUNTS
from mockcloud.client.rest import Client
from mockcloud.node.pods.files.sources import Token
from mockcloud.node.pods.rendering import NoVolume
from mockcloud.node.pods.spec import PodSpec
from mockcloud.node.pods.tokens import Issued, tokens_of

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]
AGAIN_SECONDS: Final = 10.0  # where a renewal has failed; there is a fifth of the token's life for it


class PodTokens:
    """Those of one pod; `clock` in seconds since the epoch."""

    def __init__(self, client: Client, spec: PodSpec, clock: Callable[[], float]) -> None:
        self._client = client
        self._spec = spec
        self._clock = clock
        self._wanted = tokens_of(spec)
        self._issued: dict[Token, Issued] = {}
        self._complete = asyncio.Event()

    def text(self, wanted: Token) -> str:
        """The token for the pod's files; NoVolume where there is none yet."""
        if wanted not in self._issued:
            msg = f"there is no token of service account {self._spec.account} yet"
            raise NoVolume(msg)
        return self._issued[wanted].text

    async def renew(self) -> None:
        """Ask for those that are missing or due; NoVolume where one cannot be had."""
        now = self._clock()
        due = [one for one in self._wanted if one not in self._issued or self._issued[one].due <= now]
        for one in due:
            try:
                self._issued[one] = await self._ask(one)
            except (ApiError, ApiUnreachable) as error:
                account = f"{self._spec.namespace}/{self._spec.account}"
                msg = f"failed to fetch token of service account {account}: {error}"
                raise NoVolume(msg) from error
        self._complete.set()

    async def keep(self, renewed: Callable[[], None]) -> None:
        """Renew them in time, for ever, and say so; nothing for a pod without tokens."""
        if not self._wanted:
            return
        await self._complete.wait()
        while True:
            due = min(each.due for each in self._issued.values())
            await asyncio.sleep(max(due - self._clock(), 0.0))
            await self.insist()
            renewed()

    async def insist(self) -> None:
        """As `renew`, again and again until all could be had: those that the pod has are good for a while."""
        while True:
            try:
                await self.renew()
            except NoVolume as error:
                LOG.warning("%s: %s; asking again in %g s", self._spec.label, error, AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    async def _ask(self, wanted: Token) -> Issued:
        spec = self._spec
        request: Object = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {"namespace": spec.namespace, "name": spec.account},
            "spec": {
                "expirationSeconds": wanted.seconds,
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": spec.name, "uid": spec.uid},
            },
        }
        if wanted.audience:
            request["spec"]["audiences"] = [wanted.audience]
        begins = self._clock()
        status = (await self._client.create(SERVICE_ACCOUNTS, request, subresource="token"))["status"]
        ends = datetime.fromisoformat(status["expirationTimestamp"]).timestamp()
        return Issued(status["token"], begins, ends)
