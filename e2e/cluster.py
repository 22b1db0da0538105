"""The cluster's side of the demonstration: what is applied, and what its objects come to say."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from e2e.lab import run
from mockcloud.client.resources import DEPLOYMENTS, PODS, SERVICES, Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mockcloud.client.rest import Client

_KINDS: Final = {"Deployment": DEPLOYMENTS, "Service": SERVICES}
_SECONDS: Final = 30.0


async def apply(client: Client, kubeconfig: str, manifest: Path) -> str:
    """Apply the manifest with kubectl, or by the API where there is none; what was said, a line an object."""
    if shutil.which("kubectl"):
        command = ["kubectl", "apply", "-f", str(manifest)]
        environment = {
            "KUBECONFIG": kubeconfig,
            "KUBECACHEDIR": str(Path(kubeconfig).parent / "kubectl-cache"),
        }
        return await asyncio.to_thread(run, command, environment=environment)
    said = []
    for body in yaml.safe_load_all(manifest.read_text()):
        await client.create(
            _KINDS[body["kind"]], {**body, "metadata": {"namespace": "default", **body["metadata"]}}
        )
        said.append(
            f"{body['kind'].lower()} {body['metadata']['name']} created (no kubectl here: by the API)"
        )
    return "\n".join(said)


async def external_ip(client: Client, name: str) -> AsyncIterator[tuple[float, str]]:
    """EXTERNAL-IP as a watch sees it, with seconds since the Service appeared; ends with the address."""
    began: float | None = None
    async with asyncio.timeout(_SECONDS):
        async for service in _states(client, SERVICES, name):
            began = began or time.monotonic()
            ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
            yield time.monotonic() - began, ingress[0]["ip"] if ingress else "<pending>"
            if ingress:
                return


async def until_available(client: Client, name: str) -> int:
    """Wait until all replicas of the Deployment are available; how many."""
    async with asyncio.timeout(_SECONDS):
        async for deployment in _states(client, DEPLOYMENTS, name):
            wanted: int = deployment["spec"]["replicas"]
            if deployment.get("status", {}).get("availableReplicas", 0) >= wanted:
                return wanted
    msg = f"the watch of deployment {name} ended"
    raise RuntimeError(msg)


async def pods(client: Client, label_selector: str) -> dict[str, tuple[str, str]]:
    """Node and address of each pod, by name."""
    found = await client.list(PODS, namespace="default", label_selector=label_selector)
    return {
        pod["metadata"]["name"]: (pod["spec"]["nodeName"], pod["status"]["podIP"]) for pod in found["items"]
    }


async def service(client: Client, name: str) -> dict[str, Any]:
    """The Service as it stands."""
    return await client.get(SERVICES, name, "default")


async def _states(client: Client, resource: Resource, name: str) -> AsyncIterator[dict[str, Any]]:
    """The object at each of its versions, from the present one on."""
    from mockcloud.client.informer import Informer

    states: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    informer = Informer(client, resource, namespace="default", field_selector=f"metadata.name={name}")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            informer.run(lambda _key, _old, new: states.put_nowait(new) if new else None)
        )
        try:
            while True:
                yield await states.get()
        finally:
            task.cancel()
