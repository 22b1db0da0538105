"""MetalLB in a cluster: its objects, and its two workloads, however they were installed; and our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.migration.steps import Workload
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.errors import NotFound
from baremetal_lb.kube.resources import CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, METALLB, PODS
from baremetal_lb.model.api_names import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.resources import Resource

# On what we have stopped: how many replicas the Deployment had; and the label that no node has.
STOPPED: Final = OURS + "stopped-replicas"
NOWHERE: Final = OURS + "taken-over"
_COMPONENT: Final = ("app.kubernetes.io/component", "component")  # by the chart, by the plain manifests
_CLASS: Final = "--lb-class="
_OVER: Final = frozenset({"Succeeded", "Failed"})


async def objects(client: Client, namespace: str) -> list[JsonObject]:
    """MetalLB's own objects, or the ConfigMap of 0.12; none, where it has none there."""
    found: list[JsonObject] = []
    for resource in METALLB:
        try:
            items = (await client.list(resource, namespace))["items"]
        except NotFound:
            continue
        # A list leaves out of each item what it says once for all.
        named = {"apiVersion": resource.group_version, "kind": resource.kind}
        found += [{**each, **named} for each in items]
    if not found:
        config = await client.find(CONFIG_MAPS, "config", namespace)
        if config:
            found.append({**config, "kind": "ConfigMap"})
    return found


@dataclass(frozen=True, slots=True)
class Daemons:
    """MetalLB's Deployment and DaemonSet, as the API has them; None where there is none."""

    client: Client
    namespace: str
    deployment: JsonObject | None
    daemon_set: JsonObject | None

    @property
    def load_balancer_class(self) -> str:
        """The class that its controller was told to serve; empty: Services without one."""
        containers = self.deployment["spec"]["template"]["spec"]["containers"] if self.deployment else ()
        arguments = [
            text for each in containers for text in (*(each.get("command") or ()), *(each.get("args") or ()))
        ]
        return next((text.removeprefix(_CLASS) for text in arguments if text.startswith(_CLASS)), "")

    async def controller(self) -> Workload | None:
        """How its controller stands."""
        raw = self.deployment
        if raw is None:
            return None
        ready = (raw.get("status") or {}).get("readyReplicas") or 0
        parked = STOPPED in (raw["metadata"].get("annotations") or {})
        wanted = raw["spec"].get("replicas", 1)
        return Workload(raw["metadata"]["name"], wanted, await self._pods(raw), ready, parked)

    async def speakers(self) -> Workload | None:
        """How its speakers stand."""
        raw = self.daemon_set
        if raw is None:
            return None
        status = raw.get("status") or {}
        parked = NOWHERE in (raw["spec"]["template"]["spec"].get("nodeSelector") or {})
        is_news = status.get("observedGeneration", 0) >= raw["metadata"].get("generation", 0)
        ready = status.get("numberReady") or 0 if is_news else 0
        wanted = 0 if parked else status.get("desiredNumberScheduled") or 0
        return Workload(raw["metadata"]["name"], wanted, await self._pods(raw), ready, parked)

    async def stop_controller(self) -> None:
        """Scale it to 0, and note how many there were."""
        assert self.deployment is not None
        replicas = str(self.deployment["spec"].get("replicas", 1))
        await self._patch(
            DEPLOYMENTS,
            self.deployment,
            {"metadata": {"annotations": {STOPPED: replicas}}, "spec": {"replicas": 0}},
        )

    async def start_controller(self) -> None:
        """As many as there were."""
        assert self.deployment is not None
        noted = self.deployment["metadata"]["annotations"][STOPPED]
        replicas = int(noted) if noted.isdecimal() else 1
        body = {"metadata": {"annotations": {STOPPED: None}}, "spec": {"replicas": replicas}}
        await self._patch(DEPLOYMENTS, self.deployment, body)

    async def move_speakers(self, *, away: bool) -> None:
        """Let them run on no node, or on those where they ran before."""
        assert self.daemon_set is not None
        selector = {NOWHERE: "true" if away else None}
        await self._patch(
            DAEMON_SETS, self.daemon_set, {"spec": {"template": {"spec": {"nodeSelector": selector}}}}
        )

    async def _patch(self, resource: Resource, raw: JsonObject, body: JsonObject) -> None:
        await self.client.patch(Target(resource, self.namespace, raw["metadata"]["name"]), body, MERGE)

    async def _pods(self, raw: JsonObject) -> int:
        """Those that there are, until they are gone for good."""
        labels = raw["spec"]["selector"].get("matchLabels") or {}
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in sorted(labels.items()))}
        listed = (await self.client.list(PODS, self.namespace, query))["items"]
        return sum((each.get("status") or {}).get("phase") not in _OVER for each in listed)


async def daemons(client: Client, namespace: str, *, ours: bool = False) -> Daemons:
    """MetalLB's workloads in a namespace, or ours: both may be in one."""
    deployment = _of("controller", (await client.list(DEPLOYMENTS, namespace))["items"], ours)
    daemon_set = _of("speaker", (await client.list(DAEMON_SETS, namespace))["items"], ours)
    return Daemons(client, namespace, deployment, daemon_set)


def _of(component: str, items: Sequence[JsonObject], ours: bool) -> JsonObject | None:
    for raw in items:
        labels = raw["metadata"].get("labels") or {}
        if component in (labels.get(key) for key in _COMPONENT) and _is_ours(raw) is ours:
            return raw
    return None


def _is_ours(raw: JsonObject) -> bool:
    """By an argument that our chart always gives, and MetalLB does not have."""
    containers = raw["spec"]["template"]["spec"]["containers"]
    return any(word.startswith("--config-map=") for each in containers for word in each.get("args") or ())
