"""Waits until a cloud controller manager has been at all Nodes: `up` ends when they are as in a cloud."""

from __future__ import annotations

import argparse
import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from mockcloud import logs
from mockcloud.arguments import add_kubeconfig, kubeconfig
from mockcloud.client.informer import Informer
from mockcloud.client.resources import NODES
from mockcloud.client.rest import Client
from mockcloud.cluster_defaults import UNINITIALIZED

if TYPE_CHECKING:
    from collections.abc import Iterable

LOG: Final = logging.getLogger("mockcloud.cloud_nodes")
Object = dict[str, Any]
_QUIET: Final = 2.0  # after that long without a change it is said what is waited for


def main(argv: list[str]) -> int:
    """End when all Nodes are initialized. Until then the log's last line says which are not."""
    parser = argparse.ArgumentParser(prog="cloud-nodes")
    add_kubeconfig(parser)
    options = parser.parse_args(argv)
    logs.configure()
    asyncio.run(_initialized(kubeconfig(options)))
    return 0


def waits_for(nodes: Iterable[Object]) -> str:
    """Which Nodes are not initialized, in one line; empty where all are.

    The taint goes before the addresses are written, and every instance of the lab's cloud has a public one.
    """
    names = sorted(each["metadata"]["name"] for each in nodes if not _is_initialized(each))
    return f"the cloud controller manager has not initialized {', '.join(names)}" if names else ""


def _is_initialized(node: Object) -> bool:
    taints = node.get("spec", {}).get("taints") or []
    addresses = node.get("status", {}).get("addresses") or []
    tainted = any(each["key"] == UNINITIALIZED for each in taints)
    return not tainted and any(each["type"] == "ExternalIP" for each in addresses)


async def _initialized(path: str) -> None:
    changed = asyncio.Event()
    async with Client.from_kubeconfig(path) as client, asyncio.TaskGroup() as group:
        nodes = Informer(client, NODES)
        watching = group.create_task(nodes.run(lambda *_: changed.set()), name="watch nodes")
        await nodes.synced.wait()
        said = ""
        while now := waits_for(nodes.items.values()):
            changed.clear()
            try:
                async with asyncio.timeout(_QUIET):
                    await changed.wait()
            except TimeoutError:
                if now != said:
                    LOG.info("%s", now)
                    said = now
        watching.cancel()
