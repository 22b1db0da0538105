"""The instance metadata service (IMDSv2) over HTTP, for whoever binds it on 169.254.169.254."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from aiohttp import web

from mockcloud.cloud.aws import metadata
from mockcloud.cloud.aws.metadata import LONGEST, Tokens
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.keys import KeyPair

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.core.values import Instance
    from mockcloud.cloud.service import CloudService

ADDRESS: Final = "169.254.169.254"
PORT: Final = 80
TOKEN: Final = "X-aws-ec2-metadata-token"
SECONDS: Final = "X-aws-ec2-metadata-token-ttl-seconds"
_VERSION: Final = re.compile(r"/+(?:latest|1\.0|20\d\d-\d\d-\d\d)(/.*|)")


def metadata_application(
    cloud: CloudService,
    keys: KeyPair | None = None,
    who: Callable[[CloudService, str], Instance | None] = metadata.who_has,
) -> web.Application:
    """Tells each instance of itself; `who`: whose a peer's address is. 404 for whoever is none."""
    service = _Service(cloud, keys or KeyPair(), who)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    return app


class _Service:
    def __init__(
        self, cloud: CloudService, keys: KeyPair, who: Callable[[CloudService, str], Instance | None]
    ) -> None:
        self._cloud, self._keys, self._who = cloud, keys, who
        self._tokens = Tokens(secrets.token_bytes(32))

    async def answer(self, request: web.Request) -> web.Response:
        """A request."""
        instance = self._who(self._cloud, request.remote or "")
        if instance is None:
            return web.Response(status=404, text=f"no instance has the address {request.remote}")
        if "X-Forwarded-For" in request.headers:  # a proxy that somebody left open
            return web.Response(status=403, text="requests that came through a proxy are not answered")
        if request.path == "/latest/api/token":
            return self._issue(request, instance)
        if request.method != "GET":
            return web.Response(status=405, text=f"{request.method} is not allowed here, GET is")
        return self._tell(request, instance)

    def _issue(self, request: web.Request, instance: Instance) -> web.Response:
        if request.method != "PUT":
            return web.Response(status=405, text=f"{request.method} is not allowed here, PUT is")
        wanted = request.headers.get(SECONDS, "")
        seconds = number_within(wanted, 1, LONGEST)
        if seconds is None:
            return web.Response(status=400, text=f"{SECONDS}: expected 1 to {LONGEST}, not '{wanted}'")
        token = self._tokens.issue(instance.id, seconds, self._cloud.clock.now())
        return web.Response(text=token, headers={SECONDS: wanted})

    def _tell(self, request: web.Request, instance: Instance) -> web.Response:
        left = self._tokens.left(request.headers.get(TOKEN, ""), instance.id, self._cloud.clock.now())
        if not left:
            said = f"{TOKEN} is missing or has expired: PUT /latest/api/token gives one"
            return web.Response(status=401, text=said)
        found = _VERSION.fullmatch(request.path)
        tree = metadata.metadata(self._cloud, instance, self._keys)
        text = "latest" if request.path == "/" else metadata.look_up(tree, found[1]) if found else None
        if text is None:
            return web.Response(status=404, text=f"nothing is at {request.path}")
        return web.Response(text=text, headers={SECONDS: str(left)})
