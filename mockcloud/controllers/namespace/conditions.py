"""What a namespace that is being deleted says of what is left in it, in upstream's words. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mockcloud.client.objects import Object

# Condition -> (reason, message) while nothing is wrong, in upstream's order.
FINE: Final = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
}


def conditions(left: Mapping[str, Sequence[Object]], old: Sequence[Object], now: str) -> list[Object]:
    """The namespace's conditions; `left` are objects by their resource (`pods.`, `deployments.apps`)."""
    wrong: dict[str, tuple[str, str]] = {}
    counts = {resource: len(objects) for resource, objects in left.items() if objects}
    if counts:
        said = ", ".join(sorted(f"{name} has {number} resource instances" for name, number in counts.items()))
        wrong["NamespaceContentRemaining"] = "SomeResourcesRemain", f"Some resources are remaining: {said}"
    if finalizers := _finalizers(each for objects in left.values() for each in objects):
        said = ", ".join(
            sorted(f"{name} in {number} resource instances" for name, number in finalizers.items())
        )
        why = f"Some content in the namespace has finalizers remaining: {said}"
        wrong["NamespaceFinalizersRemaining"] = "SomeFinalizersRemain", why
    before = {each["type"]: each for each in old}
    others = [each for each in old if each["type"] not in FINE]
    return [*others, *(_condition(kind, wrong, before.get(kind), now) for kind in FINE)]


def _finalizers(objects: Iterable[Object]) -> Counter[str]:
    return Counter(name for each in objects for name in each["metadata"].get("finalizers") or ())


def _condition(kind: str, wrong: Mapping[str, tuple[str, str]], before: Object | None, now: str) -> Object:
    status = "True" if kind in wrong else "False"
    reason, message = wrong.get(kind, FINE[kind])
    turned = before is None or before["status"] != status
    since = now if turned or before is None else before.get("lastTransitionTime", now)
    return {
        "type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message,
    }  # fmt: skip
