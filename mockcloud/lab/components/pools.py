"""Writes the lab's address pool where baremetal-lb looks for it: namespaces and ConfigMap, once, at `up`."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any, Final

from mockcloud.arguments import add_kubeconfig, kubeconfig
from mockcloud.client.resources import CONFIG_MAPS, NAMESPACES
from mockcloud.client.rest import ApiError, Client

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE: Final = "baremetal-lb-system"
STATUS_NAMESPACE: Final = "baremetal-lb-speakers"
CONFIG_MAP: Final = "config"


def main(argv: list[str]) -> int:
    """Create what is missing; leave a ConfigMap that somebody has edited as it is."""
    parser = argparse.ArgumentParser(prog="pools")
    add_kubeconfig(parser)
    parser.add_argument("addresses", nargs="+")
    options = parser.parse_args(argv)
    asyncio.run(_write(kubeconfig(options), options.addresses))
    return 0


async def _write(path: str, addresses: Sequence[str]) -> None:
    async with Client.from_kubeconfig(path) as client:
        for resource, body in (
            (NAMESPACES, _namespace(NAMESPACE)),
            (NAMESPACES, _namespace(STATUS_NAMESPACE)),
            (CONFIG_MAPS, _config_map(addresses)),
        ):
            try:
                await client.create(resource, body)
            except ApiError as exc:
                if exc.status != 409:
                    raise


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _config_map(addresses: Sequence[str]) -> dict[str, Any]:
    entries = "".join(f"  - {entry}\n" for entry in addresses)
    text = f"address-pools:\n- name: lab\n  protocol: layer2\n  addresses:\n{entries}"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": NAMESPACE},
        "data": {"config": text},
    }
