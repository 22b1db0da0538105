"""The endpoints of a Service: who answers, at which address and ports, in which state."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """One port of a slice; `number` is the pod's own."""

    name: str
    number: int
    protocol: str
    app_protocol: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address and what is known about it."""

    address: str
    ready: bool
    serving: bool
    terminating: bool
    node: str = ""
    zone: str = ""
    hostname: str = ""
    target: tuple[str, str, str] = ("", "", "")  # (namespace, name, uid) of the pod
    for_zones: tuple[str, ...] = ()  # hints: who should be sent here
    for_nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Endpoints that share a family and ports, and so may share a slice."""

    family: str  # "IPv4" or "IPv6"
    ports: tuple[Port, ...]


Groups = dict[Group, dict[str, Endpoint]]  # by address
