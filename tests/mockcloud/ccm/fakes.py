"""A cloud of a few dictionaries behind the provider's contract: what controllers do with any cloud."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from mockcloud.ccm.objects.nodes import Address, Node
from mockcloud.ccm.objects.services import Ingress, Service
from mockcloud.ccm.provider import ImplementedElsewhere, InstanceFacts, ProviderError

ELSEWHERE = "elsewhere"


@dataclass
class FakeBalancers:
    """`led` says what each balancer leads to, by the Service's uid. Each of `failures` is raised once.

    `changed` is set after each call and after what it led to.
    """

    changed: asyncio.Event
    led: dict[str, list[str]] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    complaints: tuple[str, ...] = ()
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # cleared: `ensure` waits

    def __post_init__(self) -> None:
        self.gate.set()

    def warnings(self, _service: Service) -> Sequence[str]:
        return self.complaints

    async def exists(self, service: Service) -> bool:
        self._called("exists", service)
        return service.meta.uid in self.led

    async def ensure(self, service: Service, nodes: Sequence[Node]) -> tuple[Ingress, ...]:
        self._called("ensure", service)
        await self.gate.wait()
        if service.meta.annotations.get("type") == ELSEWHERE:
            raise ImplementedElsewhere
        self._fail()
        self._lead(service, nodes)
        return (Ingress(hostname=f"{service.meta.name}.cloud.test"),)

    async def update(self, service: Service, nodes: Sequence[Node]) -> None:
        self._called("update", service)
        self._fail()
        self._lead(service, nodes)

    async def delete(self, service: Service) -> None:
        self._called("delete", service)
        self._fail()
        self.led.pop(service.meta.uid, None)
        self.changed.set()

    def count(self, call: str) -> int:
        return self.calls.count(call)

    def _lead(self, service: Service, nodes: Sequence[Node]) -> None:
        self.led[service.meta.uid] = [each.meta.name for each in nodes]
        self.changed.set()

    def _called(self, what: str, service: Service) -> None:
        self.calls.append(f"{what} {service.meta.name}")
        self.changed.set()

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class FakeInstances:
    """Instances by the name of their node: "running" or "stopped"; `changed` is set after each call."""

    changed: asyncio.Event
    states: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, tuple[Address, ...]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def _note(self, what: str) -> None:
        self.calls.append(what)
        self.changed.set()

    async def facts(self, node: Node) -> InstanceFacts:
        self._note("facts")
        name = node.meta.name
        if name not in self.states:
            msg = f"instance not found: {name}"
            raise ProviderError(msg)
        return InstanceFacts(
            provider_id=f"fake:///zone-a/{name}",
            instance_type="t3.small",
            zone="zone-a",
            region="region-1",
            addresses=self.addresses.get(name, ()),
            labels={"topology.fake/rack": "7", "evil.kubernetes.io/x": "y"},
        )

    async def exists(self, node: Node) -> bool:
        self._note("exists")
        if node.meta.name not in self.states and not node.provider_id:
            msg = f"instance not found: {node.meta.name}"
            raise ProviderError(msg)
        return node.meta.name in self.states

    async def is_shut_down(self, node: Node) -> bool:
        return self.states[node.meta.name] == "stopped"
