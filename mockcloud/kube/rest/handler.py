"""One HTTP request in, one answer out: who may ask, which path, which verb."""

import errno
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
from aiohttp import web

from mockcloud.kube.admission.annotations import noted
from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.warnings import heard, warn
from mockcloud.kube.auth.access import Access
from mockcloud.kube.auth.impersonation import PREFIX
from mockcloud.kube.auth.questions import forbidden
from mockcloud.kube.auth.service_accounts.issuing import TOKEN_REQUEST
from mockcloud.kube.auth.user import NOBODY, User
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.queries import flag
from mockcloud.kube.registry import Author, Place, Registry
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.rest import bodies, discovery, identities, listing, overview, parsing, replies, watching
from mockcloud.kube.rest import traffic as flow
from mockcloud.kube.rest.auditing import Audit
from mockcloud.kube.rest.converting import Conversions, nobody
from mockcloud.kube.rest.negotiation import Form, Wanted, wanted
from mockcloud.kube.rest.openapi import Documents
from mockcloud.kube.rest.paths import NoSuchGroup, NoSuchResource, Target, resolve
from mockcloud.kube.rest.questions import question
from mockcloud.kube.rest.rendering import Rendering
from mockcloud.kube.rest.watching import Watch
from mockcloud.kube.rest.writing import PATCH_TYPES, Writer, patched, require_same
from mockcloud.kube.schema.operations import CONNECT_KINDS, patch_types
from mockcloud.kube.storage.store import ObjectTooLarge, Stored
from mockcloud.kube.streams.options import PROXY, STREAMS
from mockcloud.kube.streams.serving import Streams
from mockcloud.kube.writes import deletion, refusals, subresources
from mockcloud.kube.writes.eviction import EVICTION
from mockcloud.kube.writes.refusals import Refusal, bad_request

