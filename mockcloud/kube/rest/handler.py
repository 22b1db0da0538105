"""One HTTP request in, one answer out: who may ask, which path, which verb."""

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from mockcloud.kube.admission.annotations import noted
from mockcloud.kube.admission.warnings import heard, warn
from mockcloud.kube.auth.access import Access
from mockcloud.kube.auth.impersonation import PREFIX
from mockcloud.kube.auth.questions import forbidden
from mockcloud.kube.auth.user import NOBODY, User
from mockcloud.kube.registry import Registry
from mockcloud.kube.rest import discovery, identities, overview, replies
from mockcloud.kube.rest import traffic as flow
from mockcloud.kube.rest.auditing import Audit
from mockcloud.kube.rest.call import Call
from mockcloud.kube.rest.converting import Conversions, nobody
from mockcloud.kube.rest.openapi import Documents
from mockcloud.kube.rest.paths import NoSuchGroup, NoSuchResource, Target, resolve
from mockcloud.kube.rest.questions import question
from mockcloud.kube.rest.verbs import Verbs
from mockcloud.kube.storage.store import ObjectTooLarge
from mockcloud.kube.streams.options import PROXY
from mockcloud.kube.streams.serving import Streams
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import Refusal

_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
# What a mistake in this program may raise; RuntimeError is what a recursion without end raises, too.
_INTERNAL: Final = (
    ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Api:
    """The handler of all requests; `stop()` ends the open watches and streams."""

    registry: Registry
    access: Access
    streams: Streams
    audit: Audit | None = None
    conversions: Conversions = field(default_factory=lambda: Conversions(nobody, str))
    traffic: flow.Traffic = field(default_factory=flow.Traffic)
    # Told of each connection that showed the token.
    proven: Callable[[object], None] = lambda _connection: None
    _verbs: Verbs = field(init=False)
    _documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self._documents = Documents(self.registry.scheme)
        self._verbs = Verbs(self.registry, self.access, self.streams, self.conversions, self.audit)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request, whatever it is, as it was sent."""
        response = await self._responded(request)
        if self.audit is not None:
            self.audit.complete(request, response)
        return await self.traffic.send(request, response)

    async def _responded(self, request: web.BaseRequest) -> web.StreamResponse:
        with heard() as warnings, noted() as annotations:
            response = await self._answered(request)
        if self.audit is not None and annotations:
            self.audit.noted(request, annotations)
        if not response.prepared:
            replies.warn(response, warnings)
        return response

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            response = await self._answer(request)
            self.traffic.require_room(response)
        except Refusal as refusal:
            response = replies.refused(refusal)
        except ObjectTooLarge as exc:
            response = replies.refused(refusals.too_large(str(exc)))
        except ConnectionError:
            raise
        except _INTERNAL as exc:
            response = replies.refused(Refusal(500, "InternalError", _told_of(request, exc)))
        if isinstance(response, web.Response) and replies.wants_pretty(request):
            return replies.pretty(response)
        return response

    def stop(self) -> None:
        """End all watches, each one that is still to come, and all streams into pods."""
        self._verbs.stop()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        user = self._admitted(request)
        told = self._overview(request)
        if told is not None:
            return told
        accept = request.headers.get("Accept", "")
        if path.startswith("/openapi/"):
            return self._documents.answer(request)
        if request.method == "GET":
            content = discovery.answer(self.registry.scheme, path, accept)
            if content is not None:
                response = replies.encoded(content)
                aggregated = discovery.aggregated_type(path, accept)
                if aggregated:
                    response.headers["Content-Type"] = aggregated
                return response
            document = identities.document(self.access, path, request.host)
            if document is not None:
                return document
        if not path.startswith(("/api/", "/apis/")):
            return replies.plain("404 page not found\n", 404)
        with self.traffic.working(request):
            return await self._named(request, user)

    def _overview(self, request: web.BaseRequest) -> web.Response | None:
        """The answer at a path where the API tells of itself, None at another."""
        if request.method != "GET":
            return overview.health(request.path, request.query)
        if request.path == "/metrics":
            text = overview.metrics(self.registry.store, self.traffic, self._verbs.watches())
            return web.Response(body=text.encode(), headers={"Content-Type": overview.METRICS_TYPE})
        if request.path == "/":
            return replies.pretty(replies.json(overview.paths(self.registry.scheme)))
        return overview.health(request.path, request.query)

    def _admitted(self, request: web.BaseRequest) -> User:
        """As whom the request is made; 401 or 403 where that cannot be, or he may not."""
        caller = self._caller(request)
        names = [name for name in request.headers if name[: len(PREFIX)].lower() == PREFIX]
        acting = self.access.acting(caller, {each.lower(): request.headers.getall(each) for each in names})
        asked = question(request.method, request.path, request.query)
        decision = self.access.policy.decide(acting, asked)
        if self.audit is not None:
            self.audit.decided(request, (caller, acting), asked, decision)
        if not decision.allowed:
            raise forbidden(acting, asked, decision.why)
        return acting

    def _caller(self, request: web.BaseRequest) -> User:
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        user = self.access.authenticator.user(request.headers.get("Authorization", ""), certificate)
        if user is not NOBODY:
            self.proven(request.protocol)
        return user

    async def _named(self, request: web.BaseRequest, user: User) -> web.StreamResponse:
        named = resolve(request.path, self.registry.scheme)
        match named:
            case NoSuchGroup():
                return replies.plain("404 page not found\n", 404)
            case NoSuchResource():
                raise refusals.no_such_path()
            case Target():
                for text in named.kind.warnings:
                    warn(text)
                call = Call(request, named, user)
                if named.subresource == PROXY:  # what the client accepts is the other server's business
                    return await self._verbs.stream(call)
                accepted = call.accepted()
                verb = self._verbs.of(call)
                response = await self.conversions.answered(lambda: verb(call))
                if accepted.yaml and isinstance(response, web.Response):
                    return replies.as_yaml(response)
                return response


def _told_of(request: web.BaseRequest, error: Exception) -> str:
    """The message of what is no fault of the client; the log has a line for a full disk, all of a bug."""
    if isinstance(error, OSError) and error.errno in _DISK:
        log.error("%s %s failed: could not store it: %s", request.method, request.path, error)
        return f"Internal error occurred: could not store it: {error}"
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return f"Internal error occurred: {type(error).__name__}: {error}"
