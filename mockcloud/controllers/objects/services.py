"""A Service as the endpoints controllers see it."""

from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, parse_meta

SERVICE_NAME: Final = "kubernetes.io/service-name"  # on EndpointSlices: the Service that they are of
SAME_NODE: Final = "PreferSameNode"
DISTRIBUTIONS: Final = ("PreferClose", "PreferSameZone", SAME_NODE)
# Whoever asks for proportional hints gets no others; the older name counts first.
TOPOLOGY_MODE: Final = "service.kubernetes.io/topology-mode"
TOPOLOGY_AWARE_HINTS: Final = "service.kubernetes.io/topology-aware-hints"


@dataclass(frozen=True, slots=True)
class ServicePort:
    """`target` is a number, or the name of a container's port."""

    name: str
    port: int
    target: int | str
    protocol: str
    app_protocol: str


@dataclass(frozen=True, slots=True)
class Service:
    """Which pods it selects, and how it names their ports."""

    meta: Meta
    kind: str
    selector: tuple[tuple[str, str], ...]  # empty: somebody else writes its endpoints
    ports: tuple[ServicePort, ...]
    families: tuple[str, ...]  # "IPv4", "IPv6", in the Service's own order
    headless: bool
    publish_not_ready: bool
    distribution: str = ""  # spec.trafficDistribution, where it asks for hints

    @property
    def selects(self) -> bool:
        """Whether its endpoints come from pods."""
        return bool(self.selector) and self.kind != "ExternalName"


def parse_service(obj: Object) -> Service:
    """From a core/v1 Service with its defaults filled in."""
    spec = obj["spec"]
    return Service(
        meta=parse_meta(obj),
        kind=spec.get("type") or "ClusterIP",
        selector=tuple(sorted((spec.get("selector") or {}).items())),
        ports=tuple(_port(each) for each in spec.get("ports") or ()),
        families=tuple(spec.get("ipFamilies") or ("IPv4",)),
        headless=spec.get("clusterIP") == "None",
        publish_not_ready=bool(spec.get("publishNotReadyAddresses")),
        distribution=_distribution(obj),
    )


def _distribution(obj: Object) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    if annotations.get(TOPOLOGY_AWARE_HINTS, annotations.get(TOPOLOGY_MODE)) in ("Auto", "auto"):
        return ""
    wanted = obj["spec"].get("trafficDistribution")
    return wanted if wanted in DISTRIBUTIONS else ""


def _port(raw: Object) -> ServicePort:
    target = raw.get("targetPort")
    return ServicePort(
        raw.get("name") or "",
        raw["port"],
        target if target not in (None, 0, "") else raw["port"],
        raw.get("protocol") or "TCP",
        raw.get("appProtocol") or "",
    )
