"""Which hosts there are and where: two nodes and a client on a LAN, some pods behind each node; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SWITCH: Final = "switch"
API: Final = "api"
CLIENT: Final = "client"
NODES: Final = ("node-1", "node-2")
NUMBERS: Final = {API: 10, "node-1": 11, "node-2": 12, CLIENT: 100}
CLUSTER_CIDRS: Final = "10.244.0.0/16,fd00:10:244::/48"
PODS_A_NODE: Final = 3


def on_lan(host: str) -> tuple[str, str]:
    """The host's addresses, IPv4 first."""
    number = NUMBERS[host]
    return f"192.168.10.{number}", f"fd00:10::{number}"


@dataclass(frozen=True, slots=True, order=True)
class Pod:
    """A pod by its node's number and its own."""

    node_number: int
    number: int

    @property
    def name(self) -> str:
        return f"pod-{self.node_number}-{self.number}"

    @property
    def node(self) -> str:
        return f"node-{self.node_number}"

    @property
    def ips(self) -> tuple[str, str]:
        """IPv4 first."""
        tail = self.number + 1
        return f"10.244.{self.node_number}.{tail}", f"fd00:10:244:{self.node_number}::{tail}"


PODS: Final = tuple(
    Pod(node, number) for node in range(1, len(NODES) + 1) for number in range(1, PODS_A_NODE + 1)
)


def pod_cidrs(node: str) -> str:
    """The node's ranges, as the agent takes them."""
    number = node.rpartition("-")[2]
    return f"10.244.{number}.0/24,fd00:10:244:{number}::/64"


@dataclass(frozen=True, slots=True)
class Outsider:
    """A server that is no pod: behind a Service without selector. It listens on the API's host."""

    name: str = "outsider"
    node: str = ""
    ips: tuple[str, str] = on_lan(API)


OUTSIDER: Final = Outsider()


def names() -> dict[str, str]:
    """address -> who has it."""
    found = {ip: host for host in NUMBERS for ip in on_lan(host)}
    return found | {ip: pod.name for pod in PODS for ip in pod.ips}
