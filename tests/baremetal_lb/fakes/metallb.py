"""MetalLB in a cluster whose API knows neither its kinds nor DaemonSets: objects, workloads, pods.

What a person patches takes effect as kube-controller-manager would let it: pods go, and come back ready.
"""

import asyncio
import json
import re
from typing import Any

from aiohttp import web

from tests.baremetal_lb.fakes.fault_proxy import FaultProxy

NAMESPACE = "metallb-system"
SLOWLY = 0.3  # seconds until a pod has ended
_OBJECTS = re.compile(r"/apis/metallb\.io/(v1beta[12])/namespaces/metallb-system/(\w+)")
_WORKLOADS = re.compile(r"/apis/apps/v1/namespaces/metallb-system/(deployments|daemonsets)(?:/([\w-]+))?")


def manifest(kind: str, name: str, spec: dict, version: str = "v1beta1") -> dict:
    return {
        "apiVersion": f"metallb.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


def workload(name: str, component: str, args: list[str], **spec: Any) -> dict:
    labels = {"app": "metallb", "component": component}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": component, "args": args}]}}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels, "generation": 1},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
        "status": {},
    }


class MetallbFront(FaultProxy):
    """A way to the API on which MetalLB is there, with three speakers and a controller."""

    def __init__(self, server: str, token: str, authority: str) -> None:
        super().__init__(server, token, authority)
        self.objects: list[dict] = []
        self.patches: list[tuple[str, dict]] = []  # what was done to its workloads
        self.on_speakers = _nothing  # awaited before its pods are counted as gone, or as ready
        self._tasks: set[asyncio.Task] = set()
        self.deployments = {"controller": workload("controller", "controller", ["--port=7472"], replicas=1)}
        self.daemonsets = {"speaker": workload("speaker", "speaker", ["--port=7472"])}
        self.pods = {"controller": 1, "speaker": 3}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if found := _OBJECTS.fullmatch(request.path):
            return self._list_objects(*found.groups())
        if found := _WORKLOADS.fullmatch(request.path):
            if request.method == "PATCH":
                return self._patch(*found.groups(), await request.json())
            return self._answer([self._with_status(raw) for raw in getattr(self, found[1]).values()])
        if request.path == f"/api/v1/namespaces/{NAMESPACE}/pods":
            return self._answer([{}] * self.pods[request.query["labelSelector"].rpartition("=")[2]])
        return await super().handle(request)

    def _list_objects(self, version: str, plural: str) -> web.Response:
        kinds = {f"{each['kind'].lower()}s" for each in self.objects} | {"ipaddresspools"}
        known = plural in kinds | {"communities", "bgppeers"}
        if not self.objects or not known:
            return web.json_response({"kind": "Status", "code": 404, "reason": "NotFound"}, status=404)
        found = [
            {key: each[key] for key in ("metadata", "spec")}
            for each in self.objects
            if f"{each['kind'].lower()}s" == plural and each["apiVersion"].endswith(version)
        ]
        return self._answer(found)

    def _answer(self, items: list[dict]) -> web.Response:
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})

    def _with_status(self, raw: dict) -> dict:
        component = raw["metadata"]["labels"]["component"]
        ready = self.pods[component]
        status = (
            {"readyReplicas": ready}
            if component == "controller"
            else {
                "observedGeneration": raw["metadata"]["generation"],
                "desiredNumberScheduled": 0 if self._is_parked(raw) else 3,
                "numberReady": ready,
            }
        )
        return {**raw, "status": status}

    def _is_parked(self, raw: dict) -> bool:
        return bool(raw["spec"]["template"]["spec"].get("nodeSelector"))

    def _patch(self, plural: str, name: str, body: dict) -> web.Response:
        raw = getattr(self, plural)[name]
        self.patches.append((name, body))
        _merge(raw, body)
        raw["metadata"]["generation"] += 1
        if plural == "deployments":
            self._become("controller", raw["spec"]["replicas"])
        else:
            self._become("speaker", 0 if self._is_parked(raw) else 3)
        return web.json_response(raw)

    def _become(self, component: str, pods: int) -> None:
        async def happen() -> None:
            await asyncio.sleep(SLOWLY)
            if component == "speaker":
                await self.on_speakers(pods > 0)
            self.pods[component] = pods

        task = asyncio.create_task(happen())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _nothing(_running: bool) -> None:
    return


def _merge(into: dict, patch: dict) -> None:
    """RFC 7386."""
    for key, value in json.loads(json.dumps(patch)).items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value
