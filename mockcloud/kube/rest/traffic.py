"""What may be at work at once: requests, bytes of bodies and of answers, and the time each may take.

The numbers of requests and the times are kube-apiserver's (`--max-requests-inflight`,
`--max-mutating-requests-inflight`, `--request-timeout`). Watches and streams have bounds of their own.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockcloud.kube.queries import flag
from mockcloud.kube.rest.parsing import BODY_LIMIT
from mockcloud.kube.streams.options import PROXY, STREAMS
from mockcloud.kube.writes.refusals import Refusal, too_large, too_many_requests

MOST_READS: Final = 400
MOST_WRITES: Final = 200
MOST_ANSWERING: Final = 256 << 20
"""Bytes of answers that clients have yet to take, in all; one alone may be larger."""
READ_SECONDS: Final = 60.0
SEND_SECONDS: Final = 60.0
BUSY: Final = "Too many requests, please try again later."
_LIMIT: Final = f"limit is {BODY_LIMIT}"


async def body_of(request: web.BaseRequest) -> bytes:
    """The request's body; 413 where it is larger than a body may be, 504 where it does not come."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise too_large(_LIMIT)
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.read()
    except TimeoutError:
        why = f"Timeout: the request's body did not come within {READ_SECONDS:g} s"
        raise Refusal(504, "Timeout", why) from None
    except web.HTTPRequestEntityTooLarge:
        raise too_large(_LIMIT) from None


@dataclass(slots=True)
class Traffic:
    """The requests of one server that are at work now."""

    reads: int = 0
    writes: int = 0
    answering: int = 0

    @contextmanager
    def working(self, request: web.BaseRequest) -> Iterator[None]:
        """Count the request while it is worked on; 429 where too many are."""
        if _long_running(request):
            yield
        elif request.method in ("GET", "HEAD"):
            if self.reads >= MOST_READS:
                raise too_many_requests(BUSY)
            self.reads += 1
            try:
                yield
            finally:
                self.reads -= 1
        else:
            if self.writes >= MOST_WRITES:
                raise too_many_requests(BUSY)
            self.writes += 1
            try:
                yield
            finally:
                self.writes -= 1

    def require_room(self, response: web.StreamResponse) -> None:
        """429 where the answer is more than what may wait for slow clients."""
        if self.answering and self.answering + _size(response) > MOST_ANSWERING:
            raise too_many_requests(BUSY)

    async def send(self, request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
        """Write the answer; a client that does not take it in time is cut (ConnectionResetError)."""
        size = _size(response)
        if response.prepared or not size:
            return response
        self.answering += size
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
            msg = f"the client took no more of its answer within {SEND_SECONDS:g} s"
            raise ConnectionResetError(msg) from None
        finally:
            self.answering -= size
        return response


def _size(response: web.StreamResponse) -> int:
    body = response.body if isinstance(response, web.Response) else None
    return len(body) if isinstance(body, bytes | bytearray) else 0


def _long_running(request: web.BaseRequest) -> bool:
    """Watches, and streams into pods: as many as there are connections."""
    if request.path.rpartition("/")[2] in STREAMS or f"/{PROXY}/" in request.path:
        return True
    return flag(request.query, "watch")
