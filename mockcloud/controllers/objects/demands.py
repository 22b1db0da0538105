"""What a pod asks of its node, and what a node has to give: resources by name, as whole numbers.

CPU is in thousandths of one, all else in its own unit (bytes, pieces).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.quantities import in_units

Amounts = Mapping[str, int]
CPU: Final = "cpu"
PODS: Final = "pods"


def amounts(quantities: Mapping[str, object]) -> dict[str, int]:
    """Quantities as numbers; what is none of a resource counts as nothing, since the API refuses it."""
    found = {}
    for name, quantity in quantities.items():
        try:
            found[name] = in_units(str(quantity), "1m" if name == CPU else "1")
        except ValueError:
            continue
    return found


def demands(spec: Object) -> dict[str, int]:
    """What a pod with this spec asks for, as the scheduler counts it (KEP-753).

    All containers together, and sidecars with them; an init container has what it asks for to itself, beside
    the sidecars that were started before it.
    """
    running: dict[str, int] = {}
    largest: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        asked = _of(container)
        if container.get("restartPolicy") == "Always":
            running = _sum((running, asked))
            asked = {}
        largest = _most((largest, _sum((running, asked))))
    together = _sum((running, *map(_of, spec.get("containers") or ())))
    return _sum((_most((largest, together)), amounts(spec.get("overhead") or {})))


def _of(container: Object) -> dict[str, int]:
    return amounts((container.get("resources") or {}).get("requests") or {})


def _sum(several: Iterable[Amounts]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in several:
        for name, amount in each.items():
            found[name] = found.get(name, 0) + amount
    return found


def _most(several: Iterable[Amounts]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in several:
        for name, amount in each.items():
            found[name] = max(found.get(name, 0), amount)
    return found
