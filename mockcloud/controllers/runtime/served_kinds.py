"""Which kinds the API serves: asked once at start, so that new kinds need no change here."""

import asyncio
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client


@dataclass(frozen=True, slots=True)
class ServedKind:
    """A kind that can be listed, watched and deleted."""

    resource: Resource
    group: str
    name: str


def kinds_of(group_version: str, found: Object) -> list[ServedKind]:
    """The kinds in one APIResourceList; subresources and what cannot be watched are left out."""
    group = group_version.rpartition("/")[0]
    return [
        ServedKind(Resource(group_version, each["name"], bool(each["namespaced"])), group, each["kind"])
        for each in found["resources"]
        if "/" not in each["name"] and {"list", "watch", "delete"} <= set(each["verbs"])
    ]


async def discover(client: Client) -> list[ServedKind]:
    """All kinds, of each group in its preferred version."""
    groups = (await client.read("/apis"))["groups"]
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    paths = [("/apis/" if "/" in version else "/api/") + version for version in versions]
    answers = await asyncio.gather(*(client.read(path) for path in paths))
    return [
        kind for version, found in zip(versions, answers, strict=True) for kind in kinds_of(version, found)
    ]
