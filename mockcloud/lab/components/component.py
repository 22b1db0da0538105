"""What every component says of itself, and the values that it says it in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address, IPv6Address
    from pathlib import Path

    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder
    from mockcloud.lab.topology import Host, Network, Topology

BAREMETAL_LB: Final = "baremetal-lb"  # the image's program, which an interpreter keeps warm


class Interpreter(StrEnum):
    """The warm interpreters that daemons are forked from. The provider's is the last to be warmed."""

    API = "api"
    NODE = "node"
    PROVIDER = "provider"


# What `up` says when all daemons of a stage are ready.
STAGES: Final = ("the API answers", "all nodes are Ready", "everything else is ready")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One process of the lab, and its row in `mockcloud status`.

    `host` None means the user's own network. Daemons of one stage start together, when all of the stage
    before are ready. A daemon says that it is ready by `mockcloud.readiness`; one that runs `once` is ready
    when it has ended with exit code 0. In `argv`, `{fd:NAME}` becomes the number of a descriptor of `fds`: a
    socket's, or the namespace's of a host or network of that name.
    """

    name: str
    host: str | None
    entry: str  # "package.module:function", called with argv
    argv: tuple[str, ...]
    interpreter: Interpreter
    stage: int  # index of STAGES
    fds: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a daemon, `name`, is to the API: a user, and the groups it is in."""

    name: str
    user: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostSocket:
    """A socket at an address of a host (None: of the user's own network).

    It is a listening TCP socket (`stream`), or a UDP one. The lab opens and keeps it, so that what arrives
    while a daemon starts anew waits for it. Port 0: any.
    """

    host: str | None
    address: IPv4Address | IPv6Address
    port: int
    stream: bool = True


@dataclass(frozen=True, slots=True)
class PathSocket:
    """A listening SOCK_SEQPACKET socket at a path; the lab opens and keeps it, as it does others."""

    path: Path


@dataclass(frozen=True, slots=True)
class Lab:
    """What components are asked about."""

    plan: Plan
    topology: Topology
    folder: LabFolder
    identities: tuple[Identity, ...] = ()
    api_url: str = ""  # where the user finds the API; known when the sockets are there


class Component:
    """One part of a lab; a part overrides what it has. Methods are pure: the same values for the same lab."""

    first_service: ClassVar[str | None] = None
    """The address that the first Service of type LoadBalancer gets."""

    def modules(self) -> Mapping[Interpreter, tuple[str, ...]]:
        """What an interpreter imports before the first fork; others are imported when their daemon starts."""
        return {}

    def identities(self, _plan: Plan) -> Sequence[Identity]:
        """Who its daemons are; `LabFolder.kubeconfig_of` says where each finds its token."""
        return ()

    def networks(self, _plan: Plan) -> Sequence[Network]:
        return ()

    def hosts(self, _plan: Plan) -> Sequence[Host]:
        return ()

    def sockets(self, _lab: Lab) -> Mapping[str, HostSocket | PathSocket]:
        """By the names of their descriptors."""
        return {}

    def daemons(self, _lab: Lab) -> Sequence[Daemon]:
        return ()
