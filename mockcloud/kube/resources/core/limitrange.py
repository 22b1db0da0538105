"""LimitRanges: what each container, pod or claim of a namespace may ask for, and what it gets by default."""

from collections.abc import Iterator, Mapping
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NAME_AND_BIRTH
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.quotas.quantities import Amounts, Quantity, count, parsed

MAPS: Final = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
ORDERED: Final = (
    ("min", "max", "min", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "defaultRequest", "min value {} is greater than default request value {}"),
    ("defaultRequest", "max", "defaultRequest", "default request value {} is greater than max value {}"),
    (
        "defaultRequest",
        "default",
        "defaultRequest",
        "default request value {} is greater than default limit value {}",
    ),
    ("min", "default", "default", "min value {} is greater than default value {}"),
    ("default", "max", "default", "default value {} is greater than max value {}"),
)
"""(what may not be more, than what, whose fault it is, what is said)."""


def limit_range_defaults(obj: JsonObject) -> JsonObject:
    """What containers get: at most the most, at least the least."""
    spec = object_at(obj, "spec")
    return {**obj, "spec": {**spec, "limits": [_filled(each) for each in objects_at(spec, "limits")]}}


def limit_range_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Bounds that go together, one set of them for each type."""
    seen: set[str] = set()
    for index, limit in enumerate(objects_at(object_at(new, "spec"), "limits")):
        at, kind = f"spec.limits[{index}]", str(limit.get("type") or "")
        yield from causes(f"{at}.type", kind, formats.qualified_name(kind))
        if kind in seen:
            yield duplicate(f"{at}.type", kind)
        seen.add(kind)
        yield from _limit(at, kind, limit)


def _filled(limit: JsonObject) -> JsonObject:
    if limit.get("type") != "Container":
        return limit
    default = {**object_at(limit, "max"), **object_at(limit, "default")}
    request = {**object_at(limit, "min"), **default, **object_at(limit, "defaultRequest")}
    found = {"default": default, "defaultRequest": request}
    return {**limit, **{key: value for key, value in found.items() if value}}


def _limit(at: str, kind: str, limit: JsonObject) -> Iterator[Cause]:
    for key in MAPS:
        if kind == "Pod" and key.startswith("default"):
            if limit.get(key):
                yield forbidden(f"{at}.{key}", "may not be specified when `type` is 'Pod'")
            continue
        for name in sorted(object_at(limit, key)):
            yield from causes(f"{at}.{key}[{name}]", name, formats.qualified_name(name))
    if kind == "PersistentVolumeClaim" and not any(
        "storage" in object_at(limit, key) for key in ("min", "max")
    ):
        why = "either minimum or maximum storage value is required, but neither was provided"
        yield required(f"{at}.limits", why)
    amounts = {key: parsed(limit.get(key)) for key in MAPS}
    for name in sorted({name for held in amounts.values() for name in held}):
        yield from _bounds(at, name, amounts)


def _bounds(at: str, name: str, amounts: Mapping[str, Amounts]) -> Iterator[Cause]:
    for low, high, blamed, said in ORDERED:
        less, more = amounts[low].get(name), amounts[high].get(name)
        if less is not None and more is not None and more < less:
            shown = amounts[blamed][name] if blamed != "default" else (less if low == "min" else more)
            yield invalid(f"{at}.{blamed}[{name}]", str(shown), said.format(less, more))
    ratio = amounts["maxLimitRequestRatio"].get(name)
    if ratio is not None:
        yield from _ratio(f"{at}.maxLimitRequestRatio[{name}]", ratio, amounts, name)


def _ratio(at: str, ratio: Quantity, amounts: Mapping[str, Amounts], name: str) -> Iterator[Cause]:
    if ratio < count(1):
        yield invalid(at, str(ratio), f"ratio {ratio} is less than 1")
    least, most = amounts["min"].get(name), amounts["max"].get(name)
    if least and most and least.amount and ratio.amount > most.amount / least.amount:
        why = f"ratio {ratio} is greater than max/min = {float(most.amount / least.amount):f}"
        yield invalid(at, str(ratio), why)


LIMIT_RANGE: Final = Kind(
    "",
    "v1",
    "LimitRange",
    "limitranges",
    ("limits",),
    model="V1LimitRange",
    defaults=limit_range_defaults,
    validate=limit_range_problems,
    printer=NAME_AND_BIRTH,
)
