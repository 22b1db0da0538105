"""PodDisruptionBudgets on the real embedded API."""

import pytest

from mockcloud.client.errors import ApiError
from mockcloud.client.resources import DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS
from testkit import objects


async def test_the_status_follows_pods_and_their_number(lab, make_deployment):
    """What may go is what is well beyond what has to stay."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=3))
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"namespace": lab.namespace}
    await lab.client.create(
        POD_DISRUPTION_BUDGETS,
        objects.made("PodDisruptionBudget", "web", version="policy/v1", metadata=meta, spec=spec),
    )

    def numbers():
        found = (lab.one(POD_DISRUPTION_BUDGETS, "web") or {}).get("status", {})
        names = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")
        return tuple(found.get(name) for name in names)

    await lab.becomes(numbers, (3, 2, 3, 1))
    await lab.until(lambda: lab.pods()[0]["status"].get("podIP"))
    await lab.set_ready(lab.pods()[0], False)
    await lab.becomes(numbers, (3, 2, 2, 0))
    await lab.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 2}})
    await lab.becomes(numbers, (2, 1, 2, 1))


async def test_an_eviction_is_refused_where_too_few_would_be_left(lab, make_deployment):
    """Of two at once, one; the next when the first has been replaced by one that serves."""
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=2))
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"namespace": lab.namespace}
    await lab.client.create(
        POD_DISRUPTION_BUDGETS,
        objects.made("PodDisruptionBudget", "web", version="policy/v1", metadata=meta, spec=spec),
    )

    def allowed():
        return (lab.one(POD_DISRUPTION_BUDGETS, "web") or {}).get("status", {}).get("disruptionsAllowed")

    async def evict(name):
        body = objects.made("Eviction", name, version="policy/v1", metadata=meta)
        await lab.client.create(PODS, body, subresource="eviction")

    await lab.until(lambda: allowed() == 1 and len(lab.pods()) == 2)
    first, second = (pod["metadata"]["name"] for pod in lab.pods())
    lab.ready = False
    await evict(first)
    with pytest.raises(ApiError, match="would violate the pod's disruption budget") as refused:
        await evict(second)
    assert refused.value.status == 429

    def replacement():
        names = {pod["metadata"]["name"] for pod in lab.pods()} - {first, second}
        return next(
            (pod for pod in map(lambda name: lab.one(PODS, name), names) if pod["status"].get("podIP")), None
        )

    await lab.until(replacement)
    await lab.becomes(allowed, 0)
    await lab.set_ready(replacement(), True)
    await lab.becomes(allowed, 1)
    await evict(second)
