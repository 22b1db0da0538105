"""The rows of the page, made of objects as the API has them and of the lab's own state; pure.

Texts are handed on as objects have them, whatever is in them: that none of it becomes HTML is the page's
care.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cluster_defaults import ANNOUNCED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockcloud.client.objects import Object
    from mockcloud.faults.decide.plan import Fault
    from mockcloud.lab.state import LabState

MOST_EVENTS: Final = 100
_BY_NODE: Final = re.compile(r"([^ ,;]+(?:, [^ ,;]+)*) by (\S+) on ")


@dataclass(frozen=True, slots=True)
class DaemonRow:
    """A daemon of the lab, where it runs and how it is."""

    name: str
    state: str
    restarts: int
    note: str


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host of the lab; `ready` is "True", "False" or "Unknown" where it is a node, else ""."""

    name: str
    addresses: tuple[str, ...]
    ready: str
    since: str
    why: str  # it is not ready, in the node's own words
    announces: tuple[str, ...]
    daemons: tuple[DaemonRow, ...]
    pods: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod as `kubectl get pods -o wide` shows it."""

    key: str
    namespace: str
    name: str
    phase: str
    ready: str
    restarts: int
    node: str
    ip: str
    since: str


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A Service; `announced` is "True", "False" or "" where nobody says anything of it."""

    key: str
    namespace: str
    name: str
    type: str
    cluster_ip: str
    external: tuple[str, ...]
    ports: tuple[str, ...]
    announced: str
    announcers: tuple[str, ...]
    said: str  # who announces it, or why nobody does
    since: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """An Event, at its last time."""

    key: str
    time: str
    type: str
    reason: str
    about: str
    message: str
    count: int


def hosts(
    lab: LabState,
    nodes: Iterable[Object],
    services: Sequence[ServiceRow],
    pods: Sequence[PodRow],
    faults: Sequence[Fault],
) -> list[HostRow]:
    """The lab's hosts in its order, then nodes that the API knows and the lab has no host for."""
    conditions = {node["metadata"]["name"]: condition(node, "Ready") for node in nodes}
    known = {each.name: (each.ipv4, each.ipv6) for each in lab.hosts}
    told = announcements(services)
    rows = []
    for name in [*known, *sorted(set(conditions) - set(known))]:
        ready = conditions.get(name, {})
        status = str(ready.get("status", "Unknown")) if name in conditions else ""
        daemons = daemons_on(lab, name)
        rows.append(
            HostRow(
                name,
                tuple(filter(None, known.get(name, ()))),
                status,
                str(ready.get("lastTransitionTime") or ""),
                "" if status == "True" else str(ready.get("message") or ""),
                tuple(told.get(name, ())),
                daemons,
                sum(pod.node == name for pod in pods),
                tuple(fault.text for fault in faults if _hurts(fault, name, daemons)),
            )
        )
    return rows


def daemons_on(lab: LabState, host: str) -> tuple[DaemonRow, ...]:
    """The daemons of a host; "": those that run on none, such as the network's."""
    on_it = (each for each in lab.daemons if each.host == host)
    return tuple(DaemonRow(each.name, each.state, each.restarts, each.note) for each in on_it)


def _hurts(fault: Fault, host: str, daemons: Sequence[DaemonRow]) -> bool:
    return host in (*fault.hosts, *fault.others) or fault.daemon in {each.name for each in daemons}


def announcements(services: Iterable[ServiceRow]) -> dict[str, list[str]]:
    """Node -> the addresses that it announces, each once."""
    found: dict[str, list[str]] = {}
    for service in services:
        if service.announced == "True":
            for told, node in _BY_NODE.findall(service.said):
                of_node = found.setdefault(node, [])
                of_node += [each for each in told.split(", ") if each not in of_node]
    return found


def pods(objects: Iterable[Object]) -> list[PodRow]:
    """By namespace and name."""
    return sorted((_pod(each) for each in objects), key=lambda row: (row.namespace, row.name))


def _pod(pod: Object) -> PodRow:
    metadata, spec, status = _parts(pod)
    containers = status.get("containerStatuses") or []
    ready = sum(bool(each.get("ready")) for each in containers)
    return PodRow(
        _key(metadata),
        metadata.get("namespace", ""),
        metadata["name"],
        pod_phase(pod),
        f"{ready}/{len(spec.get('containers') or [])}",
        sum(int(each.get("restartCount") or 0) for each in containers),
        str(spec.get("nodeName") or ""),
        str(status.get("podIP") or ""),
        str(status.get("startTime") or metadata.get("creationTimestamp") or ""),
    )


def pod_phase(pod: Object) -> str:
    """Its phase, or what kubectl says in its place: Terminating, or why a container waits or has ended."""
    metadata, _, status = _parts(pod)
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    if status.get("reason"):
        return str(status["reason"])
    for each in status.get("containerStatuses") or []:
        for state in ("waiting", "terminated"):
            if reason := ((each.get("state") or {}).get(state) or {}).get("reason"):
                return str(reason)
    return str(status.get("phase") or "Unknown")


def services(objects: Iterable[Object]) -> list[ServiceRow]:
    """By namespace and name."""
    return sorted((_service(each) for each in objects), key=lambda row: (row.namespace, row.name))


def _service(service: Object) -> ServiceRow:
    metadata, spec, _ = _parts(service)
    announced = condition(service, ANNOUNCED)
    said = str(announced.get("message") or "")
    return ServiceRow(
        _key(metadata),
        metadata.get("namespace", ""),
        metadata["name"],
        str(spec.get("type") or "ClusterIP"),
        str(spec.get("clusterIP") or spec.get("externalName") or ""),
        tuple(addresses(service)),
        tuple(_port(each) for each in spec.get("ports") or []),
        str(announced.get("status") or ""),
        tuple(dict.fromkeys(node for _, node in _BY_NODE.findall(said))),
        said or str(announced.get("reason") or ""),
        str(announced.get("lastTransitionTime") or ""),
    )


def addresses(service: Object) -> list[str]:
    """Its external addresses, or names where a cloud gives those."""
    balancer = _parts(service)[2].get("loadBalancer") or {}
    found = [each.get("ip") or each.get("hostname") or "" for each in balancer.get("ingress") or []]
    return [each for each in found if each]


def _port(port: Mapping[str, Any]) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol') or 'TCP'}"


def events(objects: Iterable[Object]) -> list[EventRow]:
    """The newest, and at most MOST_EVENTS; the newest first."""
    rows = sorted((_event(each) for each in objects), key=lambda row: (row.time, row.key), reverse=True)
    return rows[:MOST_EVENTS]


def _event(event: Object) -> EventRow:
    metadata = event["metadata"]
    series = event.get("series") or {}
    about = event.get("involvedObject") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return EventRow(
        _key(metadata),
        str(next(filter(None, times), None) or metadata.get("creationTimestamp") or ""),
        str(event.get("type") or ""),
        str(event.get("reason") or ""),
        f"{about.get('kind', '')} " + "/".join(filter(None, (about.get("namespace"), about.get("name")))),
        str(event.get("message") or ""),
        int(series.get("count") or event.get("count") or 1),
    )


def condition(obj: Object, kind: str) -> Mapping[str, Any]:
    """The condition of that type; empty where there is none."""
    conditions = _parts(obj)[2].get("conditions") or []
    return next((each for each in conditions if each.get("type") == kind), {})


def _parts(obj: Object) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
    return obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}


def _key(metadata: Mapping[str, Any]) -> str:
    """The object itself: one that is deleted and made anew is another row."""
    return str(metadata.get("uid") or f"{metadata.get('namespace', '')}/{metadata['name']}")
