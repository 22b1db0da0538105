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

from mockcloud.client.errors import KubeconfigError
from mockcloud.client.rest import Client
from mockcloud.export.objects import write_objects
from mockcloud.lab.enter import said_on_host
from mockcloud.lab.errors import LabError
from mockcloud.lab.pauses import seen

if TYPE_CHECKING:
    from pathlib import Path

    from mockcloud.lab.state import LabFolder, LabState

_COMMANDS: Final = {
    "rules.nft": ("nft", "list", "ruleset"),
    "addresses.txt": ("ip", "-statistics", "address"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
    "neighbours.txt": ("ip", "neighbour"),
}


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
        _copy(lab.faults, target / lab.faults.name)
        lacking += _hosts(lab, state, target)
        lacking += asyncio.run(_objects(lab, target / "objects"))
    except OSError as error:
        msg = f"cannot write {error.filename or target}: {error.strerror}"
        raise LabError(msg) from error
    return lacking


def _logs(lab: LabFolder, target: Path) -> None:
    for log in sorted((lab.path / "logs").glob("*.log")):
        _copy(log, target / "daemons" / log.name)
    for log in sorted(lab.path.glob("data/*/pods/*/logs/*/*.log")):
        container, pod = log.parent.name, log.parents[2].name
        of_the_pod, _, _uid = pod.rpartition("_")
        _copy(log, target / "pods" / (of_the_pod or pod) / f"{container}.{log.name}")


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


async def _objects(lab: LabFolder, folder: Path) -> list[str]:
    try:
        async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
            return await write_objects(client, folder)
    except KubeconfigError as error:
        return [f"objects: {error}"]