CBOR: Final = "application/apply-patch+cbor"
"""Known, and behind a feature gate that is off."""
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})
# What a mistake in this program may raise; RuntimeError is what a recursion without end raises, too.
_INTERNAL: Final = (
    ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """One request below /api or /apis that names objects, and who it is from."""

    request: web.BaseRequest
    target: Target
    user: User

    @property
    def query(self) -> dict[str, str]:
        """The query; of a repeated name the first value counts."""
        return {name: self.request.query[name] for name in self.request.query}

    @property
    def content_type(self) -> str:
        """The body's media type as the client named it, "" where it did not."""
        return self.request.headers.get("Content-Type", "")

    @property
    def medium(self) -> str:
        """The body's media type without parameters."""
        return self.content_type.partition(";")[0].strip().lower()

    async def body(self, options: bodies.WriteOptions | None = None) -> object:
        """The body as JSON values; the options of a write are told what it says twice."""
        content, repeated = await flow.body_of(self.request), None if options is None else options.repeated
        return await parsing.parsed(content, self.content_type, repeated=repeated)

    def rendering(self) -> Rendering:
        """How the client wants its objects."""
        include, accepted = self.request.query.get("includeObject", "Metadata"), self.accepted()
        if accepted.form is Form.TABLE and include not in ("None", "Metadata", "Object"):
            why = f"""Invalid value: "{include}": must be 'Metadata', 'Object', 'None', or empty"""
            msg = f"Unable to convert to Table as requested: includeObject: {why}"
            raise bad_request(msg)
        return Rendering(self.target.kind, accepted, include)

    def accepted(self, *, tables: bool = True) -> Wanted:
        """What the client can read; 406 where that cannot be."""
        return wanted(self.request.headers.get("Accept", ""), tables=tables)


@dataclass(slots=True)
class Api:
    """The handler of all requests; `stop()` ends the open watches and streams."""

    registry: Registry
    access: Access
    streams: Streams
    audit: Audit | None = None
    conversions: Conversions = field(default_factory=lambda: Conversions(nobody, str))
    traffic: flow.Traffic = field(default_factory=flow.Traffic)
    proven: Callable[[object], None] = lambda _connection: (
        None
    )  # told of each connection that showed the token
    _open: dict[int, Watch] = field(default_factory=dict)
    _stopping: bool = False
    _documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self._documents = Documents(self.registry.scheme)
        self.registry.scheme.leaving.append(self._end_watches)

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
        self._stopping = True
        self.streams.stop()
        for watch in self._open.values():
            watch.end()

    def _end_watches(self, kind: Kind) -> None:
        """A kind is served no more, or by another schema: who watches it has to ask anew."""
        for watch in self._open.values():
            if watch.request.target.kind.gvk == kind.gvk:
                watch.end()

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
            return None
        if request.path == "/metrics":
            watches = Counter(watch.request.target.kind.resource for watch in self._open.values())
            text = overview.metrics(self.registry.store, self.traffic, watches)
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
                    return await self._stream(call)
                accepted = call.accepted()
                verb = self._verb(call)
                response = await self.conversions.answered(lambda: verb(call))
                if accepted.yaml and isinstance(response, web.Response):
                    return replies.as_yaml(response)
                return response

    def _verb(self, call: Call) -> Callable[[Call], Awaitable[web.StreamResponse]]:
        """What does the method on this target; 405 where nothing does."""
        target, method = call.target, call.request.method
        if target.subresource:
            verbs = self._verbs_of_part(target.subresource)
        elif target.name:
            verbs = {"GET": self._get, "PUT": self._replace, "PATCH": self._patch, "DELETE": self._delete}
        elif target.kind.namespaced and target.namespace is None:
            verbs = {"GET": self._list}
        elif target.kind.is_question:
            verbs = {"POST": self._review}
        else:
            verbs = {"GET": self._list, "POST": self._create, "DELETE": self._delete_collection}
        verb = verbs.get(method)
        if verb is None or not (target.subresource or _allowed(target, method)):
            raise refusals.method_not_allowed()
        return verb

    def _verbs_of_part(self, part: str) -> Mapping[str, Callable[[Call], Awaitable[web.StreamResponse]]]:
        match part:
            case "scale":
                return {"GET": self._get_scale, "PUT": self._put_scale, "PATCH": self._patch_scale}
            case "binding":
                return {"POST": self._bind}
            case "token":
                return {"POST": self._token}
            case "eviction":
                return {"POST": self._evict}
            case "log":
                return {"GET": self._stream}
        if part in STREAMS:
            return {"GET": self._stream, "POST": self._stream}
        return {"GET": self._get, "PUT": self._replace, "PATCH": self._patch}

    def _writer(self, call: Call) -> Writer:
        user_agent = call.request.headers.get("User-Agent", "")
        return Writer(self.registry, Author(call.user, bodies.manager_of(call.query, user_agent)))

    async def _get(self, call: Call) -> web.StreamResponse:
        if flag(call.query, "watch"):
            return await self._watch(call)
        target = call.target
        listing.require_known(self.registry.store, call.query)
        stored = self.registry.store.get(target.kind.storage, (target.namespace or "", target.name))
        if stored is None:
            raise refusals.not_found(target.kind, target.name)
        return self._object(call, stored)

    async def _list(self, call: Call) -> web.StreamResponse:
        if flag(call.query, "watch"):
            return await self._watch(call)
        page = listing.page(self.registry.store, call.target, call.query)
        content = call.rendering().many(page.items, page.metadata, self.registry.clock())
        return replies.encoded(content)

    async def _watch(self, call: Call) -> web.StreamResponse:
        parsed = watching.parse_watch(call.target, call.rendering(), call.query, self.registry.rng)
        watch = Watch(parsed, self.registry.store, self.registry.clock)
        if self._stopping:
            watch.end()
        self._open[id(watch)] = watch
        if self.audit is not None:
            self.audit.started(call.request)
        try:
            return await watching.serve(watch, call.request, self.conversions)
        finally:
            del self._open[id(watch)]

    async def _create(self, call: Call) -> web.StreamResponse:
        options = bodies.write_options(call.query, "CreateOptions")
        stored = await self._writer(call).create(call.target, await call.body(options), options)
        return self._object(call, stored, 201)

    async def _replace(self, call: Call) -> web.StreamResponse:
        options = bodies.write_options(call.query, "UpdateOptions")
        stored, new = await self._writer(call).replace(call.target, await call.body(options), options)
        return self._object(call, stored, 201 if new else 200)

    async def _patch(self, call: Call) -> web.StreamResponse:
        options = _patch_options(call)
        medium, patch = await _patch_of(call, options)
        if medium == parsing.APPLY:
            stored, new = await self._writer(call).apply(call.target, _required_object(patch), options)
            return self._object(call, stored, 201 if new else 200)
        stored = await self._writer(call).patch(call.target, patch, medium, options)
        return self._object(call, stored)

    async def _delete(self, call: Call) -> web.StreamResponse:
        options, dry_run = await _delete_options(call)
        outcome = await self._writer(call).delete(call.target, options, dry_run=dry_run)
        kind = call.target.kind
        if outcome.gone and not kind.returns_deleted:
            return replies.json(
                refusals.success(kind, call.target.name, outcome.object.object["metadata"]["uid"])
            )
        return self._object(call, outcome.object)

    async def _delete_collection(self, call: Call) -> web.StreamResponse:
        options, dry_run = await _delete_options(call)
        page = listing.page(self.registry.store, call.target, call.query)
        target = call.target
        for item in page.items:
            one = Target(target.kind, target.namespace, item.object["metadata"]["name"])
            await self._delete_one(call, one, options, dry_run=dry_run)
        return replies.encoded(call.rendering().many(page.items, page.metadata, self.registry.clock()))

    async def _delete_one(
        self, call: Call, one: Target, options: deletion.DeleteOptions, *, dry_run: bool
    ) -> None:
        """Delete one of a collection; it may have gone since the collection was listed."""
        try:
            await self._writer(call).delete(one, options, dry_run=dry_run)
        except Refusal as refusal:
            if refusal.code != 404:
                raise

    async def _get_scale(self, call: Call) -> web.StreamResponse:
        target = call.target
        stored = self.registry.store.get(target.kind.storage, (target.namespace or "", target.name))
        if stored is None:
            raise refusals.not_found(target.kind, target.name)
        return self._scale(call, subresources.scale_of(target.kind, target.kind.from_stored(stored.object)))

    async def _put_scale(self, call: Call) -> web.StreamResponse:
        options = bodies.write_options(call.query, "UpdateOptions")
        body = _required_object(await call.body())
        return self._scale(
            call, await self._writer(call).scale(call.target, lambda _: body, dry_run=options.dry_run)
        )

    async def _patch_scale(self, call: Call) -> web.StreamResponse:
        options = _patch_options(call)
        medium, patch = await _patch_of(call, options)
        if medium == parsing.APPLY:
            config = _required_object(patch)
            return self._scale(call, await self._writer(call).apply_scale(call.target, config, options))

        def change(scale: JsonObject) -> JsonObject:
            return patched(call.target.kind, scale, patch, medium)

        return self._scale(call, await self._writer(call).scale(call.target, change, dry_run=options.dry_run))

    def _scale(self, call: Call, scale: JsonObject) -> web.Response:
        """As the client wants it: `kubectl get --subresource=scale` asks for a Table."""
        shown = Stored(scale, orjson.dumps(scale), int(scale["metadata"]["resourceVersion"]))
        rendering = replace(call.rendering(), kind=subresources.SCALE_KIND)
        return replies.encoded(rendering.one(shown, self.registry.clock()))

    async def _bind(self, call: Call) -> web.StreamResponse:
        call.accepted(tables=False)
        options = bodies.write_options(call.query, "CreateOptions")
        body = _required_object(await call.body())
        bound = await self._writer(call).bind(call.target, body, dry_run=options.dry_run)
        return replies.json(bound, 201)

    async def _evict(self, call: Call) -> web.StreamResponse:
        call.accepted(tables=False)
        options = bodies.write_options(call.query, "CreateOptions")
        eviction = bodies.decoded(EVICTION, await call.body(), options)
        asked = object_at(eviction, "deleteOptions")
        dry_run = options.dry_run or bool(asked.get("dryRun"))
        parsed = deletion.parse_options(asked, "", "")
        done = await self._writer(call).evict(call.target, eviction, parsed, dry_run=dry_run)
        return replies.json(done, 201)

    async def _review(self, call: Call) -> web.StreamResponse:
        call.accepted(tables=False)  # it is an answer to a question, and has no columns
        kind, options = call.target.kind, bodies.write_options(call.query, "CreateOptions")
        namespace = call.target.namespace or ""
        review = _in_namespace(bodies.decoded(kind, await call.body(), options), namespace)
        answer = self.access.reviewer.answered(kind, review, call.user, namespace)
        return replies.encoded(orjson.dumps(answer), 201)

    async def _token(self, call: Call) -> web.StreamResponse:
        call.accepted(tables=False)
        target, options = call.target, bodies.write_options(call.query, "CreateOptions")
        namespace = target.namespace or ""
        request = _in_namespace(bodies.decoded(TOKEN_REQUEST, await call.body(), options), namespace)
        place = (target.kind, namespace, target.name)
        write = Attributes(call.user, Operation.CREATE, *place, request, subresource=target.subresource)
        await self.registry.admission.validated(write)
        issued = self.access.issuer.issued(namespace, target.name, request)
        return replies.encoded(orjson.dumps(issued), 201)

    async def _stream(self, call: Call) -> web.StreamResponse:
        target = call.target
        place = Place(target.kind, target.namespace or "", target.name, target.subresource)
        if target.subresource in CONNECT_KINDS:
            await self.registry.admission.validated(_connection(call, place))
        if self.audit is not None:
            self.audit.started(call.request)
        return await self.streams.serve(call.request, place, self.registry)

    def _object(self, call: Call, stored: Stored, status: int = 200) -> web.Response:
        return replies.encoded(call.rendering().one(stored, self.registry.clock()), status)


_VERBS: Final = {"GET": "list", "POST": "create", "DELETE": "deletecollection"}
_VERBS_OF_ONE: Final = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def _allowed(target: Target, method: str) -> bool:
    """Whether the kind is one with which this may be done."""
    return (_VERBS_OF_ONE if target.name else _VERBS)[method] in target.kind.verbs


async def _patch_of(call: Call, options: bodies.WriteOptions) -> tuple[str, object]:
    """The patch's type and content; 415 where the type is none we apply."""
    medium = call.medium
    if medium == CBOR:
        raise Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    taken = tuple(each for each in PATCH_TYPES if each in patch_types(call.target.kind))
    content = await flow.body_of(call.request)
    return medium, await parsing.parsed(content, medium, taken, options.repeated)


def _patch_options(call: Call) -> bodies.WriteOptions:
    return bodies.patch_options(call.query, apply=call.medium == parsing.APPLY)


async def _delete_options(call: Call) -> tuple[deletion.DeleteOptions, bool]:
    content = await flow.body_of(call.request)
    body = _required_object(await parsing.parsed(content, call.content_type)) if content.strip() else {}
    query = call.query
    parsed = deletion.parse_options(
        body, query.get("gracePeriodSeconds", ""), query.get("propagationPolicy", "")
    )
    dry_run = ",".join(body.get("dryRun") or ()) or query.get("dryRun", "")
    options = bodies.write_options({"dryRun": dry_run}, "DeleteOptions")
    return parsed, options.dry_run


def _connection(call: Call, place: Place) -> Attributes:
    """What admission is asked about a connection to a pod."""
    group, version, kind = CONNECT_KINDS[place.subresource]
    flags = {name: text == "true" for name, text in call.query.items() if text in ("true", "false")}
    options = {
        "kind": kind,
        "apiVersion": f"{group}/{version}" if group else version,
        **{name: call.request.query.getall(name) for name in ("command",) if name in call.query},
        **{name: call.query[name] for name in ("container",) if name in call.query},
        **flags,
    }
    of = (place.kind, place.namespace, place.name, options)
    return Attributes(call.user, Operation.CONNECT, *of, subresource=place.subresource)


def _required_object(body: object) -> JsonObject:
    if not isinstance(body, dict):
        msg = "couldn't get version/kind; json parse error: the body must be an object"
        raise bad_request(msg)
    return body


def _in_namespace(body: JsonObject, namespace: str) -> JsonObject:
    """The body with the namespace of the URL; 400 where it names another."""
    metadata = object_at(body, "metadata")
    if not namespace:
        return body
    require_same("namespace", metadata.get("namespace"), namespace)
    return {**body, "metadata": {**metadata, "namespace": namespace}}


def _told_of(request: web.BaseRequest, error: Exception) -> str:
    """The message of what is no fault of the client; the log has a line for a full disk, all of a bug."""
    if isinstance(error, OSError) and error.errno in _DISK:
        log.error("%s %s failed: could not store it: %s", request.method, request.path, error)
        return f"Internal error occurred: could not store it: {error}"
    log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return f"Internal error occurred: {type(error).__name__}: {error}"
