"""A status write -> one PATCH of services/status: ingress, condition and annotation, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.allocation.requests import ALLOCATED_FROM
from baremetal_lb.kube.client import Target
from baremetal_lb.kube.convert import CONDITION
from baremetal_lb.kube.resources import SERVICES

if TYPE_CHECKING:
    from datetime import datetime

    from baremetal_lb.decide.status import StatusWrite
    from baremetal_lb.kube.client import Client, JsonObject


async def write_status(client: Client, write: StatusWrite, now: datetime) -> JsonObject:
    """Send it, return the Service as it then is; Conflict where it has changed since it was judged."""
    target = Target(SERVICES, write.key.namespace, write.key.name, "status")
    return await client.patch(target, render(write, now))


def render(write: StatusWrite, now: datetime) -> JsonObject:
    """The body, a strategic merge patch: it leaves other controllers' conditions alone."""
    ingress = [{"ip": str(address), "ipMode": "VIP"} for address in write.addresses]
    return {
        "metadata": {"resourceVersion": write.version, "annotations": {ALLOCATED_FROM: write.pool}},
        "status": {"loadBalancer": {"ingress": ingress or None}, "conditions": [_condition(write, now)]},
    }


def _condition(write: StatusWrite, now: datetime) -> JsonObject:
    if write.condition is None:
        return {"$patch": "delete", "type": CONDITION}
    condition: JsonObject = {
        "type": CONDITION,
        "status": "True" if write.condition.status else "False",
        "reason": write.condition.reason,
        "message": write.condition.message,
    }
    if write.flips:
        condition["lastTransitionTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return condition
