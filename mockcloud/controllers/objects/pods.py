"""A Pod as the controllers see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.affinity import NodeAffinity, parse_node_affinity
from mockcloud.controllers.objects.demands import Amounts, demands
from mockcloud.controllers.objects.metadata import Meta, moment, parse_meta
from mockcloud.controllers.objects.pod_affinity import PodAffinity, parse_pod_affinity

ENDED: Final = frozenset({"Succeeded", "Failed"})
DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"


@dataclass(frozen=True, slots=True)
class Toleration:
    """One entry of spec.tolerations; an empty key with Exists tolerates everything."""

    key: str
    operator: str
    value: str
    effect: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port that a container takes of its node; an empty address means all of the node's."""

    protocol: str
    address: str
    number: int

    def conflicts(self, other: "HostPort") -> bool:
        """Whether both cannot be had on one node."""
        same = (self.protocol, self.number) == (other.protocol, other.number)
        return same and (self.address == other.address or not self.address or not other.address)


@dataclass(frozen=True, slots=True)
class Pod:
    """Identity, placement and health."""

    meta: Meta
    node: str  # "" where not bound
    phase: str
    ready: bool
    ready_since: datetime | None
    ips: tuple[str, ...]
    ports: tuple[tuple[str, str, int], ...]  # (name, protocol, number) of the containers' named ports
    hostname: str
    subdomain: str
    restarts: int
    deletion_cost: int
    node_selector: tuple[tuple[str, str], ...]
    tolerations: tuple[Toleration, ...]
    scheduler: str
    gated: bool
    claims: tuple[str, ...] = ()  # the names of the volume claims that it mounts
    affinity: NodeAffinity = field(default_factory=NodeAffinity)
    host_ports: tuple[HostPort, ...] = ()
    others: PodAffinity = field(default_factory=PodAffinity)
    demands: Amounts = field(default_factory=dict)
    priority: int = 0
    preempts: bool = True  # it may drive out pods of lower priority
    nominated: str = ""  # the node that it waits for, where it has done so

    @property
    def active(self) -> bool:
        """Counts as a replica: it has not ended and is not on its way out."""
        return self.phase not in ENDED and not self.meta.deleting


def parse_pod(obj: Object) -> Pod:
    """From a core/v1 Pod."""
    meta = parse_meta(obj)
    spec, status = obj["spec"], obj.get("status") or {}
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None) or {}
    return Pod(
        meta=meta,
        node=spec.get("nodeName") or "",
        phase=status.get("phase") or "Pending",
        ready=ready.get("status") == "True",
        ready_since=moment(ready.get("lastTransitionTime")),
        ips=_addresses(status),
        ports=_named_ports(spec),
        hostname=spec.get("hostname") or "",
        subdomain=spec.get("subdomain") or "",
        restarts=sum(each.get("restartCount") or 0 for each in status.get("containerStatuses") or ()),
        deletion_cost=_number(meta.annotations.get(DELETION_COST, "0")),
        node_selector=tuple(sorted((spec.get("nodeSelector") or {}).items())),
        tolerations=tuple(toleration(each) for each in spec.get("tolerations") or ()),
        scheduler=spec.get("schedulerName") or "default-scheduler",
        gated=bool(spec.get("schedulingGates")),
        claims=tuple(
            volume["persistentVolumeClaim"]["claimName"]
            for volume in spec.get("volumes") or ()
            if volume.get("persistentVolumeClaim")
        ),
        affinity=parse_node_affinity(spec),
        host_ports=_host_ports(spec),
        others=parse_pod_affinity(spec, meta),
        demands=demands(spec),
        priority=spec.get("priority") or 0,
        preempts=spec.get("preemptionPolicy") != "Never",
        nominated=status.get("nominatedNodeName") or "",
    )


def available(pod: Pod, min_ready_seconds: int, now: datetime) -> bool:
    """Ready for long enough."""
    if not pod.ready:
        return False
    if min_ready_seconds == 0:
        return True
    return pod.ready_since is not None and pod.ready_since + timedelta(seconds=min_ready_seconds) <= now


def seconds_until_available(pods: Sequence[Pod], min_ready_seconds: int, now: datetime) -> float | None:
    """When the next ready pod becomes available; None where no pod is on its way there."""
    if min_ready_seconds == 0:
        return None
    waits = [
        (pod.ready_since + timedelta(seconds=min_ready_seconds) - now).total_seconds()
        for pod in pods
        if pod.active and pod.ready_since and pod.ready and not available(pod, min_ready_seconds, now)
    ]
    return min(waits, default=None)


def _addresses(status: Object) -> tuple[str, ...]:
    listed = tuple(each["ip"] for each in status.get("podIPs") or () if each.get("ip"))
    return listed or ((status["podIP"],) if status.get("podIP") else ())


def _named_ports(spec: Object) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (port["name"], port.get("protocol") or "TCP", port["containerPort"])
        for container in _lasting(spec)
        for port in container.get("ports") or ()
        if port.get("name")
    )


def _host_ports(spec: Object) -> tuple[HostPort, ...]:
    return tuple(
        HostPort(port.get("protocol") or "TCP", _specific(port.get("hostIP") or ""), port["hostPort"])
        for container in _lasting(spec)
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )


def _lasting(spec: Object) -> Iterator[Object]:
    """The containers that are there as long as the pod, sidecars last."""
    yield from spec.get("containers") or ()
    yield from (each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always")


def _specific(address: str) -> str:
    return "" if address in ("0.0.0.0", "::") else address


def toleration(raw: Object) -> Toleration:
    """From an entry of spec.tolerations."""
    return Toleration(
        raw.get("key") or "",
        raw.get("operator") or "Equal",
        raw.get("value") or "",
        raw.get("effect") or "",
        raw.get("tolerationSeconds"),
    )


def _number(text: str) -> int:
    """A deletion cost; junk counts as none, as upstream."""
    try:
        return int(text)
    except ValueError:
        return 0
