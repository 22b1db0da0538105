"""HorizontalPodAutoscalers on the real embedded API; the figures are the test's: there are no nodes here."""

import pytest

from mockcloud.client.clock import utc_now
from mockcloud.client.resources import DEPLOYMENTS, EVENTS, HORIZONTAL_POD_AUTOSCALERS
from mockcloud.controllers.podautoscaler import controller
from mockcloud.controllers.podautoscaler.controller import PodAutoscaler
from mockcloud.controllers.podautoscaler.objects import Figures
from testkit import objects


def autoscaler(namespace, *, target="web", **spec):
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "maxReplicas": 4,
        **spec,
    }
    meta = {"namespace": namespace}
    return objects.made("HorizontalPodAutoscaler", "web", version="autoscaling/v2", metadata=meta, spec=spec)


def reasons(lab):
    """Of its conditions, by type."""
    found = lab.one(HORIZONTAL_POD_AUTOSCALERS, "web")["status"]["conditions"]
    return {each["type"]: each["reason"] for each in found}


def told(lab):
    """The reasons of its Events."""
    return {
        each["reason"]
        for each in lab.of(EVENTS)
        if each["involvedObject"]["kind"] == "HorizontalPodAutoscaler"
    }


def replicas(lab):
    return lab.one(DEPLOYMENTS, "web")["spec"]["replicas"]


@pytest.fixture
def soon(monkeypatch):
    """It looks twice a second."""
    monkeypatch.setattr(controller, "PERIOD", 0.5)


@pytest.fixture
def use(monkeypatch):
    """What each pod is said to use of something, in thousandths; a test may change it."""
    found = {"memory": 100}

    async def figures(self, namespace, selector):
        pods = await self._client.list(controller.PODS, namespace=namespace, label_selector=selector)
        each = Figures(utc_now(), 0.0, {"c": dict(found)})
        return {pod["metadata"]["name"]: each for pod in pods["items"]}

    monkeypatch.setattr(PodAutoscaler, "_figures", figures)
    return found


async def test_bounds_hold_without_any_figures(lab, make_deployment, soon):
    """Who has too few or too many is led to the bound, and is told why there is no more to say."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.client.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler(lab.namespace, minReplicas=2))
    await lab.becomes(lambda: replicas(lab), 2)
    await lab.becomes(lambda: reasons(lab).get("ScalingActive"), "FailedGetResourceMetric")
    await lab.until(lambda: {"SuccessfulRescale", "FailedGetResourceMetric"} <= told(lab))
    await lab.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 6}})
    await lab.becomes(lambda: replicas(lab), 4)
    await lab.patch(HORIZONTAL_POD_AUTOSCALERS, "web", {"spec": {"maxReplicas": 3}})
    await lab.becomes(lambda: replicas(lab), 3)


async def test_replicas_follow_what_pods_use(lab, make_deployment, soon, use):
    """Up as soon as it is seen, and down again by the rules of its own."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    target = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "50m"}}
    body = autoscaler(
        lab.namespace,
        metrics=[{"type": "Resource", "resource": target}],
        behavior={"scaleDown": {"stabilizationWindowSeconds": 0}},
    )
    await lab.client.create(HORIZONTAL_POD_AUTOSCALERS, body)
    await lab.becomes(lambda: replicas(lab), 4)
    await lab.becomes(lambda: reasons(lab).get("ScalingLimited"), "TooManyReplicas")
    use["memory"] = 10
    await lab.becomes(lambda: replicas(lab), 1)

    def status():
        found = lab.one(HORIZONTAL_POD_AUTOSCALERS, "web")["status"]
        return found["currentReplicas"], found["currentMetrics"][0]["resource"]["current"]["averageValue"]

    await lab.becomes(status, (1, "10m"))


async def test_a_target_that_is_not_there(lab, make_deployment, soon):
    """It says so, and begins when there is one."""
    await lab.client.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler(lab.namespace, minReplicas=2))
    await lab.becomes(lambda: reasons(lab), {"AbleToScale": "FailedGetScale"})
    await lab.until(lambda: "FailedGetScale" in told(lab))
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=1))
    await lab.becomes(lambda: replicas(lab), 2)
