"""Service and pods -> its endpoints: who answers, at which address and ports, in which state."""

from collections.abc import Iterable, Mapping, Sequence

from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Groups, Port
from mockcloud.controllers.objects.pods import ENDED, Pod
from mockcloud.controllers.objects.services import SAME_NODE, Service, ServicePort


def groups(service: Service, pods: Iterable[Pod], zones: Mapping[str, str]) -> Groups:
    """All endpoints of the Service, dual-stack pods once a family. `zones`: node -> zone."""
    found: Groups = {}
    for pod in pods:
        if not counts(pod):
            continue
        ports = resolve(service, pod)
        for family in service.families:
            for address in addresses(pod, family)[:1]:
                endpoint = _endpoint(service, pod, address, zones.get(pod.node, ""))
                found.setdefault(Group(family, ports), {})[address] = endpoint
    return found


def counts(pod: Pod) -> bool:
    """Whether the pod is an endpoint at all: it has an address and has not ended. Terminating ones count."""
    return bool(pod.ips) and pod.phase not in ENDED


def resolve(service: Service, pod: Pod) -> tuple[Port, ...]:
    """The Service's ports at this pod; a named target that the pod lacks is left out, as upstream."""
    found = []
    for port in service.ports:
        number = _number(port, pod)
        if number is not None:
            found.append(Port(port.name, number, port.protocol, port.app_protocol))
    return tuple(sorted(found))


def addresses(pod: Pod, family: str) -> list[str]:
    """The pod's addresses of that family."""
    return [ip for ip in pod.ips if (":" in ip) == (family == "IPv6")]


def selected(service: Service, pods: Sequence[Pod]) -> list[Pod]:
    """The pods that the Service's selector picks."""
    return [pod for pod in pods if service.selector and _picks(service, pod)]


def _picks(service: Service, pod: Pod) -> bool:
    return all(pod.meta.labels.get(key) == value for key, value in service.selector)


def _number(port: ServicePort, pod: Pod) -> int | None:
    if isinstance(port.target, int):
        return port.target
    named = (
        number for name, protocol, number in pod.ports if (name, protocol) == (port.target, port.protocol)
    )
    return next(named, None)


def _endpoint(service: Service, pod: Pod, address: str, zone: str) -> Endpoint:
    terminating = pod.meta.deleting
    ready = service.publish_not_ready or (pod.ready and not terminating)
    hinted = ready and bool(service.distribution)
    return Endpoint(
        address=address,
        ready=ready,
        serving=pod.ready,
        terminating=terminating,
        node=pod.node,
        zone=zone,
        hostname=pod.hostname if pod.hostname and pod.subdomain == service.meta.name else "",
        target=(pod.meta.namespace, pod.meta.name, pod.meta.uid),
        for_zones=(zone,) if hinted and zone else (),
        for_nodes=(pod.node,) if hinted and service.distribution == SAME_NODE and pod.node else (),
    )
