"""Requests to the Kubernetes API as raw JSON, over the `kubernetes` package's asyncio client.

The package brings kubeconfig and in-cluster credentials, TLS and token refresh. Its typed models cost
milliseconds an object, so bodies go past them. No retry here: a caller knows whether its request may be
repeated.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from asyncio import sslproto
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode

import aiohttp
import orjson
import yaml

from baremetal_lb.imports import without_collections
from baremetal_lb.kube import kubeconfig as kubeconfigs
from baremetal_lb.kube.credential_files import in_memory
from baremetal_lb.kube.errors import (
    ApiError,
    ApiUnreachable,
    Conflict,
    KubeconfigError,
    NotFound,
    Refused,
    api_error,
)
from baremetal_lb.kube.missing_rights import MissingRights
from baremetal_lb.kube.proxies import proxy_for, without_password
from baremetal_lb.model.rights import Right

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from baremetal_lb.kube.kubeconfig import Source
    from baremetal_lb.kube.package import ApiClient, Configuration
    from baremetal_lb.kube.resources import Resource

JsonObject = dict[str, Any]

STRATEGIC: Final = "application/strategic-merge-patch+json"
MERGE: Final = "application/merge-patch+json"
_WATCH: Final = "WATCH"
# What RBAC calls it.
_VERBS: Final = {
    "GET": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
    _WATCH: "watch",
}
GOODBYE: Final = 0.05  # seconds
USER_AGENT: Final = "baremetal-lb"
REQUEST_TIMEOUT: Final = aiohttp.ClientTimeout(total=30, sock_connect=5)
# For each connection asyncio keeps a buffer that it reads TLS into, of 256 KiB. A record has 16 KiB at most.
TLS_BUFFER: Final = 32 << 10
# A peer that vanished without a FIN is noticed after about 10 + 3 x 5 s, not after a watch's whole life.
KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))


@dataclass(frozen=True, slots=True)
class Target:
    """One URL of the API: a collection, an object or a subresource of it."""

    resource: Resource
    namespace: str | None = None
    name: str | None = None
    subresource: str | None = None

    @property
    def path(self) -> str:
        """The path below the server's address."""
        return self.resource.path(self.namespace, self.name, self.subresource)


