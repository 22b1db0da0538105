"""The HorizontalPodAutoscaler controller: every 15 s it asks what pods use, and scales what they are of."""

import asyncio
from typing import Final

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import HORIZONTAL_POD_AUTOSCALERS, POD_METRICS, PODS, Resource
from mockcloud.controllers.podautoscaler import plan
from mockcloud.controllers.podautoscaler.limits import Memory
from mockcloud.controllers.podautoscaler.objects import (
    Autoscaler,
    Figures,
    parse_autoscaler,
    parse_figures,
    parse_scaled_pod,
)
from mockcloud.controllers.podautoscaler.plan import Plan
from mockcloud.controllers.podautoscaler.replicas import Situation
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue

COMPONENT: Final = "horizontal-pod-autoscaler"
PERIOD: Final = 15.0  # seconds; upstream's --horizontal-pod-autoscaler-sync-period


class PodAutoscaler:
    """`queue.run_workers` is the controller. While there is no autoscaler, nobody is asked anything."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue(COMPONENT, self.sync, workers=2)
        self._client = context.client
        self._events = context.recorder(COMPONENT)
        self._objects = context.informer(HORIZONTAL_POD_AUTOSCALERS).informer
        self._autoscalers = context.collection(HORIZONTAL_POD_AUTOSCALERS, parse_autoscaler)
        self._autoscalers.subscribe(self._changed)
        self._memories: dict[str, Memory] = {}  # by uid

    def _changed(self, key: Key, old: Autoscaler | None, new: Autoscaler | None) -> None:
        if new is None:
            self._memories.pop(old.meta.uid if old else "", None)
        elif old is None or not old.wants_same(new):
            self.queue.add(key)

    async def sync(self, key: Key) -> float | None:
        """Scale once; seconds until it is to be looked at again."""
        scaler = self._autoscalers.get(key)
        if scaler is None:
            return None
        current: int | None = None
        try:
            resource = await self._resource(scaler)
            scale = await self._client.read(resource.path(key[0], scaler.target["name"], "scale"))
        except ApiError as error:
            done = plan.without_scale(error.message)
        else:
            current = (scale.get("spec") or {}).get("replicas") or 0
            done = await self._scaled(scaler, resource, scale)
        await self._tell(scaler, done, current)
        return PERIOD

    async def _scaled(self, scaler: Autoscaler, resource: Resource, scale: Object) -> Plan:
        """What was decided, and done."""
        current = (scale.get("spec") or {}).get("replicas") or 0
        selector = (scale.get("status") or {}).get("selector") or ""
        situation = await self._situation(scaler, current, selector)
        done = plan.decide(situation, bool(selector), self._memories.get(scaler.meta.uid, Memory()))
        if done.replicas != current:
            patch = {"spec": {"replicas": done.replicas}}
            namespace, name = scaler.meta.namespace, scaler.target["name"]
            try:
                await self._client.patch(resource, name, patch, namespace=namespace, subresource="scale")
                done = plan.rescaled(done, current, utc_now())
            except ApiError as error:
                done = plan.not_rescaled(done, current, error.message)
        self._memories[scaler.meta.uid] = done.memory
        return done

    async def _situation(self, scaler: Autoscaler, current: int, selector: str) -> Situation:
        if not selector or not current:
            return Situation(scaler, current, (), {}, utc_now())
        namespace = scaler.meta.namespace
        pods, figures = await asyncio.gather(
            self._client.list(PODS, namespace=namespace, label_selector=selector),
            self._figures(namespace, selector),
        )
        parsed = [parse_scaled_pod(each) for each in pods["items"]]
        return Situation(scaler, current, parsed, figures, utc_now())

    async def _figures(self, namespace: str, selector: str) -> dict[str, Figures]:
        """By pod; none where the API has no figures to give."""
        try:
            found = await self._client.list(POD_METRICS, namespace=namespace, label_selector=selector)
        except ApiError:
            return {}
        return {each["metadata"]["name"]: parse_figures(each) for each in found["items"]}

    async def _resource(self, scaler: Autoscaler) -> Resource:
        """Where the target is served; ApiError where nobody knows its kind."""
        version, kind = str(scaler.target.get("apiVersion") or "v1"), scaler.target["kind"]
        root = "apis" if "/" in version else "api"
        found = await self._client.read(f"/{root}/{version}")
        for each in found.get("resources") or ():
            if each["kind"] == kind and "/" not in each["name"]:
                return Resource(version, each["name"], each["namespaced"])
        group = version.rpartition("/")[0]
        raise ApiError(404, "NotFound", f'no matches for kind "{kind}" in group "{group}"')

    async def _tell(self, scaler: Autoscaler, done: Plan, current: int | None) -> None:
        obj = self._objects.items.get(scaler.meta.key)
        if obj is None:
            return
        for event in done.events:
            self._events.record(obj, event.reason, event.message, warning=event.warning)
        wanted = plan.status(scaler, done, current, seconds_text(utc_now()))
        await write_status(self._client, HORIZONTAL_POD_AUTOSCALERS, scaler.meta, scaler.status, wanted)
