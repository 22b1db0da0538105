"""Keeps the rules of gathering ClusterRoles."""

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key
from mockcloud.client.resources import CLUSTER_ROLES
from mockcloud.controllers.clusterrole_aggregation.plan import ClusterRole, gathered, parse_cluster_role
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue


class ClusterRoleAggregation:
    """`queue.run_workers` is the controller. Its keys are ("", role)."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("cluster role aggregation", self.sync_role)
        self._context = context
        self._roles = context.collection(CLUSTER_ROLES, parse_cluster_role)
        self._roles.subscribe(self._changed)

    async def sync_role(self, key: Key) -> float | None:
        """Write the rules where they are not as they should be."""
        role = self._roles.get(key)
        if role is None or not role.selectors:
            return None
        rules = gathered(role, self._roles.all())
        if rules is not None:
            try:
                await self._context.client.patch(CLUSTER_ROLES, role.name, {"rules": rules})
            except ApiError as error:
                if error.status != 404:
                    raise
        return None

    def _changed(self, _key: Key, _old: ClusterRole | None, _new: ClusterRole | None) -> None:
        for each in self._roles.all():
            if each.selectors:
                self.queue.add(("", each.name))
