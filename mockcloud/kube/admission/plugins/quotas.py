"""ResourceQuota: what a namespace may still use up, charged in the step that stores the object."""

from collections.abc import Callable
from functools import partial
from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Charging
from mockcloud.kube.json_types import object_at
from mockcloud.kube.resources.core.resourcequota import RESOURCE_QUOTA
from mockcloud.kube.storage.store import Store, Stored
from mockcloud.kube.writes import refusals
from mockcloud.quotas.quantities import Amounts, texts
from mockcloud.quotas.quota import charged, enforced

CHANGING: Final = frozenset(["persistentvolumeclaims", "services"])
"""What may use up more when it is changed."""


def resource_quota(store: Store) -> Charging:
    """The member: 403 where a quota has no room; else what writes what is used then."""

    def charge(write: Attributes) -> list[Callable[[], object]]:
        if not write.writes_all or not write.namespace:
            return []
        resource = write.kind.resource
        if write.operation is not Operation.CREATE and resource not in CHANGING:
            return []
        steps: list[Callable[[], object]] = []
        for stored in store.objects(RESOURCE_QUOTA.storage, write.namespace):
            quota = enforced(stored.object)
            if not quota.is_about(resource, write.object):
                continue
            used, why = charged(quota, resource, write.object, write.old)
            if why:
                raise refusals.forbidden(write.kind, write.name, why)
            if used != quota.used:
                steps.append(partial(_charge, store, stored, used))
        return steps

    return charge


def _charge(store: Store, stored: Stored, used: Amounts) -> None:
    obj = stored.copy()
    status = {**object_at(obj, "status"), "used": texts(used)}
    key = (obj["metadata"]["namespace"], obj["metadata"]["name"])
    store.put(RESOURCE_QUOTA.storage, key, {**obj, "status": status}, stored.managed)
