"""A small cluster on paper: Services come, change and go, and the controller's machine answers.

It runs the machine that the controller runs: no API, no clock. What that wants written is written at once, of
what it wants written at a time in any order.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from random import Random

from baremetal_lb.decide.controller.commands import (
    Command,
    JudgeConfig,
    Record,
    WriteStatus,
    WriteVerdict,
)
from baremetal_lb.decide.controller.configuration import parse
from baremetal_lb.decide.controller.events import (
    ClusterListed,
    ConfigJudged,
    ConfigMap,
    ConfigMapSeen,
    Event,
    NamespaceSeen,
    NodeInterfacesSeen,
    NodeSeen,
    ReportLost,
    ReportSeen,
    ReportsListed,
    RetryDue,
    ServiceSeen,
    StatusRefused,
    StatusWritten,
    TermEnded,
)
from baremetal_lb.decide.controller.machine import ControllerMachine, Options
from baremetal_lb.decide.controller.publisher import BREATH
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.service_status import StatusWrite
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.api_names import EventReason
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.node_interfaces import NodeInterfaces
from baremetal_lb.model.nodes import NodeFacts
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.reasons import Note
from baremetal_lb.model.reports import Left, Report
from baremetal_lb.model.services import (
    FamilyPolicy,
    ServicePort,
    ServiceStatus,
    ServiceView,
)
from baremetal_lb.model.times import Times

V4, V6 = "10.96.0.1", "fd00:96::1"
STRANGER = "02:00:00:00:00:aa has it on eth0 (seen by node-1)"
MAC = bytes.fromhex("0200000000aa")
CONFIG = ObjectKey("system", "config")
QUARANTINE = 300.0
LONGEST_AGE = 13.0  # seconds since a report was written that are believed
ABOUT_ANNOUNCING = frozenset({EventReason.NOT_ANNOUNCED, EventReason.HEARTBEATS_MISSING})


def key(name: str) -> ObjectKey:
    namespace, _, plain = name.rpartition("/")
    return ObjectKey(namespace or "default", plain)


@dataclass
class Cluster:
    """The Services as an API would keep them, and one leadership term at a time.

    `notes`: Events, but those that tell who announces. `wake`: when the machine wants to be asked again.
    """

    services: dict[ObjectKey, ServiceView] = field(default_factory=dict)
    config: str | None = None
    now: float = 1_000_000.0
    born: int = 0
    notes: list[tuple[ObjectKey, Note]] = field(default_factory=list)
    nodes: dict[str, NodeFacts] = field(default_factory=dict)
    namespaces: dict = field(default_factory=dict)
    reports: dict[str, tuple[Report, float]] = field(default_factory=dict)  # and when they were written
    interfaces: dict[str, NodeInterfaces] = field(default_factory=dict)  # as speakers tell
    load_balancer_class: str = ""
    chance: Random = field(default_factory=lambda: Random(1))
    watcher: Callable[["Cluster", ObjectKey, set], None] = lambda _cluster, _key, _gained: None
    machine: ControllerMachine = field(init=False)
    wake: float = float("inf")
    version: int = 0
    verdict: str | None = None
    _writes: list[StatusWrite] = field(default_factory=list)  # on their way
    _events: deque[Event] = field(default_factory=deque)

    def __post_init__(self):
        self._begin_term()

    @property
    def allocator(self) -> Allocator:
        return self.machine.allocator

    def pools(self, *pools: str) -> "Cluster":
        """Put pools in force; each is YAML flow text without the braces."""
        self.config = f"address-pools: [{', '.join(f'{{protocol: layer2, {text}}}' for text in pools)}]"
        self.feed(self._config_map())
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
            version=self._next_version(),
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
        view = self.services[key(name)]
        self.services[key(name)] = replace(view, version=self._next_version(), **fields)
        return self.settle(name)

    def delete(self, name: str) -> "Cluster":
        self.feed(ServiceSeen(self.services.pop(key(name)), None))
        return self.settle()

    def wait(self, seconds: float) -> "Cluster":
        """Time passes, in which every speaker goes on to report the same."""
        end = self.now + seconds
        while self.wake <= end:
            self.now = max(self.now, self.wake)
            for report, _ in list(self.reports.values()):
                self.report(report)
            self.settle()
        self.now = max(self.now, end)
        return self.settle()

    def own(self, **nodes: str) -> "Cluster":
        """Nodes have addresses."""
        for name in self.nodes.keys() - nodes.keys():
            self.feed(NodeSeen(name, None))
            del self.nodes[name]
        for name, text in nodes.items():
            self.node(name, text)
        return self.settle()

    def node(self, name: str, *addresses: str) -> None:
        """A Node is there."""
        self.nodes[name] = NodeFacts(tuple(map(ip_address, addresses)), ())
        self.feed(NodeSeen(name, self.nodes[name]))

    def tell_interfaces(self, told: NodeInterfaces) -> None:
        """A speaker tells of its node's interfaces."""
        self.interfaces[told.node] = told
        self.feed(NodeInterfacesSeen(told.node, told))

    def namespace(self, name: str, **labels: str) -> "Cluster":
        self.namespaces[name] = labels
        self.feed(NamespaceSeen(name, labels))
        return self.settle()

    def report(self, report: Report) -> None:
        """A speaker reports, as one that lives does again and again."""
        if report.node not in self.nodes:
            self.node(report.node)
        self.reports[report.node] = report, self.now
        self.feed(ReportSeen(report, self.now))

    def lose_report(self, node: str) -> None:
        """A speaker stops, and takes its report away."""
        if self.reports.pop(node, None) is not None:
            self.feed(ReportLost(node))

    def in_use(self, *addresses: str, mac: bytes = MAC) -> "Cluster":
        """A speaker reports that a MAC that is none of ours has these addresses, and no others."""
        found = (Conflict(ip_address(text), ConflictKind.IN_USE, mac, "eth0") for text in addresses)
        self.report(Report("node-1", conflicts=tuple(found)))
        return self.settle()

    def restart(self, left: Iterable[str] = (), until: float = 0.0) -> "Cluster":
        """Another controller leads, knowing only what the API keeps, and what speakers say they left."""
        conflicts = (Conflict(ip_address(each), ConflictKind.IN_USE, MAC, "eth0") for each in left)
        gone = tuple(Left(each, int(until - QUARANTINE)) for each in conflicts)
        if gone:
            self.nodes.setdefault("node-1", NodeFacts((), ()))
            self.reports["node-1"] = Report("node-1", left=gone), self.now
        self.feed(TermEnded())
        self._begin_term()
        return self.settle()

    def settle(self, *names: str) -> "Cluster":
        """The machine decides, and what it wants written is written, until it has nothing more to do."""
        for name in names:
            self.feed(ServiceSeen(None, self.services[key(name)]))
        for _ in range(100 + 20 * len(self.services)):
            if self._writes:
                self._write(self._writes.pop(self.chance.randrange(len(self._writes))))
            elif self.wake <= self.now + BREATH:
                self.now = max(self.now, self.wake)
                self.feed(Tick())
            else:
                return self
        msg = "the controller does not come to rest"
        raise AssertionError(msg)

    def feed(self, event: Event) -> None:
        """Tell the machine, and do what it wants done but for writes: these come in any order."""
        self._events.append(event)
        if len(self._events) > 1:
            return
        while self._events:
            self.wake = float("inf")
            for command in self.machine.handle(self._events[0], Times(self.now, self.now)):
                self._perform(command)
            self._events.popleft()

    def _perform(self, command: Command) -> None:
        match command:
            case WakeAt(at):
                self.wake = at
            case WriteStatus(write):
                self._writes.append(write)
            case JudgeConfig(text, claimed):
                try:
                    result = parse(text, claimed)
                except ConfigRejected as exc:
                    result = exc
                self._events.append(ConfigJudged(result))
            case WriteVerdict(verdict):
                self.verdict = verdict
            case Record(subject, note) if subject.kind == "Service" and note.reason not in ABOUT_ANNOUNCING:
                self.notes.append((subject.key, note))

    def _write(self, write: StatusWrite) -> None:
        """As an API does: not where the Service is another one by now. After each write a watcher looks."""
        view = self.services.get(write.key)
        if view is None:
            self.feed(StatusRefused(write.key))
        elif view.version != write.version:
            self.feed(RetryDue(write.key))
        else:
            condition = write.allocated.condition if write.allocated else view.status.condition
            announced = write.announced.condition if write.announced else view.status.announced
            status = ServiceStatus(write.addresses, (), write.pool, condition, announced, write.served_by)
            after = replace(view, version=self._next_version(), status=status)
            self.services[write.key] = after
            self.feed(ServiceSeen(view, after))
            self.feed(StatusWritten(write.key))
            self.watcher(self, write.key, set(write.addresses).difference(view.status.addresses))

    def _begin_term(self) -> None:
        self.machine = ControllerMachine(
            Options(CONFIG, load_balancer_class=self.load_balancer_class, quarantine=QUARANTINE, quiet=0.0)
        )
        self._writes.clear()
        for name, labels in self.namespaces.items():
            self.feed(NamespaceSeen(name, labels))
        for view in self.services.values():
            self.feed(ServiceSeen(None, view))
        for name, facts in self.nodes.items():
            self.feed(NodeSeen(name, facts))
        for report, written_at in sorted(self.reports.values(), key=lambda each: each[1]):
            self.feed(ReportSeen(report, max(written_at, self.now - LONGEST_AGE)))
        for name, told in self.interfaces.items():
            self.feed(NodeInterfacesSeen(name, told))
        self.feed(ReportsListed())
        self.feed(self._config_map())
        self.feed(ClusterListed())

    def _config_map(self) -> ConfigMapSeen:
        if self.config is None:
            return ConfigMapSeen(None)
        subject = Subject("ConfigMap", CONFIG, "uid", self._next_version())
        return ConfigMapSeen(ConfigMap(subject, self.config, self.verdict))

    def _next_version(self) -> str:
        self.version += 1
        return str(self.version)

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
