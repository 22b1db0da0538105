"""All objects of an API, as files; one collection that is refused does not cost the others."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.errors import ApiError, ApiUnreachable

if TYPE_CHECKING:
    from pathlib import Path

    from mockcloud.client.rest import Client

SECRET: Final = frozenset({"secrets"})
"""Kinds that are left out: what is exported is shown to others."""
_COLLECTION_SECONDS: Final = 20.0
_API_SECONDS: Final = 120.0
"""For all collections together: an API that is paused is not waited for by each of them."""
_NO_ANSWER: Final = (ApiError, ApiUnreachable, TimeoutError)


async def write_objects(client: Client, folder: Path) -> list[str]:
    """A file a kind in the folder, which is made; what could not be had, in words. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lacking: list[str] = []
    try:
        async with asyncio.timeout(_API_SECONDS):
            for group in await _group_versions(client, lacking):
                for path, name in await _collections(client, group, lacking):
                    found = await _read(client, path, lacking)
                    if found is not None:
                        (folder / f"{name}.json").write_text(json.dumps(found, indent=1))
    except TimeoutError:
        lacking.append(f"further objects: the API takes too long, more than {_API_SECONDS:g} s for all")
    return lacking


async def _group_versions(client: Client, lacking: list[str]) -> list[str]:
    """The path of each API group, in its preferred version."""
    found = await _read(client, "/apis", lacking) or {}
    groups = [group["preferredVersion"]["groupVersion"] for group in found.get("groups", ())]
    return ["/api/v1", *(f"/apis/{group}" for group in groups)]


async def _collections(client: Client, group: str, lacking: list[str]) -> list[tuple[str, str]]:
    """The path of each collection that the group serves, and what to call its file."""
    found = await _read(client, group, lacking) or {}
    return [
        (f"{group}/{resource['name']}", _file_name(group, resource["name"]))
        for resource in found.get("resources", ())
        if "/" not in resource["name"] and resource["name"] not in SECRET and "list" in resource["verbs"]
    ]


async def _read(client: Client, path: str, lacking: list[str]) -> dict[str, Any] | None:
    """What the API answers; None, and why, where it refuses this one: the others are read all the same."""
    try:
        async with asyncio.timeout(_COLLECTION_SECONDS):
            return await client.read(path)
    except _NO_ANSWER as error:
        lacking.append(f"{path}: {error or f'no answer within {_COLLECTION_SECONDS:g} s'}")
        return None


def _file_name(group: str, plural: str) -> str:
    name = group.removeprefix("/apis/").rpartition("/")[0] if group.startswith("/apis/") else ""
    return f"{plural}.{name}" if name else plural
