"""Who owns a workload's number of replicas, as its Scale shows it and as the workload keeps it."""

from dataclasses import dataclass, replace
from typing import Final

from mockcloud.kube.managed_fields.field_sets import (
    FieldSet,
    difference,
    field_step,
    intersection,
    parsed,
    text_of,
)
from mockcloud.kube.storage.managed_fields import Entry, ManagedFields

SCALE_VERSION: Final = "autoscaling/v1"
OF_SCALE: Final = text_of({"f:spec": {"f:replicas": {}}})


@dataclass(frozen=True, slots=True)
class Owners:
    """How a workload's owners are written down: its group version, and where its replicas stand."""

    api_version: str
    replicas: FieldSet


def field_at(path: tuple[str, ...]) -> FieldSet:
    """The set of one field."""
    found: FieldSet = {}
    for name in reversed(path):
        found = {field_step(name): found}
    return found


def of_scale(workload: ManagedFields, replicas: FieldSet) -> ManagedFields:
    """Who owns what of the Scale: those that own the replicas."""
    return tuple(
        replace(entry, api_version=SCALE_VERSION, fields=OF_SCALE)
        for entry in workload
        if intersection(parsed(entry.fields), replicas)
    )


def of_workload(before: ManagedFields, scale: ManagedFields, owners: Owners) -> ManagedFields:
    """Who owns what of the workload, when the Scale is owned like this; `before` it was written."""
    scalers = {_who(entry): entry for entry in scale}
    found: list[Entry] = []
    for entry in before:
        fields = parsed(entry.fields)
        if not intersection(fields, owners.replicas) or scalers.pop(_who(entry), None) is not None:
            found.append(entry)
        elif left := difference(fields, owners.replicas):
            found.append(replace(entry, fields=text_of(left)))
    mine = text_of(owners.replicas)
    found += [replace(entry, api_version=owners.api_version, fields=mine) for entry in scalers.values()]
    return tuple(sorted(found, key=lambda entry: entry.order))


def _who(entry: Entry) -> tuple[str, str, str]:
    return (entry.manager, entry.operation, entry.subresource)
