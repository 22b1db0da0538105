"""PodDisruptionBudgets on the real embedded API."""

from mockcloud.client.resources import DEPLOYMENTS, POD_DISRUPTION_BUDGETS
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

    await lab.until(lambda: numbers() == (3, 2, 3, 1))
    await lab.set_ready(lab.pods()[0], False)
    await lab.until(lambda: numbers() == (3, 2, 2, 0))
    await lab.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 2}})
    await lab.until(lambda: numbers() == (2, 1, 2, 1))
