"""The disruption controller: keeps each PodDisruptionBudget's status true."""

from mockcloud.client.clock import utc_now
from mockcloud.client.objects import Key
from mockcloud.client.resources import (
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
)
from mockcloud.controllers.disruption.objects import Scaled, parse_budget, parse_scaled
from mockcloud.controllers.disruption.plan import DISRUPTION_TIMEOUT, budget_status, numbers, still_disrupted
from mockcloud.controllers.objects.metadata import Owner
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.indexes import by_namespace
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue


class DisruptionController:
    """`queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("disruption", self.sync_budget, workers=1)
        self._context = context
        self._budgets = context.collection(POD_DISRUPTION_BUDGETS, parse_budget, by_namespace)
        self._budgets.subscribe(lambda key, _old, _new: self.queue.add(key))
        scaled = {
            "Deployment": DEPLOYMENTS,
            "ReplicaSet": REPLICA_SETS,
            "ReplicationController": REPLICATION_CONTROLLERS,
            "StatefulSet": STATEFUL_SETS,
        }
        self._scaled = {kind: context.collection(resource, parse_scaled) for kind, resource in scaled.items()}
        for each in self._scaled.values():
            each.subscribe(self._scaled_changed)
        context.pods.subscribe(self._pod_changed)

    async def sync_budget(self, key: Key) -> float | None:
        """Write what may be disrupted now; seconds until somebody who does not go counts again."""
        budget = self._budgets.get(key)
        if budget is None:
            return None
        chosen = dict(budget.selector.equals) if budget.selector else {}
        label = next(iter(chosen.items()), None)
        candidates = (
            self._context.pods.having(("label", key[0], *label)) if label else self._context.pods.all()
        )
        pods = [pod for pod in candidates if pod.meta.namespace == key[0] and budget.selects(pod.meta)]
        now = utc_now()
        leaving = still_disrupted(budget, pods, now)
        wanted = budget_status(budget, numbers(budget, pods, self._scale_of, leaving), now, leaving)
        await write_status(self._context.client, POD_DISRUPTION_BUDGETS, budget.meta, budget.status, wanted)
        return DISRUPTION_TIMEOUT.total_seconds() if leaving else None

    def _scale_of(self, namespace: str, owner: Owner) -> Scaled | None:
        """What says how many pods there are to be: the owner or, of a ReplicaSet, its Deployment."""
        if owner.kind not in self._scaled:
            return None
        found = self._scaled[owner.kind].get((namespace, owner.name))
        if found is None or owner.kind != "ReplicaSet":
            return found
        above = next((each for each in found.meta.owners if each.controller), None)
        deployment = above and self._scaled["Deployment"].get((namespace, above.name))
        return deployment or found

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        for pod in (old, new):
            if pod is not None:
                for budget in self._budgets.having(("namespace", pod.meta.namespace)):
                    if budget.selects(pod.meta):
                        self.queue.add(budget.meta.key)

    def _scaled_changed(self, key: Key, old: Scaled | None, new: Scaled | None) -> None:
        if (old and old.replicas) != (new and new.replicas):
            for budget in self._budgets.having(("namespace", key[0])):
                self.queue.add(budget.meta.key)
