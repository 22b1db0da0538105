"""Calls of webhooks, over TLS to a real server: by URL and by Service, and how failures are told."""

import asyncio
import base64
import socket
import ssl
from types import SimpleNamespace

import pytest
import trustme
from aiohttp import test_utils, web

from mockcloud.kube.admission.webhooks.dispatch import CallFailed
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.storage.store import Store
from mockcloud.kube.streams.webhooks import WebhookCaller

NAME = "hook.default.svc"


class Here:
    """A network that is this machine's own."""

    def socket(self, address: tuple) -> socket.socket:
        return socket.socket(*address[:3])


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
async def server(authority):
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            await asyncio.sleep(60)
        if request.path == "/broken":
            return web.Response(status=500, text="out of order")
        return web.json_response(
            {"got": await request.json(), "at": str(request.rel_url), "host": request.host}
        )

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(context)
    running = test_utils.TestServer(application, scheme="https")
    await running.start_server(ssl=context)
    yield running
    await running.close()


@pytest.fixture
def caller(server):
    store = Store()
    service = {"metadata": {"name": "hook"}, "spec": {"ports": [{"port": 443, "name": "tls"}]}}
    ports = [{"name": "tls", "port": server.port}]
    labels = {"kubernetes.io/service-name": "hook"}
    endpoints = [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}]
    slice_ = {"metadata": {"name": "hook-x", "labels": labels}, "ports": ports, "endpoints": endpoints}
    store.put(SERVICE.storage, ("default", "hook"), service)
    store.put(ENDPOINT_SLICE.storage, ("default", "hook-x"), slice_)
    registry = SimpleNamespace(store=store, rng=SimpleNamespace(randrange=lambda _n: 0))
    return WebhookCaller(registry, Here())


def bundle(authority: trustme.CA) -> dict:
    return {"caBundle": base64.b64encode(authority.cert_pem.bytes()).decode()}


def by_service(**more: object) -> dict:
    return {"service": {"name": "hook", "namespace": "default", **more}}


async def test_a_webhook_is_called_by_its_url(caller, server, authority):
    """Its certificate is checked by the bundle; it is told how long it has."""
    client = {"url": f"https://127.0.0.1:{server.port}/ask", **bundle(authority)}
    said = await caller(client, {"a": 1}, 5)
    assert (said["got"], said["at"]) == ({"a": 1}, "/ask?timeout=5s")


async def test_a_webhook_is_called_at_an_endpoint_of_its_service(caller, authority):
    """Its certificate is that of the Service's name."""
    said = await caller({**by_service(path="ask"), **bundle(authority)}, {"a": 1}, 5)
    assert (said["at"], said["host"]) == ("/ask?timeout=5s", NAME)


@pytest.mark.parametrize(
    ("client", "trusted", "why"),
    [
        pytest.param(by_service(), False, "tls: failed to verify certificate", id="nobody trusted"),
        pytest.param(by_service(path="slow"), True, "context deadline exceeded", id="slow"),
        pytest.param(by_service(path="broken"), True, "status code 500: out of order", id="broken"),
        pytest.param(by_service(name="none"), True, 'service "none" not found', id="no Service"),
        pytest.param(
            by_service(port=444), True, 'no service port 444 found for service "hook"', id="no port"
        ),
        pytest.param({"url": "https://127.0.0.1:1/"}, True, "connect: connection refused", id="refused"),
        pytest.param({"url": "https://a..b/"}, True, "label empty or too long", id="no name of DNS"),
        pytest.param(
            {**by_service(), "caBundle": "YQ=="}, False, "unable to parse bytes as PEM", id="bundle"
        ),
    ],
)
async def test_a_call_that_fails_says_why(caller, authority, client, trusted, why):
    """In the words of Go's client, as far as these tell anything."""
    known = bundle(authority) if trusted else {}
    with pytest.raises(CallFailed, match=why):
        await caller({**known, **client}, {}, 0.5 if "slow" in str(client) else 60)
