"""Hetzner's dialect over HTTP: /v1, JSON, a bearer token."""

from __future__ import annotations

import time
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.hetzner import api
from mockcloud.cloud.hetzner.api import HetznerApi
from mockcloud.cloud.hetzner.replies import Fault, Reply, Request, error_body
from mockcloud.cloud.journal import JournalError
from mockcloud.cloud.serving.bodies import BodyError, json_body, json_response
from mockcloud.cloud.serving.faulty import Answer, Gauntlet, Subject

if TYPE_CHECKING:
    from aiohttp import web

    from mockcloud.cloud.faults import FaultRule
    from mockcloud.cloud.hetzner.rate_limit import RateLimit

TOO_MANY: Final = 429
# https://docs.hetzner.cloud/#errors: of a fault of which only the status was ordered.
_CODES: Final = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "invalid_input",
    423: "locked",
    TOO_MANY: "rate_limit_exceeded",
    502: "bad_gateway",
    503: "unavailable",
    504: "timeout",
}


class HetznerEndpoint:
    """Answers what begins with /v1."""

    def __init__(self, gauntlet: Gauntlet, token: str, rate_limit: RateLimit) -> None:
        self._gauntlet, self._token, self.rate_limit = gauntlet, token, rate_limit
        self._api = HetznerApi(gauntlet.cloud)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A request."""
        raw = await request.read()
        subject = Subject(
            "hetzner", request.method, request.path, request.path_qs, reads=request.method == "GET"
        )

        def handle(struck: FaultRule | None) -> Answer:
            reply = self._reply(request, raw, struck)
            code = reply.body["error"]["code"] if isinstance(reply.body, dict) and reply.status >= 400 else ""
            headers = self.rate_limit.headers(time.time_ns() / 1e9, exhausted=reply.status == TOO_MANY)
            return Answer(json_response(reply.status, reply.body, headers), code)

        return await self._gauntlet.run(request, subject, handle)

    def _reply(self, request: web.Request, raw: bytes, struck: FaultRule | None) -> Reply:
        refused = self._refuse(request)
        if refused is not None:
            return refused
        if struck is not None:
            return _error(
                struck.status, struck.code or _CODES.get(struck.status, "server_error"), struck.message
            )
        try:
            asked = Request(tuple(request.query.items()), json_body(raw))
            return self._api.answer(request.method, request.path.removeprefix(api.PREFIX), asked)
        except BodyError as error:
            return _error(400, "json_error", str(error))
        except JournalError as error:
            return _error(503, "service_error", f"the change could not be kept: {error}")

    def _refuse(self, request: web.Request) -> Reply | None:
        """Whoever has no token, or asks too often."""
        given = request.headers.get("Authorization", "")
        if not compare_digest(given.encode(errors="surrogateescape"), f"Bearer {self._token}".encode()):
            return _error(401, "unauthorized", "unable to authenticate")
        if not self.rate_limit.take(time.monotonic()):
            return _error(TOO_MANY, "rate_limit_exceeded", "limit of 3600 requests per hour reached")
        return None


def too_large(limit: int) -> web.Response:
    """A body that nobody reads to its end."""
    reply = _error(413, "invalid_input", f"the body is larger than {limit} bytes")
    return json_response(reply.status, reply.body)


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, error_body(Fault(status, code, message)))
