"""A small cluster on paper: Services come, change and go, and the allocator answers. No API, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from random import Random

from baremetal_lb.decide import service_status
from baremetal_lb.decide.handover import Turns, Wait
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.conflicts import Occupant
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import (
    Note,
    Refusal,
)
from baremetal_lb.model.services import (
    FamilyPolicy,
    ServicePort,
    ServiceStatus,
    ServiceView,
)

V4, V6 = "10.96.0.1", "fd00:96::1"
STRANGER = "02:00:00:00:00:aa has it on eth0 (seen by node-1)"
OCCUPANT = Occupant(bytes.fromhex("0200000000aa"), STRANGER)


def key(name: str) -> ObjectKey:
    namespace, _, plain = name.rpartition("/")
    return ObjectKey(namespace or "default", plain)


@dataclass
class Cluster:
    """The Services as an API would keep them, and one allocator life at a time."""

    allocator: Allocator = field(default_factory=Allocator)
    services: dict[ObjectKey, ServiceView] = field(default_factory=dict)
    config: str | None = None
    now: float = 1_000_000.0
    born: int = 0
    notes: list[tuple[ObjectKey, Note]] = field(default_factory=list)
    nodes: dict = field(default_factory=dict)
    namespaces: dict = field(default_factory=dict)
    load_balancer_class: str = ""
    turns: Turns = field(default_factory=Turns)
    chance: Random = field(default_factory=lambda: Random(1))
    watcher: Callable[["Cluster", ObjectKey, set], None] = lambda _cluster, _key, _gained: None

    def pools(self, *pools: str) -> "Cluster":
        """Put pools in force; each is YAML flow text without the braces."""
        self.config = f"address-pools: [{', '.join(f'{{protocol: layer2, {text}}}' for text in pools)}]"
        self.allocator.configure(parse_config(self.config))
        return self.settle()

    def create(self, name: str, ips: str = V4, ports: str = "TCP/80", **fields) -> "Cluster":
        """A Service is created. `asks` are annotations; other fields as in ServiceView."""
        self.services[key(name)] = self._view(name, ips, ports, fields)
        return self.settle(name)

    def _view(self, name, ips, ports, fields):
        self.born += 1
        clusters = tuple(ip_address(text) for text in ips.split())
        asks = fields.pop("asks", {})
        view = ServiceView(
            key=key(name),
            uid=f"uid-{self.born}",
            version="1",
            created=f"2026-01-01T00:00:{self.born:06}Z",
            is_load_balancer=True,
            cluster_ips=clusters,
            family_policy=FamilyPolicy.PREFER if len(clusters) > 1 else FamilyPolicy.SINGLE,
            ports=_ports(ports),
        )
        return replace(view, annotations=_prefixed(asks), **fields)

    def change(self, name: str, **fields) -> "Cluster":
        """A Service is edited."""
        if "asks" in fields:
            fields["annotations"] = _prefixed(fields.pop("asks"))
        if "ports" in fields:
            fields["ports"] = _ports(fields["ports"])
        self.services[key(name)] = replace(self.services[key(name)], **fields)
        return self.settle(name)

    def delete(self, name: str) -> "Cluster":
        del self.services[key(name)]
        self.allocator.forget(key(name))
        return self.settle()

    def wait(self, seconds: float) -> "Cluster":
        self.now += seconds
        return self.settle()

    def own(self, **nodes: str) -> "Cluster":
        """Nodes have addresses."""
        self.nodes = {
            ip_address(text): Refusal(Reason.NODE_ADDRESS, text, f"belongs to node {name}")
            for name, text in nodes.items()
        }
        self.allocator.reserve(self.nodes)
        return self.settle()

    def namespace(self, name: str, **labels: str) -> "Cluster":
        self.namespaces[name] = labels
        self.allocator.set_namespace(name, labels)
        return self.settle()

    def restart(self, left: Iterable[str] = (), until: float = 0.0) -> "Cluster":
        """Another allocator takes over, knowing only what the API keeps, and what speakers say they left."""
        self.allocator, self.turns = Allocator(self.load_balancer_class), Turns()
        self.allocator.reserve(self.nodes)
        for name, labels in self.namespaces.items():
            self.allocator.set_namespace(name, labels)
        for view in self.services.values():
            self.allocator.observe(view)
        self.allocator.see_left({ip_address(each): (OCCUPANT, until) for each in left})
        if self.config is not None:
            self.allocator.configure(parse_config(self.config))
        return self.settle()

    def settle(self, *names: str) -> "Cluster":
        """One round, and its writes into the statuses, until nothing more is to be written."""
        for name in names:
            self.allocator.observe(self.services[key(name)])
        for _ in range(5):
            plan = self.allocator.settle(self.now)
            self.notes += plan.notes
            wrote = self._write(plan.touched)
            if plan.aged:
                plan = self.allocator.refresh(self.now)
                self.notes += plan.notes
                wrote = self._write(plan.touched) or wrote
            if not wrote:
                return self
        msg = "the allocator does not come to rest"
        raise AssertionError(msg)

    def _write(self, touched) -> bool:
        """As the desk does, in any order; after each write a watcher looks."""
        wrote, queue = False, list(touched)
        self.chance.shuffle(queue)
        while queue:
            each = queue.pop()
            view = self.services.get(each)
            step = self.turns.next_step(each, self.allocator.outcomes.get(each), self.allocator.shown)
            write = service_status.write(view, step) if view and not isinstance(step, Wait) else None
            if write is not None:
                wrote = True
                said = write.allocated.condition if write.allocated else view.status.condition
                seen = ServiceStatus(write.addresses, (), write.pool, said)
                self.services[each] = replace(view, status=seen)
                self.allocator.observe(self.services[each])
                queue += [*self.turns.waiting_for(each), each]
                self.watcher(self, each, set(write.addresses).difference(view.status.addresses))
        return wrote

    def in_use(self, *addresses: str) -> "Cluster":
        """Speakers report that a MAC that is none of ours has these addresses; of all that Services hold."""
        self.allocator.see_in_use({ip_address(text): OCCUPANT for text in addresses})
        return self.settle()

    def has(self, name: str) -> str:
        """The addresses in a Service's status, by spaces."""
        return " ".join(map(str, self.services[key(name)].status.addresses))

    def says(self, name: str) -> str:
        """Reason and message of a Service's condition."""
        condition = self.services[key(name)].status.condition
        return f"{condition.reason}: {condition.message}"

    def events(self, name: str | None = None) -> list[str]:
        """Reasons of the Events since the last call."""
        found = [str(note.reason) for each, note in self.notes if name is None or each == key(name)]
        self.notes = []
        return found

    def texts(self) -> list[str]:
        """Texts of the Events since the last call."""
        found = [note.message for _, note in self.notes]
        self.notes = []
        return found


def _ports(text: str) -> tuple[ServicePort, ...]:
    pairs = (each.split("/") for each in text.split())
    return tuple(ServicePort(protocol, int(port)) for protocol, port in pairs)


def _prefixed(asks: dict[str, str]) -> dict[str, str]:
    return {name if "/" in name else f"baremetal-lb.io/{name}": value for name, value in asks.items()}
