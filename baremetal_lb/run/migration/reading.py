"""What is to be taken over: from files, or from a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.migration.source import EXPECTED, of_manifests, of_text
from baremetal_lb.kube.metallb import objects
from baremetal_lb.model.errors import ConfigFault, ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.migration.source import Source
    from baremetal_lb.kube.client import Client


def from_texts(texts: Sequence[str]) -> Source:
    """Of files, which count as one."""
    return of_text("\n---\n".join(texts))


async def from_cluster(client: Client, namespace: str) -> Source:
    """Of MetalLB in a namespace; ConfigRejected where there is nothing of it."""
    found = await objects(client, namespace)
    if not found:
        text = f"namespace {namespace} has nothing of MetalLB's (--metallb-namespace); {EXPECTED}"
        raise ConfigRejected((ConfigFault("", text),))
    return of_manifests(found)
