"""What one object uses up, by the names that quotas have for it (k8s.io/kubernetes v1.34 `pkg/quota/v1`)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mockcloud.quotas.quantities import Amounts, added, count, larger, parse_quantity, parsed

Object = dict[str, Any]

COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
POD_NAMES: Final = frozenset(
    [
        "pods",
        "count/pods",
        *COMPUTE,
        *(f"{kind}.{name}" for kind in ("requests", "limits") for name in COMPUTE),
    ]
)
CLAIM_CLASS: Final = ".storageclass.storage.k8s.io/"
SERVICES: Final = frozenset(["services", "services.nodeports", "services.loadbalancers", "count/services"])
OLD_NAMES: Final = frozenset(["configmaps", "replicationcontrollers", "resourcequotas", "secrets"])
"""Kinds that are counted by their plain names, too."""
DEFAULT_CLASS: Final = "volume.beta.kubernetes.io/storage-class"


def usage(resource: str, obj: Object) -> Amounts:
    """What an object of the resource (`pods`, `deployments.apps`) uses up."""
    one = {f"count/{resource}": count(1)}
    special = _USAGES.get(resource)
    if special is not None:
        return added(one, special(obj))
    return {**one, resource: count(1)} if resource in OLD_NAMES else one


def is_for(resource: str, name: str) -> bool:
    """Whether what a quota calls `name` is used up by objects of the resource."""
    if name == f"count/{resource}" or (resource in OLD_NAMES and name == resource):
        return True
    match resource:
        case "pods":
            return (
                name in POD_NAMES or name.startswith(("hugepages-", "requests.hugepages-")) or _extended(name)
            )
        case "services":
            return name in SERVICES
        case "persistentvolumeclaims":
            return name in ("persistentvolumeclaims", "requests.storage") or CLAIM_CLASS in name
    return False


def resources_of(names: Iterable[str]) -> set[str]:
    """The resources that have to be counted for a quota with these names."""
    found = {name.removeprefix("count/") for name in names if name.startswith("count/")}
    known = ("pods", "services", "persistentvolumeclaims", *OLD_NAMES)
    return found | {each for each in known if any(is_for(each, name) for name in names)}


def unstated(obj: Object, names: Iterable[str]) -> str:
    """What a pod's containers have to state for a quota with these names, and do not; "" for nothing."""
    spec = obj.get("spec") or {}
    wanted = sorted(set(names) & {name for name in POD_NAMES if name.endswith(("cpu", "memory"))})
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    said: list[str] = []
    for name in wanted:
        kind, _, plain = name.rpartition(".")
        holders = [
            each["name"]
            for each in containers
            if plain not in ((each.get("resources") or {}).get(kind or "requests") or {})
        ]
        if holders:
            said.append(f"{name} for: {','.join(sorted(set(holders)))}")
    return f"must specify {'; '.join(said)}" if said else ""


def _extended(name: str) -> bool:
    """`requests.example.com/gpu`."""
    return name.startswith("requests.") and "/" in name and "kubernetes.io/" not in name


def _pod(pod: Object) -> Amounts:
    """Nothing but its being there, for one that has ended."""
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return {}
    requests, limits = asked_by_pod(pod, "requests"), asked_by_pod(pod, "limits")
    found: Amounts = {"pods": count(1)}
    for name, amount in requests.items():
        if name in COMPUTE or name.startswith("hugepages-"):
            found[name] = found[f"requests.{name}"] = amount
        elif "/" in name:
            found[f"requests.{name}"] = amount
    return found | {f"limits.{name}": limits[name] for name in COMPUTE if name in limits}


def asked_by_pod(pod: Object, kind: str) -> Amounts:
    """All containers at once, or one that goes before them (with the sidecars that do so, too)."""
    spec, total, sidecars, most = pod.get("spec") or {}, Amounts(), Amounts(), Amounts()
    for container in spec.get("containers") or ():
        total = added(total, _held(container, kind))
    for container in spec.get("initContainers") or ():
        held = added(sidecars, _held(container, kind))
        if container.get("restartPolicy") == "Always":
            sidecars = held
        most = larger(most, held)
    return added(larger(added(total, sidecars), most), parsed(spec.get("overhead")))


def _held(container: Object, kind: str) -> Amounts:
    return parsed((container.get("resources") or {}).get(kind))


def _service(service: Object) -> Amounts:
    spec = service.get("spec") or {}
    kind, ports = spec.get("type"), len(spec.get("ports") or ())
    balanced = kind == "LoadBalancer"
    takes_ports = kind == "NodePort" or (balanced and spec.get("allocateLoadBalancerNodePorts") is not False)
    if balanced and not takes_ports:
        ports = sum(bool(each.get("nodePort")) for each in spec.get("ports") or ())
    return {
        "services": count(1),
        "services.nodeports": count(ports if takes_ports or balanced else 0),
        "services.loadbalancers": count(int(balanced)),
    }


def _claim(claim: Object) -> Amounts:
    spec, notes = claim.get("spec") or {}, claim["metadata"].get("annotations") or {}
    storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    found: Amounts = {"persistentvolumeclaims": count(1)}
    if storage is not None:
        found["requests.storage"] = parse_quantity(storage)
    named = notes.get(DEFAULT_CLASS) or spec.get("storageClassName")
    return found | ({f"{named}{CLAIM_CLASS}{name}": found[name] for name in list(found)} if named else {})


_USAGES: Final[Mapping[str, Callable[[Object], Amounts]]] = {
    "pods": _pod,
    "services": _service,
    "persistentvolumeclaims": _claim,
}
