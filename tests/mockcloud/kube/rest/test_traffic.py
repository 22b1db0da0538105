"""How much may be at work at once."""

from types import SimpleNamespace
from unittest.mock import patch

import pytest
from aiohttp import web

from mockcloud.kube.rest.parsing import BODY_LIMIT
from mockcloud.kube.rest.traffic import MOST_ANSWERING, MOST_READS, MOST_WRITES, Traffic, body_of
from mockcloud.kube.writes.refusals import Refusal


def request(method: str = "GET", path: str = "/api/v1/pods", **query: str) -> SimpleNamespace:
    return SimpleNamespace(method=method, path=path, query=query, content_length=None)


@pytest.mark.parametrize(("method", "most"), [("GET", MOST_READS), ("PATCH", MOST_WRITES)])
def test_reads_and_writes_are_counted_apart(method, most):
    """429 for one more than may be at work, with the second to wait; what ends makes room."""
    busy = Traffic()
    held = [busy.working(request(method)) for _ in range(most)]
    for each in held:
        each.__enter__()
    with pytest.raises(Refusal) as refused, busy.working(request(method)):
        pass
    assert (refused.value.code, refused.value.details) == (429, {"retryAfterSeconds": 1})
    with busy.working(request("PATCH" if method == "GET" else "GET")):
        pass
    held.pop().__exit__(None, None, None)
    with busy.working(request(method)):
        pass


@pytest.mark.parametrize(
    "open_end",
    [
        request(watch="true"),
        request(path="/api/v1/namespaces/a/pods/p/log"),
        request("POST", "/api/v1/namespaces/a/pods/p/exec"),
    ],
    ids=["watch", "log", "exec"],
)
def test_what_has_no_end_is_not_counted(open_end):
    """Watches and streams stay for hours."""
    busy = Traffic()
    with busy.working(open_end):
        assert (busy.reads, busy.writes) == (0, 0)


def test_answers_that_wait_are_bounded_in_bytes():
    """Slow clients hold no more than the bound; an answer alone may be larger."""
    busy = Traffic()
    busy.require_room(web.Response(body=b"x" * 100))
    busy.answering = MOST_ANSWERING
    with pytest.raises(Refusal) as refused:
        busy.require_room(web.Response(body=b"x"))
    assert refused.value.code == 429


async def test_a_body_that_does_not_come_is_not_waited_for():
    """504, as after kube-apiserver's request timeout."""

    class Slow(SimpleNamespace):
        async def read(self) -> bytes:
            raise TimeoutError

    with pytest.raises(Refusal) as refused:
        await body_of(Slow(content_length=10))
    assert (refused.value.code, refused.value.reason) == (504, "Timeout")


async def test_a_body_announced_as_too_large_is_not_read():
    """413 at once."""
    with pytest.raises(Refusal) as refused:
        await body_of(SimpleNamespace(content_length=BODY_LIMIT + 1))
    assert refused.value.code == 413


async def test_a_client_that_takes_no_answer_is_cut():
    """Its connection is dropped, not closed in order: it takes nothing."""
    cut = []
    response = web.Response(body=b"x")

    async def never(_request: object) -> None:
        raise TimeoutError

    slow = SimpleNamespace(transport=SimpleNamespace(abort=lambda: cut.append(True)))
    busy = Traffic()
    with patch.object(response, "prepare", never), pytest.raises(ConnectionResetError, match="60 s"):
        await busy.send(slow, response)
    assert cut == [True]
    assert busy.answering == 0
