"""The API as a proxy between a client and a server of the lab: what each of them sees of the other."""

from http import HTTPStatus

import pytest
from aiohttp import test_utils, web

from testkit import objects

PROXY = "/api/v1/namespaces/default/pods/web:{port}/proxy"


async def tell(request):
    """A server that says what it was asked."""
    if request.path == "/moved":
        return web.Response(status=302, headers={"Location": "/there?x=1"})
    seen = {
        "method": request.method,
        "path": request.raw_path,
        "body": (await request.read()).decode(),
        "authorization": request.headers.get("Authorization", ""),
        "from": request.headers.get("X-Forwarded-Uri", ""),
    }
    return web.json_response(seen, status=418)


@pytest.fixture
async def proxied(cluster, client):
    """The path of the API at which a pod's server is."""
    server = web.Application()
    server.router.add_route("*", "/{path:.*}", tell)
    pod = objects.pod("web", status={"podIP": "192.0.2.1"})
    async with test_utils.TestServer(server) as found:
        cluster.has(pod)
        yield PROXY.format(port=found.port)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_request_goes_on_as_it_is_but_for_who_asks(client, proxied, method):
    """Method, path with its escapes, query, body, status; not the client's token."""
    body = {"data": b"payload"} if method in ("POST", "PUT", "PATCH") else {}
    headers = {"Authorization": "Bearer secret"}
    async with client.request(method, f"{proxied}/a%2Fb/?q=1", headers=headers, **body) as answer:
        said = await answer.json()
        assert answer.status == HTTPStatus.IM_A_TEAPOT
    assert said["method"] == method
    assert said["path"] == "/a%2Fb/?q=1"
    assert said["body"] == body.get("data", b"").decode()
    assert said["authorization"] == ""
    assert said["from"] == f"{proxied}/a%2Fb/?q=1"


async def test_head_has_no_body(client, proxied):
    """A real proxy passes it on, too."""
    async with client.head(f"{proxied}/") as answer:
        assert (answer.status, await answer.read()) == (HTTPStatus.IM_A_TEAPOT, b"")


async def test_the_root_is_a_folder_and_redirections_stay_below_it(client, proxied):
    """Relative links of a page are below the proxy's path, and so is where the server sends a client."""
    async with client.get(f"{proxied}?q=1", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"{proxied}/?q=1")
    async with client.get(f"{proxied}/moved", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{proxied}/there?x=1")


async def test_a_server_that_is_not_there_is_said_so(client, cluster, unused_tcp_port):
    """503 with the words that a real API has for it."""
    cluster.has(objects.pod("web", status={"podIP": "192.0.2.1"}))
    async with client.get(f"{PROXY.format(port=unused_tcp_port)}/") as answer:
        said = await answer.json()
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    where = f"dial tcp 192.0.2.1:{unused_tcp_port}: connect: connection refused"
    assert said["message"] == f"error trying to reach service: {where}"
