"""CSIDrivers: what a driver of volumes wants of the cluster."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, not_supported
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Column, Printer, age, name_of, texts
from mockcloud.kube.resources.validation.metadata import immutable

GROUP_POLICIES: Final = ("File", "None", "ReadWriteOnceWithFSType")
LIFECYCLES: Final = ("Persistent", "Ephemeral")
SHORTEST_TOKEN: Final = 600
LONGEST_TOKEN: Final = 2**32
SHORTEST_PERIOD: Final = 10
_UNSET: Final = "<unset>"


def driver_defaults(obj: JsonObject) -> JsonObject:
    """Volumes are attached, persistent, and mounted once."""
    spec = filled(
        object_at(obj, "spec"),
        attachRequired=True,
        podInfoOnMount=False,
        storageCapacity=False,
        fsGroupPolicy="ReadWriteOnceWithFSType",
        requiresRepublish=False,
        seLinuxMount=False,
    )
    return {
        **obj,
        "spec": {**spec, "volumeLifecycleModes": spec.get("volumeLifecycleModes") or ["Persistent"]},
    }


def driver_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What it wants, and what of that stays."""
    spec = object_at(new, "spec")
    policy = spec.get("fsGroupPolicy")
    if policy not in GROUP_POLICIES:
        yield not_supported("spec.fsGroupPolicy", policy, GROUP_POLICIES)
    yield from _tokens("spec.tokenRequests", objects_at(spec, "tokenRequests"))
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in LIFECYCLES:
            yield not_supported("spec.volumeLifecycleModes", mode, LIFECYCLES)
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < SHORTEST_PERIOD:
        why = f"must be greater than or equal to {SHORTEST_PERIOD} seconds"
        yield invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, why)
    if old is not None:
        before = object_at(old, "spec")
        at = "spec.attachedRequired"  # so in upstream
        yield from immutable(at, spec.get("attachRequired"), before.get("attachRequired"))
        key = "volumeLifecycleModes"
        yield from immutable(f"spec.{key}", spec.get(key), before.get(key))


def _tokens(at: str, requests: list[JsonObject]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, request in enumerate(requests):
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in seen:
            yield duplicate(f"{at}[{index}].audience", audience)
            continue
        seen.add(audience)
        if seconds is not None and seconds < SHORTEST_TOKEN:
            why = "may not specify a duration less than 10 minutes"
            yield invalid(f"{at}[{index}].expirationSeconds", seconds, why)
        if seconds is not None and seconds > LONGEST_TOKEN:
            why = "may not specify a duration larger than 2^32 seconds"
            yield invalid(f"{at}[{index}].expirationSeconds", seconds, why)


def _row(driver: JsonObject, now: float) -> list[Cell]:
    spec = object_at(driver, "spec")
    requests = spec.get("tokenRequests")
    return [
        name_of(driver),
        bool(spec.get("attachRequired", True)),
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        _UNSET if requests is None else ",".join(each.get("audience", "") for each in requests),
        bool(spec.get("requiresRepublish")),
        ",".join(spec.get("volumeLifecycleModes") or ()) or NONE,
        age(driver, now),
    ]


def _booleans(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "boolean") for name in names)


CSI_DRIVER: Final = Kind(
    "storage.k8s.io",
    "v1",
    "CSIDriver",
    "csidrivers",
    namespaced=False,
    model="V1CSIDriver",
    has_generation=True,
    first_generation=0,
    returns_deleted=True,
    unconditional_update=False,
    defaults=driver_defaults,
    validate=driver_problems,
    printer=Printer(
        (
            *texts("Name"),
            *_booleans("AttachRequired", "PodInfoOnMount", "StorageCapacity"),
            *texts("TokenRequests"),
            *_booleans("RequiresRepublish"),
            *texts("Modes", "Age"),
        ),
        _row,
    ),
)
