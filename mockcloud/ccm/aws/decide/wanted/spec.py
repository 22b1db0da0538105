"""What both kinds of balancer read from a Service, and refuse."""

from collections.abc import Iterable
from ipaddress import ip_network

from mockcloud.ccm.aws.decide.wanted.annotations import Annotations
from mockcloud.ccm.aws.decide.wanted.refusal import Refused
from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.objects.services import EVERYWHERE, SOURCE_RANGES, Port, Service

GROUP_ATTRIBUTES = "target-group-attributes"
BOOLEANS = ("preserve_client_ip.enabled", "proxy_protocol_v2.enabled")


def check(service: Service, given: Annotations) -> None:
    """Refused where no balancer at AWS is like that."""
    _check_group_attributes(service, given)
    if service.affinity != "None":
        msg = f"unsupported load balancer affinity: {service.affinity}"
        raise Refused(msg)
    if not service.ports:
        msg = "requested load balancer with no ports"
        raise Refused(msg)
    if len({each.protocol for each in service.ports}) > 1:
        msg = "mixed protocol is not supported for LoadBalancer"
        raise Refused(msg)
    for port in service.ports:
        if port.protocol not in (("TCP", "UDP") if given.network else ("TCP",)):
            msg = f"Protocol {port.protocol} not supported by LoadBalancer"
            raise Refused(msg)
    if service.load_balancer_ip:
        msg = "LoadBalancerIP cannot be specified for AWS ELB"
        raise Refused(msg)


def _check_group_attributes(service: Service, given: Annotations) -> None:
    if GROUP_ATTRIBUTES not in given.values:
        return
    if not given.network:
        msg = "target group annotations attribute is only supported for NLB"
        raise Refused(msg)
    head = "error validating target group attributes"
    for key, value in given.pairs(GROUP_ATTRIBUTES).items():
        if not value:
            msg = f'{head}: attribute value is empty for "{key}"'
            raise Refused(msg)
        if key not in BOOLEANS:
            msg = f'{head}: the attribute "{key}" is not supported by the controller or is invalid'
            raise Refused(msg)
        if value not in ("true", "false"):
            msg = f'{head}: invalid attribute value for "{key}": {value}'
            raise Refused(msg)
        udp = any(port.protocol == "UDP" for port in service.ports)
        if key == BOOLEANS[0] and value == "false" and udp:
            msg = f"{head}: client IP preservation can't be disabled for UDP ports"
            raise Refused(msg)


def source_ranges(service: Service) -> tuple[str, ...]:
    """Who may come, sorted; everybody where nothing is said. Refused."""
    if service.source_ranges:
        found = _networks(service.source_ranges)
        words = f"service.Spec.LoadBalancerSourceRanges: [{' '.join(service.source_ranges)}] is not valid."
        hint = "Expecting a list of IP ranges. For example, 10.0.0.0/24."
    else:
        text = service.meta.annotations.get(SOURCE_RANGES, "").strip() or EVERYWHERE
        found = _networks(text.split(","))
        words = f"{SOURCE_RANGES}: {text} is not valid."
        hint = "Expecting a comma-separated list of source IP ranges. For example, 10.0.0.0/24,192.168.2.0/24"
    if found is None:
        msg = f"{words} {hint}"
        raise Refused(msg)
    return found


def _networks(texts: Iterable[str]) -> tuple[str, ...] | None:
    try:
        return tuple(sorted({str(ip_network(each.strip(), strict=False)) for each in texts}))
    except ValueError:
        return None


def secure(port: Port, given: Annotations, name: str) -> bool:
    """Whether TLS ends at the balancer for this port; `name` is the port's, as it is compared."""
    wanted = given.text("ssl-ports")
    chosen = wanted in ("", "*") or {str(port.port), name} & set(wanted.split(","))
    return bool(given.text("ssl-cert") and chosen)


def targets(nodes: Iterable[Node], given: Annotations) -> list[Node]:
    """The nodes with the labels that the Service asks for; an empty value is any."""
    wanted = given.pairs("target-node-labels")
    return [
        node
        for node in nodes
        if all(
            key in node.meta.labels and value in ("", node.meta.labels[key]) for key, value in wanted.items()
        )
    ]
