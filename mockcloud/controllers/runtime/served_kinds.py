"""Which kinds the API serves: asked once at start, so that new kinds need no change here.

Those of CustomResourceDefinitions come and go: see `custom_kinds`.
"""

import asyncio
from dataclasses import dataclass

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import CUSTOM_RESOURCE_DEFINITIONS, Resource
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
    """All built-in kinds, of each group in its preferred version."""
    groups = (await client.read("/apis"))["groups"]
    versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
    paths = [("/apis/" if "/" in version else "/api/") + version for version in versions]
    answers, custom = await asyncio.gather(
        asyncio.gather(*(_read(client, path) for path in paths)), _custom(client, groups)
    )
    return [
        kind
        for version, found in zip(versions, answers, strict=True)
        for kind in kinds_of(version, found)
        if (kind.group, kind.resource.plural) not in custom
    ]


async def _read(client: Client, path: str) -> Object:
    """What the group version has; nothing where it has gone since the groups were listed."""
    try:
        return await client.read(path)
    except ApiError as error:
        if error.status != 404:
            raise
        return {"resources": []}


async def _custom(client: Client, groups: list[Object]) -> set[tuple[str, str]]:
    """(group, plural name) of each custom kind."""
    if all(group["name"] not in CUSTOM_RESOURCE_DEFINITIONS.group_version for group in groups):
        return set()
    found = (await client.list(CUSTOM_RESOURCE_DEFINITIONS)).get("items") or []
    return {(each["spec"]["group"], each["spec"]["names"]["plural"]) for each in found}
