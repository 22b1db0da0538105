"""Custom kinds among the controllers that have to do with all kinds, on the real embedded API."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mockcloud.client.errors import ApiError
from mockcloud.client.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, Resource
from mockcloud.controllers.runtime.custom_kinds import served_kind
from mockcloud.controllers.runtime.served_kinds import ServedKind

POOLS = Resource("lab.example.com/v1", "pools")
NAME = "pools.lab.example.com"
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": NAME},
    "spec": {
        "group": "lab.example.com",
        "scope": "Namespaced",
        "names": {"plural": "pools", "kind": "Pool"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
        ],
    },
}
ESTABLISHED = {
    "acceptedNames": {"plural": "pools", "kind": "Pool"},
    "conditions": [{"type": "Established", "status": "True"}],
}


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Ask until it holds; what is not there does not."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await holds():
                    return
            except ApiError as error:
                if error.status != 404:
                    raise
            await asyncio.sleep(0.05)


async def gone(client, resource, name, namespace=None) -> bool:
    try:
        await client.get(resource, name, namespace)
    except ApiError as error:
        return error.status == 404
    return False


def of(kind: str, version: str, name: str, namespace: str, *owners: dict) -> dict:
    references = [
        {key: each[key] for key in ("apiVersion", "kind")}
        | {key: each["metadata"][key] for key in ("name", "uid")}
        for each in owners
    ]
    meta = {"name": name, "namespace": namespace, "ownerReferences": references}
    return {"apiVersion": version, "kind": kind, "metadata": meta}


async def test_custom_objects_own_are_owned_and_go_with_their_namespace(lab):
    """A custom kind that came while the controllers run is one like any other; it may go and come again."""
    client, here = lab.client, lab.namespace
    for round_ in ("one", "two"):
        await client.create(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION)
        await until(lambda: client.list(POOLS, namespace=here))
        pool = await client.create(POOLS, of("Pool", "lab.example.com/v1", round_, here))
        child = await client.create(CONFIG_MAPS, of("ConfigMap", "v1", f"{round_}-child", here, pool))
        await client.create(POOLS, of("Pool", "lab.example.com/v1", f"{round_}-grandchild", here, child))
        await client.delete(POOLS, round_, namespace=here)
        await until(lambda name=round_: gone(client, POOLS, f"{name}-grandchild", here))
        there = f"{here[:40]}-{round_}"
        await client.create(NAMESPACES, {"metadata": {"name": there}})
        await client.create(POOLS, of("Pool", "lab.example.com/v1", "left", there))
        await client.delete(NAMESPACES, there)
        await until(lambda name=there: gone(client, NAMESPACES, name))
        await client.create(POOLS, of("Pool", "lab.example.com/v1", "last", here))
        await client.delete(CUSTOM_RESOURCE_DEFINITIONS, NAME)
        await until(lambda: gone(client, CUSTOM_RESOURCE_DEFINITIONS, NAME))


@pytest.mark.parametrize(
    ("versions", "status", "kind"),
    [
        pytest.param(
            [("v2", True, False), ("v1", True, True)],
            ESTABLISHED,
            ServedKind(POOLS, "lab.example.com", "Pool"),
            id="the stored version",
        ),
        pytest.param(
            [("v1", True, False), ("v2", False, True)],
            ESTABLISHED,
            ServedKind(POOLS, "lab.example.com", "Pool"),
            id="one that is served",
        ),
        pytest.param([("v1", False, True)], ESTABLISHED, None, id="none is served"),
        pytest.param([("v1", True, True)], {}, None, id="no names yet"),
    ],
)
def test_served_kind(versions, status, kind):
    """What of a definition is watched."""
    named = [dict(zip(("name", "served", "storage"), each, strict=True)) for each in versions]
    assert served_kind({"spec": {**DEFINITION["spec"], "versions": named}, "status": status}) == kind
