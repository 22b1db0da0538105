"""Requests and their refusals, against a small real server."""

from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.kubeconfig import Access
from mockcloud.client.resources import NODES, PODS
from mockcloud.client.rest import Client


@asynccontextmanager
async def answering(reply):
    """A client of a server that gives one reply to everything, and the requests that came."""
    asked = []

    async def handle(request):
        body = await request.json() if request.can_read_body else None
        asked.append((request.method, request.path_qs, request.headers.get("Content-Type"), body))
        assert request.headers["Authorization"] == "Bearer t"
        return reply() if callable(reply) else web.json_response(reply)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with Client(Access(f"http://127.0.0.1:{runner.addresses[0][1]}", None, "t")) as client:
            yield client, asked
    finally:
        await runner.cleanup()


PODS_PATH = "/api/v1/namespaces/ns/pods"
POD = {"metadata": {"namespace": "ns", "name": "p"}}
JSON = "application/json"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(lambda c: c.get(PODS, "p", "ns"), ("GET", f"{PODS_PATH}/p", None, None), id="get"),
        pytest.param(lambda c: c.get(NODES, "n"), ("GET", "/api/v1/nodes/n", None, None), id="cluster-wide"),
        pytest.param(
            lambda c: c.list(PODS, label_selector="a=b", field_selector="spec.nodeName=n"),
            ("GET", "/api/v1/pods?labelSelector=a%3Db&fieldSelector=spec.nodeName%3Dn", None, None),
            id="list",
        ),
        pytest.param(lambda c: c.create(PODS, POD), ("POST", PODS_PATH, JSON, POD), id="create"),
        pytest.param(
            lambda c: c.create(PODS, POD, subresource="binding"),
            ("POST", f"{PODS_PATH}/p/binding", JSON, POD),
            id="bind",
        ),
        pytest.param(
            lambda c: c.replace(PODS, POD, subresource="status"),
            ("PUT", f"{PODS_PATH}/p/status", JSON, POD),
            id="replace",
        ),
        pytest.param(
            lambda c: c.patch(PODS, "p", {"a": None}, namespace="ns"),
            ("PATCH", f"{PODS_PATH}/p", "application/merge-patch+json", {"a": None}),
            id="patch",
        ),
        pytest.param(
            lambda c: c.delete(PODS, "p", namespace="ns", uid="u", grace_seconds=0),
            (
                "DELETE",
                f"{PODS_PATH}/p",
                JSON,
                {
                    "kind": "DeleteOptions",
                    "apiVersion": "v1",
                    "gracePeriodSeconds": 0,
                    "preconditions": {"uid": "u"},
                },
            ),
            id="delete",
        ),
    ],
)
async def test_what_each_verb_sends(call, expected):
    """Method, path, content type, body."""
    async with answering({}) as (client, asked):
        await call(client)
        ((method, path, kind, body),) = asked
        assert (method, path, kind if body is not None else None, body) == expected


def refused(status, body):
    return lambda: web.json_response(body, status=status)


async def test_a_refusal_carries_the_status_objects_words():
    """Code, reason, message."""
    body = {"kind": "Status", "reason": "Conflict", "message": "the object has been modified"}
    async with answering(refused(409, body)) as (client, _):
        with pytest.raises(ApiError, match="409 Conflict: the object has been modified") as caught:
            await client.replace(PODS, POD)
    assert (caught.value.status, caught.value.namespace_ending) == (409, False)


async def test_a_refusal_that_is_no_status_object_is_cut():
    """A proxy's page, for example."""
    async with answering(lambda: web.Response(status=502, text="bad gateway " * 100)) as (client, _):
        with pytest.raises(ApiError) as caught:
            await client.get(PODS, "p", "ns")
    assert caught.value.reason == "Unknown"
    assert len(caught.value.message) <= 256


@pytest.mark.parametrize(
    ("status", "uid", "is_error"),
    [
        pytest.param(404, None, False, id="gone-already"),
        pytest.param(409, "u", False, id="another-object-by-now"),
        pytest.param(409, None, True, id="conflict-of-another-kind"),
        pytest.param(403, None, True, id="forbidden"),
    ],
)
async def test_delete_is_content_when_the_object_is_not_there(status, uid, is_error):
    """Whoever wants it gone does not mind."""
    async with answering(refused(status, {})) as (client, _):
        if is_error:
            with pytest.raises(ApiError):
                await client.delete(PODS, "p", namespace="ns", uid=uid)
        else:
            await client.delete(PODS, "p", namespace="ns", uid=uid)


async def test_no_answer_is_an_error_of_its_own(unused_port):
    """Refused connections, resets, timeouts: nobody knows what happened."""
    async with Client(Access(f"http://127.0.0.1:{unused_port}", None, None)) as client:
        with pytest.raises(ApiUnreachable, match="GET /api/v1/nodes/n: "):
            await client.get(NODES, "n")


@pytest.fixture
def unused_port():
    """A port that nobody listens on: bound for a moment, then let go."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_a_client_that_is_not_open_says_so():
    """Not an AttributeError deep inside."""
    with pytest.raises(RuntimeError, match="use it as `async with`"):
        await Client(Access("http://127.0.0.1:1", None, None)).get(NODES, "n")
