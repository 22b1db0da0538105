"""Whether a node takes a pod that was put on it, past the scheduler perhaps: a kubelet's own check. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.quotas.quantities import Amounts, added, parsed
from mockcloud.quotas.usage import usage

Object = dict[str, Any]
ENDED: Final = frozenset({"Succeeded", "Failed"})
# As reasons name them; of cpu a kubelet counts thousandths.
_COUNTED: Final = {"pods": 1, "cpu": 1000, "memory": 1, "ephemeral-storage": 1}
_ANY: Final = ("", "0.0.0.0")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why not, as the pod's status and Event say it."""

    reason: str
    message: str


def rejection(pod: Object, others: Sequence[Object], capacity: Mapping[str, str]) -> Rejection | None:
    """None for a pod that fits beside the others, which the node has; those that have ended hold nothing."""
    held = [each for each in others if (each.get("status") or {}).get("phase") not in ENDED]
    return _resources(pod, held, parsed(capacity)) or _ports(pod, held)


def _resources(pod: Object, others: Iterable[Object], capacity: Amounts) -> Rejection | None:
    wanted, used = usage("pods", pod), Amounts()
    for each in others:
        used = added(used, usage("pods", each))
    for name, unit in _COUNTED.items():
        if name not in wanted or name not in capacity:
            continue
        asked, taken, whole = (_units(amounts, name, unit) for amounts in (wanted, used, capacity))
        if asked and asked + taken > whole:
            figures = f"requested: {asked}, used: {taken}, capacity: {whole}"
            return Rejection(f"OutOf{name}", f"Node didn't have enough resource: {name}, {figures}")
    return None


def _units(amounts: Amounts, name: str, unit: int) -> int:
    return int(amounts[name].amount * unit) if name in amounts else 0


def _ports(pod: Object, others: Iterable[Object]) -> Rejection | None:
    taken = {port for each in others for port in _host_ports(each)}
    for protocol, number, at in _host_ports(pod):
        for other_protocol, other_number, other_at in taken:
            same = (protocol, number) == (other_protocol, other_number)
            if same and (at == other_at or at in _ANY or other_at in _ANY):
                why = "node(s) didn't have free ports for the requested pod ports"
                return Rejection("NodePorts", f"Predicate NodePorts failed: {why}")
    return None


def _host_ports(pod: Object) -> Iterator[tuple[str, int, str]]:
    spec = pod.get("spec") or {}
    lasting = [
        each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"
    ]  # the others have ended before the pod's main containers begin
    for container in (*(spec.get("containers") or ()), *lasting):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield port.get("protocol") or "TCP", port["hostPort"], port.get("hostIP") or ""
