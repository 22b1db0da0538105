"""The cluster's side of the demonstration: what is applied, and what its objects come to say."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from e2e.lab import run
from mockcloud.client.informer import Informer
from mockcloud.client.resources import DEPLOYMENTS, PODS, SERVICES, Resource

if TYPE_CHECKING:
    from collections.abc import Callable

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


async def external_ip(client: Client, name: str, say: Callable[[float, str], None]) -> str:
    """The Service's address; EXTERNAL-IP is said at each change, with seconds since the Service appeared."""
    began: list[float] = []
    address = ""

    def has_address(service: dict[str, Any]) -> bool:
        nonlocal address
        began.append(time.monotonic())
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        address = ingress[0]["ip"] if ingress else ""
        say(began[-1] - began[0], address or "<pending>")
        return bool(address)

    await _until(client, SERVICES, name, has_address)
    return address


async def until_available(client: Client, name: str) -> int:
    """Wait until all replicas of the Deployment are available; how many."""
    wanted = 0

    def all_available(deployment: dict[str, Any]) -> bool:
        nonlocal wanted
        wanted = deployment["spec"]["replicas"]
        return bool(deployment.get("status", {}).get("availableReplicas", 0) >= wanted)

    await _until(client, DEPLOYMENTS, name, all_available)
    return wanted


async def pods(client: Client, label_selector: str) -> dict[str, tuple[str, str]]:
    """Node and address of each pod, by name."""
    found = await client.list(PODS, namespace="default", label_selector=label_selector)
    return {
        pod["metadata"]["name"]: (pod["spec"]["nodeName"], pod["status"]["podIP"]) for pod in found["items"]
    }


async def service(client: Client, name: str) -> dict[str, Any]:
    """The Service as it stands."""
    return await client.get(SERVICES, name, "default")


async def _until(
    client: Client, resource: Resource, name: str, settled: Callable[[dict[str, Any]], bool]
) -> None:
    """Show `settled` each state of the object, from the present one on, until it says True."""
    done = asyncio.Event()

    def changed(_key: object, _old: object, new: dict[str, Any] | None) -> None:
        if new is not None and not done.is_set() and settled(new):
            done.set()

    informer = Informer(client, resource, namespace="default", field_selector=f"metadata.name={name}")
    async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
        watching = group.create_task(informer.run(changed), name=f"watch {name}")
        await done.wait()
        watching.cancel()
