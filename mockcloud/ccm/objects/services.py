"""A Service as its load balancer is made of it."""

from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, parse_meta

LOAD_BALANCER: Final = "LoadBalancer"
FINALIZER: Final = "service.kubernetes.io/load-balancer-cleanup"
SOURCE_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
EVERYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Port:
    """One port, with all that a change of it may mean to a load balancer."""

    name: str
    protocol: str
    port: int
    node_port: int
    target: int | str | None
    app_protocol: str | None


@dataclass(frozen=True, slots=True)
class Ingress:
    """One entry of status.loadBalancer.ingress: a host name, or an address with its mode (VIP, Proxy)."""

    hostname: str = ""
    ip: str = ""
    ip_mode: str = ""

    def written(self) -> Object:
        """As the API takes it."""
        told = {"hostname": self.hostname, "ip": self.ip, "ipMode": self.ip_mode}
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Service:
    """Its spec, as far as a load balancer depends on it, and its status."""

    meta: Meta
    kind: str
    load_balancer_class: str | None
    ports: tuple[Port, ...]
    source_ranges: tuple[str, ...]
    affinity: str
    affinity_seconds: int | None
    load_balancer_ip: str
    external_ips: tuple[str, ...]
    external_policy: str
    health_check_node_port: int
    families: int
    ingress: tuple[Ingress, ...]
    version: str = ""  # its resourceVersion

    @property
    def wants_balancer(self) -> bool:
        """Whether it is ours: another class is somebody else's."""
        return self.kind == LOAD_BALANCER and self.load_balancer_class is None

    @property
    def finalized(self) -> bool:
        """Whether it cannot vanish before its load balancer has."""
        return FINALIZER in self.meta.finalizers

    @property
    def needs_cleanup(self) -> bool:
        """Whether what was made for it has to go."""
        return self.finalized and (self.meta.deleting or self.kind != LOAD_BALANCER)

    @property
    def local(self) -> bool:
        """Whether only nodes with a pod of it take its traffic."""
        return self.external_policy == "Local"

    @property
    def path(self) -> str:
        """namespace/name."""
        return f"{self.meta.namespace}/{self.meta.name}"


def parse_service(obj: Object) -> Service:
    """From a core/v1 Service."""
    spec = obj["spec"]
    affinity = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    return Service(
        meta=parse_meta(obj),
        kind=spec.get("type") or "ClusterIP",
        load_balancer_class=spec.get("loadBalancerClass"),
        ports=tuple(_port(each) for each in spec.get("ports") or ()),
        source_ranges=tuple(spec.get("loadBalancerSourceRanges") or ()),
        affinity=spec.get("sessionAffinity") or "None",
        affinity_seconds=affinity.get("timeoutSeconds"),
        load_balancer_ip=spec.get("loadBalancerIP") or "",
        external_ips=tuple(spec.get("externalIPs") or ()),
        external_policy=spec.get("externalTrafficPolicy") or "",
        health_check_node_port=spec.get("healthCheckNodePort") or 0,
        families=len(spec.get("ipFamilies") or ()),
        ingress=tuple(_ingress(each) for each in balancer.get("ingress") or ()),
        version=obj["metadata"].get("resourceVersion", ""),
    )


def _port(raw: Object) -> Port:
    return Port(
        raw.get("name") or "",
        raw.get("protocol") or "TCP",
        raw["port"],
        raw.get("nodePort") or 0,
        raw.get("targetPort"),
        raw.get("appProtocol"),
    )


def _ingress(raw: Object) -> Ingress:
    return Ingress(raw.get("hostname") or "", raw.get("ip") or "", raw.get("ipMode") or "")
