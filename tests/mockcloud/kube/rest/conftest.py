"""Raw requests to a real server process, or to the handler alone: method and path in, status and body out."""

import asyncio
import json
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse, HTTPSConnection
from itertools import count
from random import Random

import orjson
import pytest
from aiohttp import test_utils, web

from mockcloud.kube.admission.built_in import chain
from mockcloud.kube.auth.access import open_access
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key
from mockcloud.kube.auth.user import ADMINISTRATOR, ALL_AUTHENTICATED, API_SERVER, User
from mockcloud.kube.registry import Author, Place, Registry
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.rest.converting import Conversions, nobody
from mockcloud.kube.rest.handler import Api
from mockcloud.kube.service_allocation.allocator import ServiceAllocator
from mockcloud.kube.serving import cluster
from mockcloud.kube.storage.store import Store
from mockcloud.kube.streams.serving import Streams


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict:
        return json.loads(self.content)

    @property
    def message(self) -> str:
        return self.body["message"]


@dataclass
class Http:
    """One kept connection; JSON unless the headers say otherwise."""

    host: str
    token: str
    context: ssl.SSLContext
    connection: HTTPSConnection | None = None
    names: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        if self.connection is None:
            self.connection = HTTPSConnection(self.host, context=self.context, timeout=90)
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self.connection.request(method, path, content, {k: v for k, v in sent.items() if v})
        response: HTTPResponse = self.connection.getresponse()
        return Answer(response.status, dict(response.headers.items()), response.read())

    def fresh(self, stem: str = "x") -> str:
        """A name that no other test of this module uses."""
        return f"{stem}-{next(self.names)}"

    def close(self) -> None:
        if self.connection:
            self.connection.close()


@pytest.fixture(scope="module")
def http(kube_api) -> Iterator[Http]:
    kubeconfig = json.loads(kube_api.kubeconfig.read_text())
    ca = b64decode(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    connection = Http(
        kube_api.server.removeprefix("https://"), kube_api.token, ssl.create_default_context(cadata=ca)
    )
    yield connection
    connection.close()


@pytest.fixture
def config_map(http) -> Callable[..., str]:
    """Creates a ConfigMap under a fresh name; returns its path."""

    def create(**metadata: object) -> str:
        name = http.fresh("cm")
        made = http("POST", CONFIG_MAPS, {"metadata": {"name": name, **metadata}, "data": {"a": "b"}})
        assert made.status == 201, made.content
        return f"{CONFIG_MAPS}/{name}"

    return create


CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
TOKEN = "secret"


class Handler:
    """An API in this process, and requests to it over a socket of loopback."""

    def __init__(self, served: Api, client: test_utils.TestClient) -> None:
        self.served = served
        self.registry = served.registry
        self.client = client
        self.webhook = nobody

    async def convert(self, *asked: object) -> dict:
        """What the conversion webhook that a test has put here says."""
        return await self.webhook(*asked)

    async def __call__(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
        sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **headers}
        async with self.client.request(
            method, path, data=body and orjson.dumps(body), headers=sent
        ) as answer:
            content = await answer.read()
            return answer.status, orjson.loads(content) if content.startswith(b"{") else {}

    async def until(self, path: str, holds: Callable[[int, dict], object]) -> dict:
        """The body of the first answer of which it holds."""
        async with asyncio.timeout(60):
            while True:
                status, body = await self("GET", path)
                if holds(status, body):
                    return body
                await asyncio.sleep(0)


@pytest.fixture
async def api():
    scheme, rng = Scheme(BUILT_IN), Random(1)
    uids = iter(range(1_000_000))
    allocator = ServiceAllocator(("10.96.0.0/16",), (), rng)
    store = Store()
    policy = Policy(store)
    admission = chain(policy, rng, asyncio.sleep)
    registry = Registry(
        store, scheme, admission, allocator, lambda: 1795266000.0, lambda: f"uid-{next(uids)}", rng
    )
    await cluster.begin(registry, ("10.96.0.0/16",), 6443, None)
    await cluster.begin_access(registry)
    account = {"metadata": {"name": "default"}}
    await registry.create(Place(SERVICE_ACCOUNT, "default"), account, Author(API_SERVER))
    tokens = {TOKEN: ADMINISTRATOR, "ann": User("ann", ("devs", ALL_AUTHENTICATED))}
    access = open_access(policy, SigningKey(new_key()), tokens, registry.clock, registry.new_uid)
    conversions = Conversions(lambda *asked: shown.convert(*asked), registry.new_uid)
    handler = Api(registry, access, Streams(lambda _node: TOKEN), conversions=conversions)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler.handle)
    async with test_utils.TestClient(test_utils.TestServer(application)) as client:
        shown = Handler(handler, client)
        yield shown
        handler.stop()
