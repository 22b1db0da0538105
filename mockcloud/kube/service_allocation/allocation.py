"""One Service's addresses and ports, picked or checked against all others; nothing is written down here.

Source: kubernetes.md 5.4; k8s.io/kubernetes v1.34 `pkg/registry/core/service/storage/alloc.go`.
"""

import random
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from mockcloud.kube.field_errors import Cause, Invalid, internal, invalid
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.services.cluster_ips import is_headless
from mockcloud.kube.resources.services.validation import has_node_ports, needs_health_check
from mockcloud.kube.resources.validation.formats import parsed_address
from mockcloud.kube.service_allocation.allocations import Allocations
from mockcloud.kube.service_allocation.pools import (
    FIRST_NODE_PORT,
    LAST_NODE_PORT,
    NODE_PORTS,
    AddressRanges,
    RangeFullError,
)

DRY_RUN_PORT = 32769
"""What a dry run shows as the first nodePort: out of range, so that nobody relies on it."""
OUT_OF_RANGE = (
    f"provided port is not in the valid range. The range of valid ports is {FIRST_NODE_PORT}-{LAST_NODE_PORT}"
)


@dataclass(frozen=True, slots=True)
class _Either(Container[int]):
    """What is in one of two sets: neither is copied."""

    one: Container[int]
    other: Container[int]

    def __contains__(self, value: object) -> bool:
        return value in self.one or value in self.other


@dataclass(slots=True)
class Allocation:
    """One Service's allocation: `taken` by all, `held` by its old version, `asked` for so far.

    `named` are the addresses of IPAddresses, a Service's or not.
    """

    ranges: Mapping[str, AddressRanges]
    taken: Allocations
    held: Allocations
    rng: random.Random
    creating: bool
    dry_run: bool
    named: Allocations = field(default_factory=Allocations)
    asked: list[int] = field(default_factory=list)

    def allocated(self, service: JsonObject) -> JsonObject:
        """The Service with every address and port it needs; Invalid where one cannot be had."""
        spec = dict(object_at(service, "spec"))
        if spec.get("type") != "ExternalName" and not is_headless(spec):
            spec["clusterIPs"] = self._addresses(spec)
            spec["clusterIP"] = spec["clusterIPs"][0]
        if has_node_ports(spec):
            spec["ports"] = [dict(port) for port in objects_at(spec, "ports")]
            fill = spec["type"] == "NodePort" or spec.get("allocateLoadBalancerNodePorts") is not False
            ports = self._shared_ports if self.creating else self._updated_ports
            ports(spec["ports"], fill=fill)
        if needs_health_check(spec):
            spec["healthCheckNodePort"] = self._health_check_port(spec.get("healthCheckNodePort") or 0)
        return {**service, "spec": spec}

    def _addresses(self, spec: JsonObject) -> list[str]:
        stated, found = spec.get("clusterIPs") or [], []
        for index, family in enumerate(spec["ipFamilies"]):
            if index < len(stated) and stated[index]:
                self._require_address(stated[index], family, stated)
                found.append(stated[index])
            else:
                found.append(self._picked_address(family))
        return found

    def _picked_address(self, family: str) -> str:
        pool = self.ranges[family]
        try:
            if self.dry_run:
                return pool.placeholder()
            return pool.pick(self._used(family), self.rng)
        except RangeFullError as exc:
            raise _refused(internal("spec.clusterIPs", f"failed to allocate a serviceIP: {exc}")) from exc

    def _used(self, family: str) -> Container[int]:
        return _Either(self.taken.addresses[family], self.named.addresses[family])

    def _require_address(self, address: str, family: str, stated: list[str]) -> None:
        number = parsed_address(address)
        if number is None or int(number) in self.held.addresses[family]:
            return
        why = self.ranges[family].why_not(address)
        if why is None and int(number) in self._used(family):
            why = "provided IP is already allocated"
        if why is not None:
            raise _refused(invalid("spec.clusterIPs", stated, f"failed to allocate IP {address}: {why}"))

    def _shared_ports(self, ports: list[JsonObject], *, fill: bool) -> None:
        """Of a new Service: ports of one number (TCP and UDP) share a nodePort unless they say otherwise."""
        by_number: dict[int, int] = {}
        for index, port in enumerate(ports):
            stated, number = port.get("nodePort") or 0, port["port"]
            if not stated and not fill:
                continue
            if number not in by_number:
                sought = stated or _stated_for(number, ports)
                by_number[number] = self._required_port(sought, index) if sought else self._picked_port()
                port["nodePort"] = by_number[number]
            elif not stated:
                port["nodePort"] = by_number[number]
            elif stated != by_number[number]:
                self._required_port(stated, index)

    def _updated_ports(self, ports: list[JsonObject], *, fill: bool) -> None:
        """Of a changed Service: what it has stays, what is new is checked or picked."""
        for index, port in enumerate(ports):
            stated = port.get("nodePort") or 0
            if stated and stated not in self.held.ports and stated not in self.asked:
                self._required_port(stated, index)
            elif not stated and fill:
                port["nodePort"] = self._picked_port()

    def _picked_port(self) -> int:
        if self.dry_run:
            port = max(self.asked, default=DRY_RUN_PORT - 1) + 1
        else:
            try:
                port = NODE_PORTS.pick(self.taken.ports | set(self.asked), self.rng)
            except RangeFullError as exc:
                raise _refused(internal("spec.ports", f"failed to allocate a nodePort: {exc}")) from exc
        self.asked.append(port)
        return port

    def _required_port(self, port: int, index: int) -> int:
        why = self._why_not(port)
        if why is not None:
            raise _refused(invalid(f"spec.ports[{index}].nodePort", port, why))
        self.asked.append(port)
        return port

    def _why_not(self, port: int) -> str | None:
        if port in self.held.ports:
            return None
        if not FIRST_NODE_PORT <= port <= LAST_NODE_PORT:
            return OUT_OF_RANGE
        return (
            "provided port is already allocated" if port in self.taken.ports or port in self.asked else None
        )

    def _health_check_port(self, stated: int) -> int:
        """Upstream answers 500 where the stated one cannot be had; here 422, with the same text."""
        if not stated:
            return self._picked_port()
        why = self._why_not(stated)
        if why is not None:
            text = f"failed to allocate requested HealthCheck NodePort {stated}: {why}"
            raise _refused(invalid("spec.healthCheckNodePort", stated, text))
        return stated


def _stated_for(number: int, ports: list[JsonObject]) -> int:
    return next((port["nodePort"] for port in ports if port["port"] == number and port.get("nodePort")), 0)


def _refused(cause: Cause) -> Invalid:
    return Invalid([cause])
