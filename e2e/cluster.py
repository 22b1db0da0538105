"""The cluster's side of the demonstration: what is applied, and what its objects come to say."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import yaml

from mockcloud.client.informer import Informer
from mockcloud.client.resources import DEPLOYMENTS, PODS, SERVICES, Resource
from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import StepError, failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from mockcloud.client.rest import Client

ANNOUNCED: Final = "baremetal-lb.io/Announced"
_KINDS: Final = {"Deployment": DEPLOYMENTS, "Service": SERVICES}
_SECONDS: Final = 90.0  # as often as not on a machine that does other things, too


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first error is raised as it is, not in a group of one."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None


async def apply(client: Client, kubeconfig: str, manifest: Path) -> str:
    """Apply the manifest with kubectl, or by the API where there is none; what was said, a line an object."""
    kubectl = find_kubectl()
    if kubectl is not None:
        return await _run([kubectl, "apply", "-f", str(manifest)], kubectl_environment(kubeconfig))
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
    said: list[str] = []

    def lacking(service: dict[str, Any]) -> str:
        began.append(time.monotonic())
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress", [])
        address = ingress[0]["ip"] if ingress else ""
        if said[-1:] != [address]:
            said.append(address)
            say(began[-1] - began[0], address or "<pending>")
        return "" if address else "it has no address yet"

    await _until(client, SERVICES, name, lacking)
    return said[-1]


async def until_available(client: Client, name: str) -> int:
    """Wait until all replicas of the Deployment are available; how many."""
    wanted = 0

    def lacking(deployment: dict[str, Any]) -> str:
        nonlocal wanted
        wanted = deployment["spec"]["replicas"]
        available = deployment.get("status", {}).get("availableReplicas", 0)
        return "" if available >= wanted else f"{available} of {wanted} replicas are available"

    await _until(client, DEPLOYMENTS, name, lacking)
    return wanted


async def until_announced(client: Client, name: str) -> str:
    """Wait until a speaker answers for the Service's address; who does, in the condition's words."""
    said = ""

    def lacking(service: dict[str, Any]) -> str:
        nonlocal said
        conditions = service.get("status", {}).get("conditions", [])
        found = next((each for each in conditions if each["type"] == ANNOUNCED), None)
        if found is None:
            return f"it has no condition {ANNOUNCED} yet"
        said = found["message"]
        return "" if found["status"] == "True" else f"{ANNOUNCED} is False: {found['reason']}: {said}"

    await _until(client, SERVICES, name, lacking)
    return said


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
    client: Client, resource: Resource, name: str, lacking: Callable[[dict[str, Any]], str]
) -> None:
    """Show `lacking` each state of the object, from the present one on, until it finds nothing ("").

    StepError, with what it said last, where that takes too long.
    """
    done, last = asyncio.Event(), "there is none"

    def changed(_key: object, _old: object, new: dict[str, Any] | None) -> None:
        nonlocal last
        if done.is_set():
            return
        last = lacking(new) if new is not None else "it was deleted"
        if not last:
            done.set()

    informer = Informer(client, resource, namespace="default", field_selector=f"metadata.name={name}")
    try:
        async with asyncio.timeout(_SECONDS), together() as group:
            watching = group.create_task(informer.run(changed), name=f"watch {name}")
            await done.wait()
            watching.cancel()
    except TimeoutError:
        msg = f"{resource.plural.removesuffix('s')}/{name}: after {_SECONDS:g} s {last}"
        raise StepError(msg) from None


async def _run(command: list[str], environment: dict[str, str]) -> str:
    """What the command prints; StepError with its own words where it fails, or does not end."""
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*command, env=environment, **pipes)
    try:
        async with asyncio.timeout(_SECONDS):
            said, errors = await process.communicate()
    except TimeoutError:
        msg = f"{' '.join(command)}: did not end within {_SECONDS:g} s"
        raise StepError(msg) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise StepError(failure(command, process.returncode, errors.decode(errors="replace")))
    return said.decode()