class Client:
    """An authenticated connection to one API server. Use as an async context manager."""

    def __init__(self, api: ApiClient) -> None:
        self.missing_rights = MissingRights()
        self._api: Any = api  # its methods are not annotated

    @classmethod
    async def connect(cls, kubeconfig: Path | None = None) -> Self:
        """From the kubeconfig given, else as kubectl finds one, else as a pod. Sends no request yet."""
        # This import is for the daemons only: `--help` and check-config must not pay for it.
        with without_collections():
            from baremetal_lb.kube.package import ApiClient, ConfigException, Configuration

        sslproto.SSLProtocol.max_size = TLS_BUFFER
        configuration = Configuration()
        source = kubeconfigs.locate(kubeconfig, os.environ, Path.home())
        if source is not None:
            kubeconfigs.check(source)
        try:
            with in_memory():  # the TLS context has read the certificates when ApiClient returns
                await _load(configuration, source)
                configuration.proxy = configuration.proxy or proxy_for(configuration.host, os.environ)
                configuration.client_session_kwargs = {
                    "trust_env": False
                }  # nor ~/.netrc: its logins are others'
                return cls(ApiClient(configuration))
        except (ConfigException, OSError, TypeError, AttributeError, yaml.YAMLError) as exc:
            if source is None and "KUBERNETES_SERVICE_HOST" not in os.environ:
                raise KubeconfigError(kubeconfigs.NO_CLUSTER) from exc
            pod = "the ServiceAccount of this pod (automountServiceAccountToken must not be false)"
            msg = f"{source or pod} is not usable: {exc}"
            raise KubeconfigError(msg) from exc

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._api.close()
        # aiohttp does not wait for connections that a cancelled request has closed: let TLS say goodbye.
        await asyncio.sleep(GOODBYE)

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> JsonObject:
        """The object; NotFound where it is not there."""
        return await self._call("GET", Target(resource, namespace, name))

    async def find(self, resource: Resource, name: str, namespace: str | None = None) -> JsonObject | None:
        """The object; None where it is not there."""
        try:
            return await self.get(resource, name, namespace)
        except NotFound:
            return None

    async def list(
        self, resource: Resource, namespace: str | None = None, query: Mapping[str, str] | None = None
    ) -> JsonObject:
        """One page of the collection as the server's List object; `query` as in its documentation."""
        return await self._call("GET", Target(resource, namespace), query=query)

    async def create(self, resource: Resource, body: JsonObject) -> JsonObject:
        """POST into the namespace that the body names."""
        return await self._call("POST", Target(resource, body["metadata"].get("namespace")), body=body)

    async def replace(self, resource: Resource, body: JsonObject) -> JsonObject:
        """PUT; with a resourceVersion in the body, Conflict where it is no longer the newest."""
        metadata = body["metadata"]
        return await self._call(
            "PUT", Target(resource, metadata.get("namespace"), metadata["name"]), body=body
        )

    async def patch(self, target: Target, body: JsonObject, content_type: str = STRATEGIC) -> JsonObject:
        """PATCH; a `metadata.resourceVersion` in the body makes it conditional."""
        return await self._call("PATCH", target, body=body, content_type=content_type)

    async def delete(self, resource: Resource, name: str, namespace: str | None = None) -> JsonObject:
        """DELETE; NotFound where it is gone already."""
        return await self._call("DELETE", Target(resource, namespace, name))

    async def version(self) -> str:
        """The API server's version, such as `v1.35.4`."""
        status, data, retry_after = await self._exchange("GET", "/version")
        if status >= HTTPStatus.BAD_REQUEST:
            raise api_error(status, data, retry_after)
        answer: JsonObject = orjson.loads(data)
        return str(answer.get("gitVersion") or f"v{answer.get('major')}.{answer.get('minor')}")

    async def _call(
        self,
        method: str,
        target: Target,
        *,
        query: Mapping[str, str] | None = None,
        body: JsonObject | None = None,
        content_type: str = "application/json",
    ) -> JsonObject:
        status, data, retry_after = await self._exchange(method, _url(target, query), body, content_type)
        if status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal(method, target, api_error(status, data, retry_after))
        self._see_granted(method, target)
        answer: JsonObject = orjson.loads(data)
        return answer

    async def _exchange(
        self, method: str, url: str, body: JsonObject | None = None, content_type: str = "application/json"
    ) -> tuple[int, bytes, str | None]:
        """The answer's status, body and Retry-After; ApiUnreachable where none comes."""
        try:
            response = await self._send(method, url, body, content_type)
            async with response:
                return response.status, await response.read(), response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise ApiUnreachable(self._unreachable(method, url, exc)) from exc

    async def _send(
        self,
        method: str,
        url: str,
        body: JsonObject | None,
        content_type: str,
        timeout: aiohttp.ClientTimeout | None = None,
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": "application/json", "Content-Type": content_type, "User-Agent": USER_AGENT}
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], url, method, body)
        answer = await self._api.rest_client.request(
            method,
            self._api.configuration.host + url,
            headers=headers,
            body=body,
            _request_timeout=timeout or REQUEST_TIMEOUT,
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    @asynccontextmanager
    async def stream(
        self, resource: Resource, namespace: str | None, query: Mapping[str, str], lifetime: float
    ) -> AsyncIterator[AsyncIterator[Sequence[bytes]]]:
        """A watch: batches of whole lines as they arrive. The server should end it within `lifetime` s."""
        target = Target(resource, namespace)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=lifetime + 30)
        try:
            response = await self._send("GET", _url(target, query), None, "application/json", timeout)
            async with response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    error = api_error(
                        response.status, await response.read(), response.headers.get("Retry-After")
                    )
                    raise self._refusal(_WATCH, target, error)
                self._see_granted(_WATCH, target)
                _keep_alive(response)
                try:
                    yield _lines(response)
                finally:
                    _abort(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise ApiUnreachable(self._unreachable(_WATCH, target.path, exc)) from exc

    def _refusal(self, method: str, target: Target, error: ApiError) -> ApiError:
        """The error; where a right is missing, with that right.

        A namespace that goes away, a quota and an admission policy answer 403, too, in their own words.
        """
        if isinstance(error, Refused) and _LACKS_RIGHT.search(error.message):
            error.right = _right(method, target)
            self.missing_rights.see_refused(error.right)
        elif isinstance(error, Conflict | NotFound):  # which are answered to whom is let in only
            self._see_granted(method, target)
        return error

    def _see_granted(self, method: str, target: Target) -> None:
        if self.missing_rights:
            self.missing_rights.see_granted(_right(method, target))

    def _unreachable(self, method: str, url: str, exc: BaseException) -> str:
        proxy = self._api.configuration.proxy
        way = f" (through the proxy {without_password(proxy)})" if proxy else ""
        return f"{method} {url.partition('?')[0]}: {str(exc) or type(exc).__name__}{way}"


async def _load(configuration: Configuration, source: Source | None) -> None:
    from baremetal_lb.kube import package

    loaders: Any = package  # not annotated
    if source is None:
        loaders.load_incluster_config(client_configuration=configuration)
        return
    paths = ":".join(map(str, source.paths))
    await loaders.load_kube_config(paths, client_configuration=configuration, persist_config=False)


def _url(target: Target, query: Mapping[str, str] | None) -> str:
    return f"{target.path}?{urlencode(query)}" if query else target.path


# As kube-apiserver has it, whoever decides (RBAC, a webhook).
_LACKS_RIGHT: Final = re.compile(r"\bcannot \S+ resource\b")


def _right(method: str, target: Target) -> Right:
    """What a request needs, in the words of RBAC."""
    verb = "list" if method == "GET" and target.name is None else _VERBS[method]
    group, _, _ = target.resource.group_version.rpartition("/")
    part = f"/{target.subresource}" if target.subresource else ""
    resource = f"{target.resource.plural}{f'.{group}' if group else ''}{part}"
    return Right(verb, resource, target.namespace or None)


def _keep_alive(response: aiohttp.ClientResponse) -> None:
    transport = response.connection.transport if response.connection else None
    sock = transport.get_extra_info("socket") if transport else None
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _abort(response: aiohttp.ClientResponse) -> None:
    """Drop the connection of a watch: nobody else can use it, and TLS would wait for the peer's farewell."""
    transport = response.connection.transport if response.connection else None
    if transport is not None:
        transport.abort()


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[Sequence[bytes]]:
    rest = b""
    async for chunk in response.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        lines = [line for line in whole if line]
        if lines:
            yield lines
