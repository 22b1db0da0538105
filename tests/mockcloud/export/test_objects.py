"""Objects as files, from an API that answers badly."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mockcloud.client.kubeconfig import Access
from mockcloud.client.rest import Client
from mockcloud.export.objects import write_objects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

READABLE = ["get", "list"]
PODS = {"kind": "PodList", "items": [{"metadata": {"name": "web"}}]}
CORE = {
    "resources": [
        {"name": "secrets", "verbs": READABLE},
        {"name": "bindings", "verbs": ["create"]},
        {"name": "nodes", "verbs": READABLE},
        {"name": "pods", "verbs": READABLE},
        {"name": "pods/log", "verbs": ["get"]},
    ]
}
GROUPS = {"groups": [{"preferredVersion": {"groupVersion": version}} for version in ("gone/v1", "shop/v2")]}
SHOP = {"resources": [{"name": "pods", "verbs": READABLE}]}


@asynccontextmanager
async def serving(answers: Mapping[str, Any]) -> AsyncIterator[Client]:
    """A client of an API that answers these paths, and refuses all others."""
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            return web.json_response({"kind": "Status", "message": "the webhook is gone"}, status=500)
        return web.json_response(answers[request.path])

    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with Client(Access(f"http://127.0.0.1:{runner.addresses[0][1]}", None, "t")) as client:
            yield client
    finally:
        await runner.cleanup()


async def test_one_that_is_refused_does_not_cost_the_others(tmp_path):
    """Each group and each collection by itself; what is lacking is told by its path."""
    served = {"/api/v1": CORE, "/api/v1/pods": PODS, "/apis": GROUPS, "/apis/shop/v2": SHOP}
    async with serving({**served, "/apis/shop/v2/pods": PODS}) as client:
        lacking = await write_objects(client, tmp_path / "objects")
    assert {each.name for each in (tmp_path / "objects").iterdir()} == {"pods.json", "pods.shop.json"}
    assert json.loads((tmp_path / "objects" / "pods.json").read_text()) == PODS
    assert [each.partition(":")[0] for each in lacking] == ["/api/v1/nodes", "/apis/gone/v1"]
    assert all("the webhook is gone" in each for each in lacking)


async def test_an_api_that_is_gone(tmp_path):
    """Its files are lacking, and that is all."""
    async with Client(Access("http://127.0.0.1:1", None, "t")) as client:
        lacking = await write_objects(client, tmp_path)
    assert [each.partition(":")[0] for each in lacking] == ["/apis", "/api/v1"]
