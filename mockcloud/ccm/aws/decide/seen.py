"""What AWS has, as far as it matters for one Service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One source of one inbound rule. Ports are None where a protocol is all of it."""

    protocol: str  # "tcp", "udp", "icmp", "-1"
    first: int | None
    last: int | None
    cidr: str = ""
    group: str = ""  # id of a security group, instead of a range
    description: str = ""


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group with its inbound rules."""

    id: str
    name: str
    tags: Mapping[str, str]
    rules: frozenset[Rule] = frozenset()


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine, and the security groups it is in."""

    id: str
    groups: tuple[str, ...]
    state: str = "running"


@dataclass(frozen=True, slots=True)
class Subnet:
    """A part of the VPC in one zone. `public` is None where no route table says whether it is."""

    id: str
    zone: str
    cidr: str
    public: bool | None
    regular: bool  # its zone is no local or wavelength zone
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group. `attributes` are there only where they were asked for."""

    arn: str
    name: str
    protocol: str
    port: int
    check: Mapping[str, Any]
    attached: bool
    targets: frozenset[tuple[str, int]] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listener:
    """An NLB's listener, and the target group it leads to."""

    arn: str
    port: int
    protocol: str
    group: str
    certificate: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class NetworkBalancer:
    """An NLB."""

    arn: str
    host_name: str
    subnets: tuple[str, ...]
    attributes: Mapping[str, str]
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassicListener:
    """A listener of a classic balancer; protocols in upper case."""

    port: int
    protocol: str
    node_port: int
    node_protocol: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class ClassicBalancer:
    """A classic balancer."""

    host_name: str
    subnets: frozenset[str]
    groups: tuple[str, ...]
    listeners: Mapping[ClassicListener, tuple[str, ...]]  # with the policies of each
    check: Mapping[str, Any]
    attributes: Mapping[str, Any]
    instances: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    node_policies: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that carries the Service's name."""

    network: NetworkBalancer | None = None
    classic: ClassicBalancer | None = None
    groups: tuple[TargetGroup, ...] = ()  # the NLB's, and those left over that carry the Service's tag
    own_security_group: SecurityGroup | None = None

    @property
    def nothing(self) -> bool:
        """Whether there is none of it."""
        return not (self.network or self.classic or self.groups or self.own_security_group)
