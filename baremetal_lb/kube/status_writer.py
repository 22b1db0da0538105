"""A status write -> one PATCH of services/status: ingress, conditions and annotation, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.kube.client import Target
from baremetal_lb.kube.resources import SERVICES
from baremetal_lb.model.api_names import (
    ALLOCATED,
    ALLOCATED_FROM,
    ANNOUNCED,
    SERVED_BY,
)

if TYPE_CHECKING:
    from datetime import datetime

    from baremetal_lb.decide.service_status import ConditionWrite, StatusWrite
    from baremetal_lb.kube.client import Client, JsonObject


async def write_status(client: Client, write: StatusWrite, now: datetime) -> JsonObject:
    """Send it, return the Service as it then is; Conflict where it has changed since it was judged."""
    target = Target(SERVICES, write.key.namespace, write.key.name, "status")
    return await client.patch(target, render(write, now))


def render(write: StatusWrite, now: datetime) -> JsonObject:
    """The body, a strategic merge patch: it leaves other controllers' conditions alone."""
    ingress = [{"ip": str(address), "ipMode": "VIP"} for address in write.addresses]
    changes = ((ALLOCATED, write.allocated), (ANNOUNCED, write.announced))
    conditions = [_condition(kind, change, now) for kind, change in changes if change is not None]
    return {
        "metadata": {
            "resourceVersion": write.version,
            "annotations": {ALLOCATED_FROM: write.pool, SERVED_BY: write.served_by},
        },
        "status": {
            "loadBalancer": {"ingress": ingress or None},
            **({"conditions": conditions} if conditions else {}),
        },
    }


def _condition(kind: str, change: ConditionWrite, now: datetime) -> JsonObject:
    if change.condition is None:
        return {"$patch": "delete", "type": kind}
    condition: JsonObject = {
        "type": kind,
        "status": "True" if change.condition.status else "False",
        "reason": change.condition.reason,
        "message": change.condition.message,
    }
    if change.flips:
        condition["lastTransitionTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return condition
