"""The Services that both proxies are given, one for each rule; where connections to them come from."""

from dataclasses import dataclass
from typing import Final

from testkit.services.objects import Backend, Exposed
from testkit.services.topology import OUTSIDER, PODS, Outsider, Pod

ONE, TWO, BYSTANDER = PODS[0], PODS[1], PODS[2]  # on node-1
THREE, ELSEWHERE = PODS[3], PODS[5]  # on node-2
ZONES: Final = {"node-1": "zone-1", "node-2": "zone-2"}
LOCAL: Final = {"externalTrafficPolicy": "Local"}
INTERNAL_LOCAL: Final = {"internalTrafficPolicy": "Local"}
STICKY: Final = {"sessionAffinity": "ClientIP"}
HOSTS: Final = ("client", "node-1", "node-2", ONE.name, BYSTANDER.name, ELSEWHERE.name)
# What differs by family and protocol is how packets are matched, not whence they come.
SOME_HOSTS: Final = ("client", "node-1", BYSTANDER.name)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A Service, and whether clients stay with a pod: then they come one after the other, and are counted."""

    name: str
    exposed: Exposed
    sticky: bool


def _ready(*pods: Pod | Outsider) -> tuple[Backend, ...]:
    return tuple(Backend(pod) for pod in pods)


def _leaving(pod: Pod | Outsider, *, serving: bool = True) -> Backend:
    return Backend(pod, ready=False, serving=serving, terminating=True)


def _hinted(pod: Pod | Outsider, zone: str = "", node: str = "") -> Backend:
    zones = {"forZones": [{"name": zone}]} if zone else {}
    nodes = {"forNodes": [{"name": node}]} if node else {}
    return Backend(pod, hints={**zones, **nodes})


_TABLE: Final[tuple[tuple[str, tuple[Backend, ...], dict[str, object]], ...]] = (
    ("cluster policies", _ready(ONE, THREE), {}),
    ("external policy Local", _ready(ONE), {"spec": {**LOCAL, "healthCheckNodePort": 31902}}),
    ("external policy Local, an endpoint on each node", _ready(ONE, THREE), {"spec": LOCAL}),
    ("internal policy Local", _ready(ONE), {"spec": INTERNAL_LOCAL}),
    ("both policies Local", _ready(ONE), {"spec": {**LOCAL, **INTERNAL_LOCAL}}),
    (
        "internal policy Local, nothing from outside",
        _ready(ONE),
        {"spec": {"type": "ClusterIP", **INTERNAL_LOCAL}},
    ),
    ("no endpoint", (), {}),
    ("no endpoint, policies Local", (), {"spec": {**LOCAL, **INTERNAL_LOCAL}}),
    ("only an endpoint that is not ready", (Backend(ONE, ready=False, serving=False),), {}),
    ("serving while not ready and not terminating", (Backend(ONE, ready=False),), {}),
    ("only a terminating endpoint", (_leaving(ONE),), {}),
    ("only a terminating endpoint that serves no more", (_leaving(ONE, serving=False),), {}),
    ("a terminating endpoint beside a ready one", (_leaving(ONE), Backend(THREE)), {}),
    (
        "a terminating endpoint under policy Local",
        (_leaving(ONE), Backend(THREE)),
        {"spec": {**LOCAL, "healthCheckNodePort": 31914}},
    ),
    ("hints for zones", (_hinted(ONE, "zone-1"), _hinted(THREE, "zone-2")), {}),
    ("a hint is missing", (_hinted(ONE, "zone-1"), Backend(THREE)), {}),
    ("hints for a zone without nodes", (_hinted(ONE, "zone-9"), _hinted(THREE, "zone-9")), {}),
    ("hints for one of two zones", (_hinted(ONE, "zone-1"), _hinted(TWO, "zone-1")), {}),
    ("hints for nodes", (_hinted(ONE, "zone-2", "node-1"), _hinted(THREE, "zone-1", "node-2")), {}),
    ("hints for another node", (_hinted(ONE, "zone-1", "node-9"), _hinted(THREE, "zone-2", "node-9")), {}),
    ("hints and policy Local", (_hinted(ONE, "zone-2"), _hinted(THREE, "zone-1")), {"spec": LOCAL}),
    ("hints of terminating endpoints", (_leaving(ONE), _hinted(THREE, "zone-1")), {}),
    (
        "source ranges with the client",
        _ready(ONE),
        {"spec": {"loadBalancerSourceRanges": ["192.168.10.0/24", "fd00:10::/64"]}},
    ),
    (
        "source ranges without the client",
        _ready(ONE),
        {"spec": {"loadBalancerSourceRanges": ["198.51.100.0/24", "2001:db8:9::/48"]}},
    ),
    (
        "source ranges with a node",
        _ready(ONE),
        {"spec": {"loadBalancerSourceRanges": ["192.168.10.11/32", "fd00:10::11/128"]}},
    ),
    ("source ranges with pods", _ready(ONE), {"spec": {"loadBalancerSourceRanges": ["10.244.0.0/16"]}}),
    (
        "source ranges that allow all",
        _ready(ONE),
        {"spec": {"loadBalancerSourceRanges": ["198.51.100.0/24", "0.0.0.0/0"]}},
    ),
    (
        "source ranges of the other family",
        _ready(ONE),
        {"spec": {"loadBalancerSourceRanges": ["2001:db8:9::/48"]}},
    ),
    (
        "source ranges and policy Local",
        _ready(ONE),
        {"spec": {**LOCAL, "loadBalancerSourceRanges": ["192.168.10.100/32"]}},
    ),
    ("source ranges without endpoint", (), {"spec": {"loadBalancerSourceRanges": ["198.51.100.0/24"]}}),
    ("balancer in mode Proxy", _ready(ONE), {"ip_mode": "Proxy"}),
    ("affinity", _ready(ONE, THREE), {"spec": STICKY}),
    ("affinity and policy Local", _ready(ONE, THREE), {"spec": {**STICKY, **LOCAL}}),
    ("affinity and internal policy Local", _ready(ONE, TWO), {"spec": {**STICKY, **INTERNAL_LOCAL}}),
    ("NodePort", _ready(ONE, THREE), {"spec": {"type": "NodePort"}}),
    ("ClusterIP with externalIPs", _ready(ONE, THREE), {"spec": {"type": "ClusterIP"}}),
    ("ClusterIP with externalIPs, policy Local", _ready(ONE), {"spec": {"type": "ClusterIP", **LOCAL}}),
    ("a server outside the cluster", _ready(OUTSIDER), {}),
    ("a server outside the cluster, policy Local", _ready(OUTSIDER), {"spec": LOCAL}),
    (
        "another proxy's Service",
        _ready(ONE),
        {"labels": {"service.kubernetes.io/service-proxy-name": "other"}},
    ),
    (
        "another proxy's slices",
        _ready(ONE),
        {"slice_labels": {"service.kubernetes.io/service-proxy-name": "other"}},
    ),
    ("slices of a headless Service", _ready(ONE), {"slice_labels": {"service.kubernetes.io/headless": ""}}),
)

SCENARIOS: Final = tuple(
    Scenario(name, Exposed(number, backends, **more), sticky="affinity" in name)
    for number, (name, backends, more) in enumerate(_TABLE, start=1)
)
SENTINEL: Final = Exposed(len(SCENARIOS) + 1, _ready(ONE, THREE))
# Changed in the middle of a conversation.
MOVING: Final = Exposed(len(SCENARIOS) + 2, _ready(ONE))
