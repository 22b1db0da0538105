"""Requests to the Kubernetes API: JSON in, JSON out, no retries and no knowledge of kinds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Self
from weakref import WeakSet

import aiohttp
import orjson

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.kubeconfig import Access, load_access
from mockcloud.client.lines import LineSplitter
from mockcloud.client.objects import Object
from mockcloud.client.resources import Resource

__all__ = ["ApiError", "ApiUnreachable", "Client", "Object", "Resource"]

Batch = list[Object]

REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
# A watch has no end; bookmarks come about every minute, so longer silence means that the other side is gone.
WATCH_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=5, sock_read=90)
# A peer that vanished without a word (a cut link) is noticed after IDLE + COUNT * INTERVAL seconds.
KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 4), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 3))
GOODBYE_SECONDS: Final = 1.0
JSON: Final = "application/json"
BARE: Final = f"{JSON};managed-fields=none, {JSON}"
"""Objects without managedFields: nobody here reads them, and caches would hold them."""
MERGE_PATCH: Final = "application/merge-patch+json"


class Client:
    """An async context manager; methods raise ApiError for a refusal, ApiUnreachable where no answer came."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()

    @classmethod
    def from_kubeconfig(cls, path: str) -> Self:
        """A client for the file's current context; KubeconfigError where it cannot be used."""
        return cls(load_access(path))

    @property
    def token(self) -> str:
        """By which the API knows who asks; "" where it is asked without one."""
        return self._access.bearer()

    @property
    def authorities(self) -> str:
        """PEM text of those whose word counts for the server's certificate."""
        return self._access.authorities()

    async def __aenter__(self) -> Self:
        headers = {"Accept": BARE, "User-Agent": "mockcloud"}
        connector = aiohttp.TCPConnector(
            ssl=self._access.tls or False,
            limit=0,  # each watch holds a connection, and a burst of writes must not queue behind them
            socket_factory=self._make_socket,
        )
        self._session = aiohttp.ClientSession(connector=connector, headers=headers)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
            await self._sockets_closed()

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        """The object; ApiError 404 where there is none."""
        return await self._send("GET", resource.path(namespace, name))

    async def read(self, path: str) -> Object:
        """GET any path of the API, such as its discovery documents."""
        return await self._send("GET", path)

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Object:
        """The raw List object, whole; all namespaces where `namespace` is None."""
        params = _given(labelSelector=label_selector, fieldSelector=field_selector)
        return await self._send("GET", resource.path(namespace), params=params)

    async def create(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        """POST the body into its namespace, or (`subresource`) below the object of its name (a binding)."""
        metadata = body["metadata"]
        name = metadata["name"] if subresource else None
        path = resource.path(metadata.get("namespace"), name, subresource)
        return await self._send("POST", path, body)

    async def replace(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        """PUT the body over the object of its name; ApiError 409 where its resourceVersion is stale."""
        metadata = body["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], subresource)
        return await self._send("PUT", path, body)

    async def patch(
        self,
        resource: Resource,
        name: str,
        patch: Object,
        *,
        namespace: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        """Merge-patch (RFC 7396) the object or its subresource; the object as it is afterwards."""
        return await self._send("PATCH", resource.path(namespace, name, subresource), patch)

    async def delete(
        self,
        resource: Resource,
        name: str,
        *,
        namespace: str | None = None,
        uid: str | None = None,
        grace_seconds: int | None = None,
    ) -> None:
        """Delete the object; one that is gone already, or is another than `uid`, is no error."""
        options: Object = {} if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        if uid:
            options["preconditions"] = {"uid": uid}
        await self.delete_with(resource, name, options, namespace=namespace)

    async def delete_with(
        self, resource: Resource, name: str, options: Object, *, namespace: str | None = None
    ) -> None:
        """As `delete`, with DeleteOptions' other fields (propagationPolicy) given by the caller."""
        body: Object = {"kind": "DeleteOptions", "apiVersion": "v1", **options}
        try:
            await self._send("DELETE", resource.path(namespace, name), body)
        except ApiError as error:
            replaced = error.status == 409 and "preconditions" in options
            if error.status != 404 and not replaced:
                raise

    @asynccontextmanager
    async def watch(
        self, resource: Resource, params: dict[str, str], *, namespace: str | None = None
    ) -> AsyncIterator[AsyncIterator[Batch]]:
        """An open watch: batches of {type, object} as they arrive, until the server ends it."""
        query = {"watch": "true", "allowWatchBookmarks": "true", **params}
        try:
            async with self._http().get(
                self._url(resource.path(namespace)),
                params=query,
                headers=self._proof(),
                timeout=WATCH_TIMEOUT,
            ) as answer:
                if answer.status >= 400:
                    raise _refusal(answer.status, await answer.read())
                yield _events(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            msg = f"watch of {resource.plural}: {_why(exc)}"
            raise ApiUnreachable(msg) from exc

    async def _send(
        self, method: str, path: str, body: Object | None = None, *, params: dict[str, str] | None = None
    ) -> Object:
        data = orjson.dumps(body) if body is not None else None
        try:
            headers = self._proof()
            if body is not None:
                headers["Content-Type"] = MERGE_PATCH if method == "PATCH" else JSON
            async with self._http().request(
                method, self._url(path), data=data, params=params, headers=headers, timeout=REQUEST_TIMEOUT
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            msg = f"{method} {path}: {_why(exc)}"
            raise ApiUnreachable(msg) from exc
        if answer.status >= 400:
            raise _refusal(answer.status, content)
        found: Object = orjson.loads(content)
        return found

    async def _sockets_closed(self) -> None:
        """Let TLS say its goodbyes: aiohttp does not wait for connections whose requests were cancelled."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while any(each.fileno() >= 0 for each in self._sockets):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.001)

    def _make_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family=family, type=kind, proto=protocol)
        self._sockets.add(made)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
        return made

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            msg = "the client is not open: use it as `async with`"
            raise RuntimeError(msg)
        return self._session

    def _proof(self) -> dict[str, str]:
        """Who asks; OSError where the token cannot be read."""
        token = self._access.bearer()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _url(self, path: str) -> str:
        return self._access.server + path


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[Batch]:
    lines = LineSplitter()
    async for chunk in answer.content.iter_any():
        if batch := [orjson.loads(line) for line in lines.feed(chunk)]:
            yield batch


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _given(**params: str | None) -> dict[str, str]:
    return {key: value for key, value in params.items() if value}


def _refusal(status: int, content: bytes) -> ApiError:
    """The Status object's own words, or the first of the text where the answer is none."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        return ApiError(status, "Unknown", content[:256].decode(errors="replace").strip())
    return ApiError(status, str(found.get("reason") or "Unknown"), str(found.get("message") or ""))
