"""A ResourceQuota: what it is about, and whether something more still fits."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockcloud.quotas.quantities import Amounts, Quantity, added, parsed, texts
from mockcloud.quotas.scopes import Scope, in_scope, scopes_of
from mockcloud.quotas.usage import Object, is_for, unstated, usage


@dataclass(frozen=True, slots=True)
class Quota:
    """Limits, and how much of them is used."""

    name: str
    hard: Amounts
    used: Amounts
    scopes: tuple[Scope, ...] = ()

    def names_for(self, resource: str) -> list[str]:
        """What of it objects of the resource use up."""
        return sorted(name for name in self.hard if is_for(resource, name))

    def is_about(self, resource: str, obj: Object) -> bool:
        """Whether the object counts for it."""
        return bool(self.names_for(resource)) and in_scope(self.scopes, resource, obj)


def enforced(obj: Object) -> Quota:
    """From a ResourceQuota: its status is what holds."""
    status = obj.get("status") or {}
    return Quota(
        obj["metadata"]["name"], parsed(status.get("hard")), parsed(status.get("used")), scopes_of(obj)
    )


def wanted(obj: Object) -> Quota:
    """From a ResourceQuota: its spec is what is to hold."""
    hard = parsed((obj.get("spec") or {}).get("hard"))
    return Quota(obj["metadata"]["name"], hard, {}, scopes_of(obj))


def charged(quota: Quota, resource: str, obj: Object, old: Object | None) -> tuple[Amounts, str]:
    """(what is used with the object, why it may not be): `old` is what it replaces, None for a new one."""
    names = quota.names_for(resource)
    missing = unstated(obj, names) if resource == "pods" else ""
    if missing:
        return {}, f"failed quota: {quota.name}: {missing}"
    unknown = [name for name in names if name not in quota.used]
    if unknown:
        return {}, f"status unknown for quota: {quota.name}, resources: {','.join(unknown)}"
    before = usage(resource, old) if old is not None and quota.is_about(resource, old) else {}
    asked = {
        name: amount - before.get(name, Quantity())
        for name, amount in usage(resource, obj).items()
        if name in quota.hard
    }
    asked = {name: amount for name, amount in asked.items() if amount.amount}
    used = added(quota.used, asked)
    over = sorted(name for name in asked if not used[name] <= quota.hard[name])
    if not over:
        return used, ""
    parts = [_listed(amounts, over) for amounts in (asked, quota.used, quota.hard)]
    said = f"exceeded quota: {quota.name}, requested: {parts[0]}, used: {parts[1]}, limited: {parts[2]}"
    return {}, said


def counted(quota: Quota, held: Iterable[tuple[str, Object]]) -> dict[str, str]:
    """status.used: what all objects (resource, object) of the namespace use up of it."""
    used = {name: Quantity() for name in quota.hard}
    for resource, obj in held:
        if quota.is_about(resource, obj):
            amounts = usage(resource, obj)
            used = added(used, {name: amounts[name] for name in amounts if name in used})
    return texts(used)


def _listed(amounts: Amounts, names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in names)
