"""Which changes matter to a load balancer, and which nodes it leads to (k8s.io/cloud-provider v1.34)."""

from collections.abc import Iterable, Sequence
from typing import Final

from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.objects.services import Service

EXCLUDED: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
GOING: Final = "ToBeDeletedByClusterAutoscaler"
FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})  # as Go's strconv.ParseBool reads them
MOST_NAMES: Final = 20

Hosts = frozenset[tuple[str, str]]
"""(name, providerID) of nodes: what a load balancer's targets depend on."""


def needs_sync(old: Service | None, new: Service) -> bool:
    """Whether the Service's load balancer has to be looked at."""
    if new.needs_cleanup:
        return True
    if old is None:
        return new.wants_balancer
    if old.wants_balancer != new.wants_balancer:
        return True
    return new.wants_balancer and _relevant(old) != _relevant(new)


def _relevant(service: Service) -> tuple[object, ...]:
    return (
        service.meta.uid,
        dict(service.meta.annotations),
        service.ports,
        service.source_ranges,
        service.affinity,
        service.affinity_seconds,
        service.load_balancer_ip,
        service.external_ips,
        service.external_policy,
        service.health_check_node_port,
        service.families,
    )


def included(node: Node) -> bool:
    """Whether its label lets load balancers lead to it; a value that is no truth value excludes."""
    value = node.meta.labels.get(EXCLUDED)
    return value is None or value in FALSE


def node_matters(old: Node | None, new: Node | None) -> bool:
    """Whether the change may change a set of hosts. Readiness does not: that is for health checks."""
    if old is None or new is None:
        return True
    return included(old) != included(new) or old.provider_id != new.provider_id


def hosts(nodes: Iterable[Node]) -> list[Node]:
    """The nodes that load balancers lead to, by name."""
    chosen = (
        each for each in nodes if included(each) and not each.meta.deleting and GOING not in each.taints
    )
    return sorted(chosen, key=lambda each: each.meta.name)


def host_set(nodes: Iterable[Node]) -> Hosts:
    """What is compared: the same set needs no update."""
    return frozenset((each.meta.name, each.provider_id) for each in nodes)


def host_names(nodes: Sequence[Node]) -> str:
    """For an Event: `[a b c]`, at most twenty of them."""
    names = sorted(each.meta.name for each in nodes[:MOST_NAMES])
    if len(nodes) > MOST_NAMES:
        names.append(f"<{len(nodes) - MOST_NAMES} more>")
    return f"[{' '.join(names)}]"
