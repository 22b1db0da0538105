"""Empties a node before it leaves, as `kubectl drain` does, and takes its Node away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.resources import NODES, PODS
from mockcloud.client.rest import ApiError, ApiUnreachable, Client
from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

Object = dict[str, Any]
EXCLUDE: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
_EMPTYING: Final[Object] = {"metadata": {"labels": {EXCLUDE: ""}}, "spec": {"unschedulable": True}}
_PAUSE: Final = 0.2
_TOO_MANY: Final = 429  # a PodDisruptionBudget forbids it for now
_GONE: Final = 404


def drain(kubeconfig: str, node: str, timeout: float, say: Callable[[str], object]) -> None:
    """Cordon it, let others announce its addresses, evict its pods, and wait until they have ended.

    LabError after `timeout` seconds, with what hinders; then, and when interrupted, it is as before.
    """
    _run(kubeconfig, lambda client: _drain(client, node, timeout, say))


def forget(kubeconfig: str, node: str) -> None:
    """Delete the Node, and at once the pods that were left on it; LabError."""
    _run(kubeconfig, lambda client: _forget(client, node))


def to_evict(pods: Iterable[Object]) -> list[Object]:
    """All but those of DaemonSets, which have nowhere else to go, and those that mirror a node's own."""
    return [pod for pod in pods if not _stays(pod["metadata"])]


def as_before(node: Object) -> Object:
    """The patch that takes back what emptying it has changed of this Node."""
    label, cordoned = node["metadata"].get("labels", {}).get(EXCLUDE), node["spec"].get("unschedulable")
    return {"metadata": {"labels": {EXCLUDE: label}}, "spec": {"unschedulable": cordoned}}


def _stays(metadata: Object) -> bool:
    owners = metadata.get("ownerReferences") or []
    of_daemon_set = any(each.get("controller") and each["kind"] == "DaemonSet" for each in owners)
    return of_daemon_set or "kubernetes.io/config.mirror" in (metadata.get("annotations") or {})


def _name(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


async def _pods_of(client: Client, node: str) -> list[Object]:
    found: list[Object] = (await client.list(PODS, field_selector=f"spec.nodeName={node}"))["items"]
    return found


async def _evict(client: Client, pod: Object, refusals: dict[str, str]) -> None:
    if "deletionTimestamp" in pod["metadata"]:
        return
    name = {key: pod["metadata"][key] for key in ("name", "namespace")}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": name}
    try:
        await client.create(PODS, body, subresource="eviction")
    except ApiError as exc:
        if exc.status == _TOO_MANY:
            refusals[_name(pod)] = str(exc)
        elif exc.status != _GONE:
            raise


def _run(kubeconfig: str, work: Callable[[Client], Awaitable[None]]) -> None:
    async def do() -> None:
        async with Client.from_kubeconfig(kubeconfig) as client:
            await work(client)

    try:
        asyncio.run(do())
    except (ApiError, ApiUnreachable) as exc:
        raise LabError(str(exc)) from exc


async def _drain(client: Client, node: str, timeout: float, say: Callable[[str], object]) -> None:
    found = await client.get(NODES, node)
    refusals, left = dict[str, str](), list[str]()
    try:
        await client.patch(NODES, node, _EMPTYING)
        async with asyncio.timeout(timeout):
            while pods := to_evict(await _pods_of(client, node)):
                names = sorted(map(_name, pods))
                if names != left:
                    say(f"waiting for {', '.join(names)} to end")
                left = names
                for pod in pods:
                    await _evict(client, pod, refusals)
                await asyncio.sleep(_PAUSE)
    except BaseException as exc:
        await client.patch(NODES, node, as_before(found))
        if isinstance(exc, TimeoutError):
            why = "; ".join(f"{name}: {refusals[name]}" if name in refusals else name for name in left)
            msg = f"{node} stays: its pods have not ended within {timeout:g} s (--force kills them): {why}"
            raise LabError(msg) from exc
        raise


async def _forget(client: Client, node: str) -> None:
    await client.delete(NODES, node)
    for pod in await _pods_of(client, node):
        meta = pod["metadata"]
        await client.delete(PODS, meta["name"], namespace=meta["namespace"], uid=meta["uid"], grace_seconds=0)
