"""Security groups: who may reach whom."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

ANY_PROTOCOL = "-1"


@dataclass(frozen=True, slots=True)
class SecurityRule:
    """One peer that is let through: a range (`cidr`), or the members of a group (its id).

    `protocol`: tcp, udp, icmp, icmpv6, the number of another one, or -1 for all. Ports of icmp are type and
    code; -1 is any. None where there are no ports.
    """

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr: IPv4Network | IPv6Network | None = None
    group: int | None = None
    description: str = ""

    @property
    def gist(self) -> tuple[object, ...]:
        """What makes two rules the same, whatever is said of them."""
        return self.protocol, self.from_port, self.to_port, self.cidr, self.group


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """In a network; `name` is unique there. What no rule lets through is dropped."""

    id: int
    name: str
    created: float
    network: int
    description: str = ""
    ingress: tuple[SecurityRule, ...] = ()
    egress: tuple[SecurityRule, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
