"""What `mockcloud up` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import UsageError
from mockcloud.labels import is_value

if TYPE_CHECKING:
    from datetime import datetime

BUILT_IN, NONE = "builtin", "none"
MOST_NODES: Final = 80  # node-80 is .90; the client is .100, the pool starts at .200


@dataclass(frozen=True, slots=True)
class NodeWish:
    """What one node's Node is to say beyond what all say: `key=value`, and `key=value:effect`."""

    labels: tuple[str, ...] = ()
    taints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of `up`, and what they are by default; UsageError where they are impossible."""

    nodes: int = 3
    provider: str = "baremetal"  # what assigns addresses to Services: one of `registry.PROVIDERS`
    ipv6: bool = False  # pods and Services have IPv6 addresses too (the LAN always does)
    catalogue: str | None = None  # a file of images beyond those that every lab knows
    dns_upstream: str | None = None  # IP[:PORT][,...]: who knows the names outside of the cluster
    pod_eviction_timeout: float | None = None  # seconds; None: as long as pods tolerate a lost node
    host_paths: tuple[str, ...] = ()  # folders of the machine that pods may mount
    ccm: str = BUILT_IN  # who is the cloud controller manager, with provider cloud: `registry.CONTROLLERS`
    zones: tuple[str, ...] = ()  # the nodes' zones, one after the other, and from the first again
    wishes: tuple[NodeWish, ...] = ()  # of the first nodes; what comes later has none
    pools: tuple[str, ...] = ()  # external addresses that baremetal-lb gives; none: the lab's own
    controller_options: tuple[str, ...] = ()  # more words for baremetal-lb's controllers
    speaker_options: tuple[str, ...] = ()  # and for its speakers
    ttl: float | None = None  # seconds after which the lab ends by itself
    pid: int | None = None  # the process with which it ends
    ingress: bool = False  # whether Ingresses have a controller: they do where HAProxy is installed

    def __post_init__(self) -> None:
        """UsageError for a number of nodes that the address plan has no room for."""
        if not 1 <= self.nodes <= MOST_NODES:
            msg = f"{self.nodes} nodes: expected 1 to {MOST_NODES}"
            raise UsageError(msg)
        for zone in self.zones:
            if not zone or not is_value(zone):
                msg = f"zone {zone!r}: expected the value of a label, such as a or eu-1b"
                raise UsageError(msg)

    def ends(self, now: datetime) -> str:
        """When a lab that starts now ends by itself, in words; "" where it does not."""
        told = [] if self.ttl is None else [f"at {(now + timedelta(seconds=self.ttl)):%Y-%m-%dT%H:%M:%SZ}"]
        told += [] if self.pid is None else [f"with process {self.pid}"]
        return f"ends {' or '.join(told)}" if told else ""
