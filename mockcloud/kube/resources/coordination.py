"""The kinds of the group coordination.k8s.io: Leases."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts


def lease_defaults(obj: JsonObject) -> JsonObject:
    """A Lease has a spec."""
    return filled(obj, spec={})


def lease_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """A lease lasts some time."""
    spec = object_at(new, "spec")
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")
    if spec.get("preferredHolder") and not spec.get("strategy"):
        yield forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")


def _row(lease: JsonObject, now: float) -> list[Cell]:
    return [name_of(lease), str(object_at(lease, "spec").get("holderIdentity") or ""), age(lease, now)]


LEASE: Final = Kind(
    "coordination.k8s.io",
    "v1",
    "Lease",
    "leases",
    model="V1Lease",
    creates_on_update=True,
    unconditional_update=False,
    defaults=lease_defaults,
    validate=lease_problems,
    printer=Printer(texts("Name", "Holder", "Age"), _row),
)
