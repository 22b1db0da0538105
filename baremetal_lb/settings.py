"""What a person can set, once the command line is understood."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.interfaces import EXCLUDED
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    from pathlib import Path

    from baremetal_lb.model.addresses import AddressRange, IPAddress

LEASE: Final = "baremetal-lb-controller"
# Of an object, by the API (RFC 1123).
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_OBJECT_NAME, _NAMESPACE_NAME = 253, 63  # characters at most


def lease_name(load_balancer_class: str) -> str:
    """The name of the controllers' Lease for a class. The chart makes the same (templates/_helpers.tpl).

    A class may have capitals and `_`, and be longer than a name: a digest stands for what a name can't say.
    """
    if not load_balancer_class:
        return LEASE
    plain = f"{LEASE}-{load_balancer_class.replace('/', '-')}"
    if _SUBDOMAIN.fullmatch(plain) and len(plain) <= _OBJECT_NAME:
        return plain
    readable = re.sub(r"[^a-z0-9]+", "-", load_balancer_class.lower())[:60].removesuffix("-")
    return f"{LEASE}-{readable}-{_digest(load_balancer_class)}"


def status_namespace_of(namespace: str) -> str:
    """Where the speakers of a release in this namespace report. The chart makes the same.

    No two releases have the same one, not even those in `lb` and `lb-system`.
    """
    base, suffix = namespace, "-speaker-reports"
    if namespace.endswith("-system"):
        base, suffix = namespace.removesuffix("-system"), "-speakers"
    if len(base) + len(suffix) > _NAMESPACE_NAME:
        digest = _digest(namespace)
        kept = base[: _NAMESPACE_NAME - len(suffix) - len(digest) - 1].removesuffix("-")
        base = f"{kept}-{digest}"
    return base + suffix


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


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
    membership_key: bool = True  # whether the controller makes the speakers' key where it is missing
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
            object.__setattr__(self, "status_namespace", status_namespace_of(self.namespace))

    @property
    def config_key(self) -> ObjectKey:
        """The ConfigMap with the pools."""
        return ObjectKey(self.namespace, self.config_map)

    @property
    def lease_key(self) -> ObjectKey:
        """The Lease of the controllers' election; each class has its own."""
        return ObjectKey(self.namespace, lease_name(self.load_balancer_class))
