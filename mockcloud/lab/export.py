"""All that a lab tells of itself, as files: `mockcloud export logs`, for CI and for reports of mistakes."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from mockcloud.client.errors import ApiError, ApiUnreachable, KubeconfigError
from mockcloud.client.rest import Client
from mockcloud.lab.enter import said_on_host
from mockcloud.lab.errors import LabError
from mockcloud.lab.pauses import seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from mockcloud.lab.state import LabFolder, LabState

SECRET: Final = frozenset({"secrets"})
"""Kinds that are left out: what is exported is shown to others."""
_COMMANDS: Final = {"rules.nft": ("nft", "list", "ruleset")}
_API_SECONDS: Final = 30.0


def export(lab: LabFolder, target: Path) -> list[str]:
    """Write it all below the folder; what could not be had, in words. LabError where there is no such lab.

    Of a lab that has ended badly there are its logs only.
    """
    if not (lab.path / "logs").is_dir():
        lab.read()  # says that there is none
    lacking: list[str] = []
    try:
        _logs(lab, target)
        (target / "versions.txt").write_text(_versions())
        try:
            state = lab.read()
        except LabError as error:
            return [str(error)]
        (target / "status.json").write_text(json.dumps(asdict(seen(state)), indent=1))
        lacking += _hosts(lab, state, target)
        lacking += asyncio.run(_objects(lab, target))
    except OSError as error:
        msg = f"cannot write {error.filename or target}: {error.strerror}"
        raise LabError(msg) from error
    return lacking


def _logs(lab: LabFolder, target: Path) -> None:
    for log in sorted((lab.path / "logs").glob("*.log")):
        _copy(log, target / "daemons" / log.name)
    for log in sorted(lab.path.glob("data/*/pods/*/logs/*/*.log")):
        container, pod = log.parent.name, log.parents[2].name
        namespace, name, _ = pod.split("_")
        _copy(log, target / "pods" / f"{namespace}_{name}" / f"{container}.{log.name}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):  # it has just gone
        shutil.copyfile(source, target)


def _versions() -> str:
    found = {str(each.metadata["Name"]).lower(): each.version for each in importlib.metadata.distributions()}
    packages = (f"{name} {version}" for name, version in sorted(found.items()))
    return "\n".join([f"{platform.platform()}", f"Python {sys.version}", *packages, ""])


def _hosts(lab: LabFolder, state: LabState, target: Path) -> list[str]:
    lacking = []
    for host in state.hosts:
        for name, command in _COMMANDS.items():
            path = target / "hosts" / host.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                done = said_on_host(lab, state, host.name, command)
            except (LabError, OSError, subprocess.SubprocessError) as error:
                lacking.append(f"{name} of {host.name}: {error}")
                continue
            path.write_text(done.stdout + done.stderr)
    return lacking


async def _objects(lab: LabFolder, target: Path) -> list[str]:
    folder = target / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        async with asyncio.timeout(_API_SECONDS), Client.from_kubeconfig(str(lab.kubeconfig)) as client:
            async for path, name in _collections(client):
                found = await client.read(path)
                (folder / f"{name}.json").write_text(json.dumps(found, indent=1))
    except (ApiError, ApiUnreachable, KubeconfigError, TimeoutError) as error:
        return [f"objects: {error or 'the API does not answer'}"]
    return []


async def _collections(client: Client) -> AsyncIterator[tuple[str, str]]:
    """The path of each collection that the API serves, once a kind, and what to call its file."""
    paths = ["/api/v1"]
    groups = (await client.read("/apis"))["groups"]
    paths += [f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups]
    for path in paths:
        for resource in (await client.read(path))["resources"]:
            name: str = resource["name"]
            if "/" in name or name in SECRET or "list" not in resource["verbs"]:
                continue
            yield f"{path}/{name}", _file_name(path, name)


def _file_name(path: str, plural: str) -> str:
    group = path.removeprefix("/apis/").rpartition("/")[0] if path.startswith("/apis/") else ""
    return f"{plural}.{group}" if group else plural
