"""Calls webhooks: by the URL that they name, or in the lab's network at an endpoint of their Service."""

import asyncio
import base64
import binascii
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult

from mockcloud.kube.admission.webhooks.dispatch import CallFailed
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.registry import Registry
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.resources.validation.webhooks import DEFAULT_PORT
from mockcloud.kube.streams.backends import Backend, Named, of_service
from mockcloud.kube.streams.nodes import Network
from mockcloud.kube.writes.refusals import Refusal

MOST_ANSWER: Final = 3 << 20
"""Bytes of an answer: an object may be this large."""
_SERVICE_NAME: Final = "kubernetes.io/service-name"


class WebhookCaller:
    """Posts a body to what a clientConfig names; its certificate is checked by the caBundle."""

    def __init__(self, registry: Registry, network: Network) -> None:
        self._registry = registry
        self._network = network

    async def __call__(self, client: JsonObject, body: JsonObject, seconds: float) -> JsonObject:
        """The answer's JSON object; CallFailed where there is none, or not in time."""
        url, connector = self._target(client)
        shown = f'Post "{url}?timeout={seconds:g}s"'
        async with aiohttp.ClientSession(connector=connector) as session:
            with _told(shown):
                async with (
                    asyncio.timeout(seconds),
                    session.post(
                        f"{url}?timeout={seconds:g}s",
                        data=orjson.dumps(body),
                        headers={"Content-Type": "application/json", "Accept": "application/json, */*"},
                        ssl=_context(client.get("caBundle") or ""),
                        allow_redirects=False,
                    ) as answer,
                ):
                    content = await answer.content.read(MOST_ANSWER)
                    return _parsed(answer.status, content)

    def _target(self, client: JsonObject) -> tuple[str, aiohttp.TCPConnector]:
        if client.get("url"):
            return str(client["url"]), aiohttp.TCPConnector(force_close=True)
        service = object_at(client, "service")
        name, namespace, port = service["name"], service["namespace"], service.get("port") or DEFAULT_PORT
        backend = self._backend(name, namespace, port)
        path = f"/{(service.get('path') or '').removeprefix('/')}"
        resolver = _Fixed(backend)
        connector = aiohttp.TCPConnector(
            resolver=resolver, socket_factory=self._network.socket, force_close=True, use_dns_cache=False
        )
        return f"https://{name}.{namespace}.svc:{port}{path}", connector

    def _backend(self, name: str, namespace: str, port: int) -> Backend:
        store = self._registry.store
        found = store.get(SERVICE.storage, (namespace, name))
        if found is None:
            msg = f'service "{name}" not found'
            raise CallFailed(msg)
        slices = [
            each.object
            for each in store.objects(ENDPOINT_SLICE.storage, namespace)
            if object_at(each.object["metadata"], "labels").get(_SERVICE_NAME) == name
        ]
        try:
            asked = Named("https", name, str(port))
            return of_service(found.object, slices, asked, None, self._registry.rng.randrange)
        except Refusal as refusal:
            raise CallFailed(refusal.message) from refusal


class _Fixed(AbstractResolver):
    """Every name stands for one endpoint."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address, number = self._backend.host, self._backend.port or port
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=number,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


def _context(bundle: str) -> ssl.SSLContext:
    """Trusts the bundle alone, or, where there is none, whom the machine trusts."""
    if not bundle:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=base64.b64decode(bundle).decode())
    except (ssl.SSLError, UnicodeDecodeError, binascii.Error, ValueError) as exc:
        msg = "unable to load root certificates: unable to parse bytes as PEM block"
        raise CallFailed(msg) from exc


def _parsed(status: int, content: bytes) -> JsonObject:
    try:
        body: Any = orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        if status != 200:
            shown = content[:200].decode(errors="replace")
            msg = f"the server responded with the status code {status}: {shown}"
            raise CallFailed(msg) from exc
        msg = f"the answer is no JSON: {exc}"
        raise CallFailed(msg) from exc
    if status != 200 or not isinstance(body, dict):
        said = body.get("message") if isinstance(body, dict) else None
        raise CallFailed(
            str(said or f"an error on the server ({status}) has prevented the request from succeeding")
        )
    return body


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Failures of the connection, in the words of Go's client."""
    try:
        yield
    except TimeoutError as exc:
        msg = f"{what}: context deadline exceeded"
        raise CallFailed(msg) from exc
    except aiohttp.ClientConnectorCertificateError as exc:
        msg = f"{what}: tls: failed to verify certificate: {exc.certificate_error}"
        raise CallFailed(msg) from exc
    except aiohttp.ClientConnectorError as exc:
        why = os.strerror(exc.os_error.errno).lower() if exc.os_error.errno else str(exc)
        msg = f"{what}: dial tcp: connect: {why}"
        raise CallFailed(msg) from exc
    except (aiohttp.ClientError, OSError, ssl.SSLError, UnicodeError) as exc:  # a name that DNS cannot have
        msg = f"{what}: {exc}"
        raise CallFailed(msg) from exc
