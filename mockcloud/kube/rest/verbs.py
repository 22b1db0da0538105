"""What each HTTP method does on the objects that a path names."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
from aiohttp import web

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.auth.access import Access
from mockcloud.kube.auth.service_accounts.issuing import TOKEN_REQUEST
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.metrics.collector import Collector
from mockcloud.kube.metrics.kinds import is_measured
from mockcloud.kube.queries import flag
from mockcloud.kube.registry import Author, Place, Registry
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.rest import bodies, listing, measuring, parsing, replies, watching
from mockcloud.kube.rest.auditing import Audit
from mockcloud.kube.rest.call import Call, delete_options, patch_of, patch_options, required_object
from mockcloud.kube.rest.converting import Conversions
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.rest.watching import Watch
from mockcloud.kube.rest.writing import Writer, patched, require_same
from mockcloud.kube.schema.operations import CONNECT_KINDS
from mockcloud.kube.storage.store import Stored
from mockcloud.kube.streams.options import STREAMS
from mockcloud.kube.streams.serving import Streams
from mockcloud.kube.writes import deletion, refusals, subresources
from mockcloud.kube.writes.eviction import EVICTION
from mockcloud.kube.writes.refusals import Refusal


@dataclass(slots=True)
class Verbs:
    """Does what a call asks; `stop()` ends the open watches and streams."""

    registry: Registry
    access: Access
    streams: Streams
    conversions: Conversions
    audit: Audit | None
    _collector: Collector = field(init=False)
    _open: dict[int, Watch] = field(default_factory=dict)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._collector = Collector(self.streams.network, self.streams.token_of)
        self.registry.scheme.leaving.append(self._end_watches)

    def stop(self) -> None:
        """End all watches, each one that is still to come, and all streams into pods."""
        self._stopping = True
        self.streams.stop()
        for watch in self._open.values():
            watch.end()

    def watches(self) -> Counter[str]:
        """How many watches are open, by resource."""
        return Counter(watch.request.target.kind.resource for watch in self._open.values())

    def _end_watches(self, kind: Kind) -> None:
        """A kind is served no more, or by another schema: who watches it has to ask anew."""
        for watch in self._open.values():
            if watch.request.target.kind.gvk == kind.gvk:
                watch.end()

    def of(self, call: Call) -> Callable[[Call], Awaitable[web.StreamResponse]]:
        """What does the method on this target; 405 where nothing does."""
        target, method = call.target, call.request.method
        if target.subresource:
            verbs = self._verbs_of_part(target.subresource)
        elif is_measured(target.kind):
            verbs = {"GET": self._measured}
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
                return {"GET": self.stream}
        if part in STREAMS:
            return {"GET": self.stream, "POST": self.stream}
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

    async def _measured(self, call: Call) -> web.StreamResponse:
        return await measuring.answered(call, self.registry, self._collector)

    async def _create(self, call: Call) -> web.StreamResponse:
        options = bodies.write_options(call.query, "CreateOptions")
        stored = await self._writer(call).create(call.target, await call.body(options), options)
        return self._object(call, stored, 201)

    async def _replace(self, call: Call) -> web.StreamResponse:
        options = bodies.write_options(call.query, "UpdateOptions")
        stored, new = await self._writer(call).replace(call.target, await call.body(options), options)
        return self._object(call, stored, 201 if new else 200)

    async def _patch(self, call: Call) -> web.StreamResponse:
        options = patch_options(call)
        medium, patch = await patch_of(call, options)
        if medium == parsing.APPLY:
            stored, new = await self._writer(call).apply(call.target, required_object(patch), options)
            return self._object(call, stored, 201 if new else 200)
        stored = await self._writer(call).patch(call.target, patch, medium, options)
        return self._object(call, stored)

    async def _delete(self, call: Call) -> web.StreamResponse:
        options, dry_run = await delete_options(call)
        outcome = await self._writer(call).delete(call.target, options, dry_run=dry_run)
        kind = call.target.kind
        if outcome.gone and not kind.returns_deleted:
            return replies.json(
                refusals.success(kind, call.target.name, outcome.object.object["metadata"]["uid"])
            )
        return self._object(call, outcome.object)

    async def _delete_collection(self, call: Call) -> web.StreamResponse:
        options, dry_run = await delete_options(call)
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
        body = required_object(await call.body())
        return self._scale(
            call, await self._writer(call).scale(call.target, lambda _: body, dry_run=options.dry_run)
        )

    async def _patch_scale(self, call: Call) -> web.StreamResponse:
        options = patch_options(call)
        medium, patch = await patch_of(call, options)
        if medium == parsing.APPLY:
            config = required_object(patch)
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
        body = required_object(await call.body())
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

    async def stream(self, call: Call) -> web.StreamResponse:
        """Connect the client to a pod, a node or a Service."""
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


def _in_namespace(body: JsonObject, namespace: str) -> JsonObject:
    """The body with the namespace of the URL; 400 where it names another."""
    metadata = object_at(body, "metadata")
    if not namespace:
        return body
    require_same("namespace", metadata.get("namespace"), namespace)
    return {**body, "metadata": {**metadata, "namespace": namespace}}
