"""CustomResourceDefinitions at work, in an API of this process; against a real one: make conformance."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import orjson
import pytest

from mockcloud.kube.serving.upkeep.custom_resources import CustomResources

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
POOLS = "/apis/example.com/v1/namespaces/default/pools"
MERGE = {"Content-Type": "application/merge-patch+json"}
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "properties": {"size": {"type": "integer", "default": 1}}},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


def version(name: str = "v1", schema: dict = SCHEMA, **more: object) -> dict:
    whole = {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {**whole, "subresources": {"status": {}}, **more}


def definition(*versions: dict, plural: str = "pools", kind: str = "Pool") -> dict:
    return {
        "metadata": {"name": f"{plural}.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": list(versions) or [version()],
        },
    }


def spec_of(**fields: dict) -> dict:
    """The schema of objects whose spec has these fields."""
    return {**SCHEMA, "properties": {"spec": {"type": "object", "properties": fields}}}


def pool(name: str, of: str = "v1", **spec: object) -> dict:
    return {"apiVersion": f"example.com/{of}", "kind": "Pool", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
async def custom(api):
    """The API, and what sees to definitions."""
    task = asyncio.create_task(CustomResources(api.registry).run())
    yield api
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def has(name: str, status: str = "True") -> Callable[[int, dict], bool]:
    def holds(_: int, body: dict) -> bool:
        conditions = body["status"]["conditions"] or ()
        return any((each["type"], each["status"]) == (name, status) for each in conditions)

    return holds


async def serve(api, body: dict) -> str:
    status, made = await api("POST", DEFINITIONS, body)
    assert status == 201, made
    where = f"{DEFINITIONS}/{body['metadata']['name']}"
    await api.until(where, has("Established"))
    return where


async def test_objects_end_with_their_definition(custom):
    """One that a finalizer holds holds the definition, too; nothing is made meanwhile; watches end, too."""
    where = await serve(custom, definition())
    held = {**pool("held"), "metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    assert (await custom("POST", POOLS, held))[0] == 201
    assert (await custom("POST", POOLS, pool("free")))[1]["spec"] == {"size": 1}
    headers = {"Authorization": "Bearer secret"}
    async with custom.client.get(f"{POOLS}?watch=1", headers=headers) as watch:
        status, marked = await custom("DELETE", where)
        assert (status, marked["metadata"]["finalizers"]) == (
            200,
            ["customresourcecleanup.apiextensions.k8s.io"],
        )
        await custom.until(f"{POOLS}/free", lambda status, _: status == 404)
        assert (await custom("POST", POOLS, pool("late")))[0] == 405
        await custom("PATCH", f"{POOLS}/held", {"metadata": {"finalizers": None}}, **MERGE)
        await custom.until(where, lambda status, _: status == 404)
        async with asyncio.timeout(20):
            events = [orjson.loads(line) async for line in watch.content]
    assert [event["type"] for event in events] == ["ADDED", "ADDED", "DELETED", "MODIFIED", "DELETED"]
    await custom.until(POOLS, lambda status, _: status == 404)


async def test_a_server_that_starts_anew_serves_at_once(api):
    """What is established is served from the first request on."""
    first = asyncio.create_task(CustomResources(api.registry).run())
    await serve(api, definition())
    first.cancel()
    for kind in [kind for kind in api.registry.scheme if kind.group == "example.com"]:
        api.registry.scheme.withdraw(kind)
    assert (await api("GET", POOLS))[0] == 404
    CustomResources(api.registry)
    assert (await api("GET", POOLS))[0] == 200


async def test_stored_objects_are_shown_by_the_present_schema(custom):
    """A default that came later is there, a field that went is not; discovery and OpenAPI say the same."""
    where = await serve(custom, definition())
    await custom("POST", POOLS, pool("old", size=2))
    newer = spec_of(tier={"type": "string", "default": "iron"})
    column = {"name": "Tier", "type": "string", "jsonPath": ".spec.tier"}
    patch = {"spec": {"versions": [version(schema=newer, additionalPrinterColumns=[column])]}}
    assert (await custom("PATCH", where, patch, **MERGE))[0] == 200
    shown = await custom.until(f"{POOLS}/old", lambda _, body: body.get("spec") == {"tier": "iron"})
    assert shown["metadata"]["generation"] == 1
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    assert (await custom("GET", POOLS, **table))[1]["rows"][0]["cells"] == ["old", "iron"]
    _, document = await custom("GET", "/openapi/v3/apis/example.com/v1")
    published = document["components"]["schemas"]["com.example.v1.Pool"]["properties"]
    assert set(published) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(published["spec"]["properties"]) == {"tier"}


async def test_versions_without_conversion(custom):
    """One object in two versions, each with its own bounds: that which a write names counts."""
    narrow = spec_of(size={"type": "integer", "maximum": 5})
    await serve(custom, definition(version("v1beta1", narrow, storage=False), version()))
    beta = POOLS.replace("/v1/", "/v1beta1/")
    assert (await custom("POST", beta, pool("x", "v1beta1", size=6)))[0] == 422
    assert (await custom("POST", beta, pool("x", "v1beta1", size=5)))[1][
        "apiVersion"
    ] == "example.com/v1beta1"
    _, stored = await custom("PATCH", f"{POOLS}/x", {"spec": {"size": 9}}, **MERGE)
    assert (stored["apiVersion"], stored["metadata"]["generation"]) == ("example.com/v1", 2)
    assert (await custom("GET", f"{beta}/x"))[1]["spec"] == {"size": 9}
    # What was beyond the bound before is not judged again.
    labelled = {"metadata": {"labels": {"a": "b"}}}
    assert (await custom("PATCH", f"{beta}/x", labelled, **MERGE))[0] == 200
    _, group = await custom("GET", "/apis/example.com")
    assert [each["version"] for each in group["versions"]] == ["v1", "v1beta1"]


async def test_names_are_given_once(custom):
    """Who comes second waits, and is served when the first has gone."""
    first = await serve(custom, definition())
    await custom("POST", DEFINITIONS, definition(plural="ponds"))
    second = f"{DEFINITIONS}/ponds.example.com"
    await custom.until(second, has("NamesAccepted", "False"))
    assert (await custom("GET", POOLS.replace("pools", "ponds")))[0] == 404
    await custom("DELETE", first)
    await custom.until(second, has("Established"))
    assert (await custom("GET", POOLS.replace("pools", "ponds")))[0] == 200
