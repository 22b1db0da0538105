"""coordination.k8s.io Leases: read, and written only over the version that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.decide.leader_election import Lease
from baremetal_lb.kube.convert import annotations_of
from baremetal_lb.kube.resources import LEASES
from baremetal_lb.model.api_names import WAITS_FOR

if TYPE_CHECKING:
    from datetime import datetime

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.model.objects import ObjectKey


@dataclass(frozen=True, slots=True)
class LeaseRead:
    """A lease with the object that it was read from, which its next version replaces."""

    lease: Lease
    raw: JsonObject


async def read_lease(client: Client, key: ObjectKey) -> LeaseRead | None:
    """The lease as it stands; None where there is none."""
    raw = await client.find(LEASES, key.name, key.namespace)
    return LeaseRead(lease_of(raw), raw) if raw else None


async def write_lease(
    client: Client, key: ObjectKey, lease: Lease, over: LeaseRead | None, now: datetime
) -> LeaseRead:
    """Write a lease as renewed now; Conflict where somebody else was quicker."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec: JsonObject = {**(over.raw["spec"] if over else {}), "renewTime": stamp}
    if over is None or over.lease.holder != lease.holder:
        spec["acquireTime"] = stamp
    spec["holderIdentity"] = lease.holder
    spec["leaseDurationSeconds"] = max(1, round(lease.duration))
    spec["leaseTransitions"] = lease.transitions
    waits = {WAITS_FOR: lease.waits_for} if lease.waits_for else {}
    if over is None:
        metadata = {"namespace": key.namespace, "name": key.name, "annotations": waits}
        raw = await client.create(LEASES, {"metadata": metadata, "spec": spec})
    else:
        others = {name: each for name, each in annotations_of(over.raw).items() if name != WAITS_FOR}
        metadata = {**over.raw["metadata"], "annotations": others | waits}
        raw = await client.replace(LEASES, {**over.raw, "metadata": metadata, "spec": spec})
    return LeaseRead(lease_of(raw), raw)


def lease_of(raw: JsonObject) -> Lease:
    """What a coordination.k8s.io/v1 Lease says."""
    spec = raw.get("spec") or {}
    return Lease(
        spec.get("holderIdentity") or "",
        spec.get("renewTime") or "",
        float(spec.get("leaseDurationSeconds") or 1),
        int(spec.get("leaseTransitions") or 0),
        annotations_of(raw).get(WAITS_FOR, ""),
    )
