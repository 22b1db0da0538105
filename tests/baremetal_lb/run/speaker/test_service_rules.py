"""Waiting until a node's Service rules are as new as what is announced."""

import asyncio
import contextlib

import pytest
from aiohttp import web

from baremetal_lb.run.speaker import service_rules
from baremetal_lb.run.speaker.service_rules import ServiceRules


@contextlib.asynccontextmanager
async def node(*statuses):
    """Somebody on the node who tells; the last status stays. The value: a URL, and what was asked."""
    asked, left = [], list(statuses)

    async def answer(request):
        asked.append(request.path)
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = site._server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/programmed", asked
    finally:
        await runner.cleanup()


async def test_it_is_asked_until_they_stand():
    """With the versions that were seen, and as often as it takes."""
    async with node(503, 503, 200) as (url, asked):
        await ServiceRules(url).stand(12, 34)
    assert asked == ["/programmed/12/34"] * 3


@pytest.mark.parametrize("status", [404, 200])
async def test_any_other_answer_is_waited_for_no_longer(status):
    """kube-proxy answers 404 there: nobody can know, and the report goes out."""
    async with node(status) as (url, asked):
        await ServiceRules(url).stand(1, 1)
    assert len(asked) == 1


async def test_nobody_there_is_no_reason_to_wait():
    """The agent may be away; what is announced is announced."""
    async with node(200) as (url, asked):
        pass
    await ServiceRules(url).stand(1, 1)
    assert asked == []


async def test_patience_ends(monkeypatch):
    """Who is late for ever holds up no report."""
    monkeypatch.setattr(service_rules, "PATIENCE", 0.1)
    async with asyncio.timeout(60), node(503) as (url, asked):
        await ServiceRules(url).stand(1, 1)
    assert asked


async def test_without_a_url_nobody_is_asked():
    """The default, as on a cluster with kube-proxy."""
    await ServiceRules("").stand(1, 1)
