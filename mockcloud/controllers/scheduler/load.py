"""What is on the nodes: pods that are bound or about to be, and those that room is kept for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mockcloud.client.objects import Key
from mockcloud.controllers.objects.pods import HostPort, Pod


@dataclass(slots=True)
class Load:
    """Pods by node; `promised` are to go to a node when those that are in their way have left it."""

    on: dict[str, dict[Key, Pod]] = field(default_factory=dict)
    promised: dict[Key, tuple[Pod, str]] = field(default_factory=dict)
    requested: dict[str, Counter[str]] = field(default_factory=dict)
    of_owner: Counter[tuple[str, str]] = field(default_factory=Counter)  # (owner's uid, node)

    def put(self, pod: Pod, node: str) -> None:
        """The pod is on the node, or about to be; said again, of another state of it, that counts."""
        self.take(pod, node)
        self.on.setdefault(node, {})[pod.meta.key] = pod
        self._count(pod, node, 1)
        self.promised.pop(pod.meta.key, None)

    def take(self, pod: Pod, node: str) -> None:
        """It is no longer there."""
        before = self.on.get(node, {}).pop(pod.meta.key, None)
        if before is not None:
            self._count(before, node, -1)

    def _count(self, pod: Pod, node: str, sign: int) -> None:
        requested = self.requested.setdefault(node, Counter())
        for name, amount in pod.demands.items():
            requested[name] += sign * amount
        if pod.meta.controller:
            self.of_owner[pod.meta.controller, node] += sign

    def pods(self, node: str) -> Sequence[Pod]:
        """Those on the node."""
        return list(self.on.get(node, {}).values())

    def number(self, node: str) -> int:
        return len(self.on.get(node, {}))

    def everywhere(self) -> Iterator[tuple[str, Pod]]:
        """Each pod with its node."""
        return ((node, pod) for node, pods in self.on.items() for pod in pods.values())

    def has_free(self, ports: Sequence[HostPort], node: str) -> bool:
        """Whether no pod there has one of these."""
        if not ports:
            return True
        taken = [port for pod in self.on.get(node, {}).values() for port in pod.host_ports]
        return not any(port.conflicts(other) for port in ports for other in taken)

    def kept_for(self, pod: Pod, node: str) -> list[Pod]:
        """The pods that room on the node is kept for, as far as this pod may not take it."""
        return [
            other
            for other, where in self.promised.values()
            if where == node and other.priority >= pod.priority and other.meta.key != pod.meta.key
        ]

    def without(self, node: str, gone: Mapping[Key, Pod]) -> "Load":
        """The same, had these pods left the node; it shares what is not changed."""
        other = replace(
            self, on=dict(self.on), requested=dict(self.requested), of_owner=Counter(self.of_owner)
        )
        other.on[node] = dict(self.on.get(node, {}))
        other.requested[node] = Counter(self.requested.get(node, Counter()))
        for pod in gone.values():
            other.take(pod, node)
        return other
