"""AWS' dialect over HTTP: one endpoint for all services, at /."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from aiohttp import web

from mockcloud.cloud.aws import api
from mockcloud.cloud.aws.api import AwsApi
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.signing import HttpRequest
from mockcloud.cloud.journal import JournalError
from mockcloud.cloud.serving.faulty import Answer, Gauntlet, Subject

if TYPE_CHECKING:
    from mockcloud.cloud.faults import FaultRule
    from mockcloud.cloud.keys import KeyPair


class AwsEndpoint:
    """Answers what is asked of /."""

    def __init__(self, gauntlet: Gauntlet, keys: KeyPair) -> None:
        self._gauntlet, self._api = gauntlet, AwsApi(gauntlet.cloud, keys)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A request."""
        try:
            asked = self._api.look_at(await _http(request))
        except web.HTTPRequestEntityTooLarge as error:
            refused = AwsError("RequestEntityTooLarge", "The request is too large.", error.status)
            nothing = api.Asked(HttpRequest(request.method, "/", "", {}, b""))
            return _response(api.refuse(nothing, refused, "-"), "-")
        subject = Subject("aws", request.method, asked.path, asked.path, asked.reads)

        def handle(struck: FaultRule | None) -> Answer:
            request_id = str(uuid.uuid4())
            found = self._answer(asked, request_id, struck)
            return Answer(_response(found, request_id), found.code)

        return await self._gauntlet.run(request, subject, handle)

    def _answer(self, asked: api.Asked, request_id: str, struck: FaultRule | None) -> api.Answer:
        if struck is not None:
            return api.struck(asked, struck, request_id)
        try:
            return self._api.answer(asked, time.time_ns() / 1e9, request_id)
        except JournalError as error:
            kept = AwsError("InternalFailure", f"the change could not be kept: {error}", 500)
            return api.refuse(asked, kept, request_id)


def _response(answer: api.Answer, request_id: str) -> web.Response:
    headers = {"x-amzn-RequestId": request_id}
    return web.Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        charset="utf-8",
        headers=headers,
    )


async def _http(request: web.Request) -> HttpRequest:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lowered = name.lower()
        headers[lowered] = f"{headers[lowered]},{value}" if lowered in headers else value
    url = request.rel_url
    return HttpRequest(request.method, url.path, url.raw_query_string, headers, await request.read())
