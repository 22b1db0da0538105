"""What a person can set, once the command line is understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.interfaces import EXCLUDED
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    import re
    from pathlib import Path

    from baremetal_lb.model.addresses import AddressRange, IPAddress

LEASE: Final = "baremetal-lb-controller"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one daemon. `node_name` is the speaker's, `leader_elect` the controller's."""

    kubeconfig: Path | None = None
    namespace: str = "baremetal-lb-system"
    config_map: str = "config"
    load_balancer_class: str = ""
    metrics_port: int = 0
    log_level: str = "info"
    log_format: str = "auto"
    status_namespace: str = ""  # where speakers write what they report; empty: by the namespace's name
    leader_elect: bool = True
    service_ranges: tuple[AddressRange, ...] = ()  # of the cluster's Services, where the API does not tell
    never_give: tuple[IPAddress, ...] = ()  # such as the default gateway
    quarantine: float = 300.0  # seconds until an address that somebody else had is tried again
    node_name: str = ""
    membership_port: int = 7947  # 0: no heartbeats
    heartbeat_interval: float = 0.1  # seconds
    return_delay: float = 10.0  # seconds
    ignore_exclude_label: bool = False
    avoid_cordoned: bool = True
    interface_exclude: tuple[re.Pattern[str], ...] = EXCLUDED
    probe_time: float = 0.2  # seconds before an address is first announced; 0: not probed for
    watchdog_interval: float = 10.0  # seconds between questions for another node's address; 0: none
    rules_url: str = ""  # who tells whether the node's Service rules are new enough; empty: nobody
    gratuitous_interval: float = 60.0  # seconds; 0: only when an address or an interface is new

    def __post_init__(self) -> None:
        # Two releases must not write over each other's reports.
        if not self.status_namespace:
            name = f"{self.namespace.removesuffix('-system')[:54].rstrip('-')}-speakers"
            object.__setattr__(self, "status_namespace", name)

    @property
    def config_key(self) -> ObjectKey:
        """The ConfigMap with the pools."""
        return ObjectKey(self.namespace, self.config_map)

    @property
    def lease_key(self) -> ObjectKey:
        """The Lease of the controllers' election; each class has its own."""
        suffix = f"-{self.load_balancer_class.replace('/', '-')}" if self.load_balancer_class else ""
        return ObjectKey(self.namespace, f"{LEASE}{suffix}")
