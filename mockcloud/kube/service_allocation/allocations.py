"""Which addresses and ports are taken: by one Service, or by all."""

from dataclasses import dataclass, field

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.services.carry_over import node_ports
from mockcloud.kube.resources.validation.formats import family_of, parsed_address


def _none_taken() -> dict[str, set[int]]:
    return {"IPv4": set(), "IPv6": set()}


@dataclass(slots=True)
class Allocations:
    """Addresses by family, as integers, and node ports."""

    addresses: dict[str, set[int]] = field(default_factory=_none_taken)
    ports: set[int] = field(default_factory=set)

    def add(self, other: "Allocations") -> None:
        """Take what the other has."""
        for family, held in other.addresses.items():
            self.addresses[family] |= held
        self.ports |= other.ports

    def remove(self, other: "Allocations") -> None:
        """Free what the other has."""
        for family, held in other.addresses.items():
            self.addresses[family] -= held
        self.ports -= other.ports


def allocations_of(service: JsonObject) -> Allocations:
    """What a stored Service holds."""
    held, spec = Allocations(), object_at(service, "spec")
    for address in spec.get("clusterIPs") or []:
        number = parsed_address(address)
        if number is not None:
            held.addresses[family_of(address)].add(int(number))
    held.ports.update(node_ports(spec))
    if spec.get("healthCheckNodePort"):
        held.ports.add(spec["healthCheckNodePort"])
    return held
