"""Writes what baremetal-lb needs in the lab's API, once, at `up`: its namespaces, rights and address pool."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any, Final

from mockcloud.arguments import add_kubeconfig, kubeconfig
from mockcloud.client.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    NAMESPACES,
    ROLE_BINDINGS,
    ROLES,
)
from mockcloud.client.rest import ApiError, Client
from mockcloud.lab.components import provider_rights
from mockcloud.lab.components.provider_rights import NAMESPACE, STATUS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG_MAP: Final = "config"
_KINDS: Final = {
    "ClusterRole": CLUSTER_ROLES,
    "ClusterRoleBinding": CLUSTER_ROLE_BINDINGS,
    "Role": ROLES,
    "RoleBinding": ROLE_BINDINGS,
}


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
            *((_KINDS[body["kind"]], body) for body in provider_rights.objects()),
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
