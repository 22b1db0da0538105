"""Services and hand-made EndpointSlices that say which pods are behind them, in which state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES

if TYPE_CHECKING:
    from mockcloud.client.rest import Client
    from testkit.services.topology import Outsider, Pod

NAMESPACE: Final = "default"
FAMILIES: Final = ("IPv4", "IPv6")
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Backend:
    """A pod behind a Service."""

    pod: Pod | Outsider
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    hints: Object = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exposed:
    """A Service by its number, which decides its addresses; `spec` and `labels` add to what all have."""

    number: int
    backends: tuple[Backend, ...]
    spec: Object = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    slice_labels: dict[str, str] = field(default_factory=dict)
    ip_mode: str = "VIP"

    @property
    def name(self) -> str:
        return f"svc-{self.number}"

    @property
    def cluster_ips(self) -> tuple[str, str]:
        """IPv4 first, as everywhere here."""
        number = self.number + 20
        return f"10.96.{number // 250}.{number % 250 + 1}", f"fd00:10:96::{number:x}"

    @property
    def vips(self) -> tuple[str, str]:
        return f"192.168.20.{self.number}", f"fd00:20::{self.number}"

    @property
    def external_ips(self) -> tuple[str, str]:
        return f"203.0.113.{self.number}", f"2001:db8::{self.number}"

    @property
    def node_port(self) -> int:
        return 30000 + self.number

    def ports(self) -> list[Object]:
        """One number on two protocols."""
        return [
            {
                "name": name,
                "protocol": name.upper(),
                "port": 80,
                "targetPort": 8080,
                **({} if self.spec.get("type") == "ClusterIP" else {"nodePort": self.node_port}),
            }
            for name in ("tcp", "udp")
        ]

    def service(self) -> Object:
        """The Service."""
        spec = {
            "type": "LoadBalancer",
            "clusterIP": self.cluster_ips[0],
            "clusterIPs": list(self.cluster_ips),
            "ipFamilyPolicy": "RequireDualStack",
            "externalIPs": list(self.external_ips),
            "ports": self.ports(),
            **self.spec,
        }
        metadata = {"name": self.name, "namespace": NAMESPACE, "labels": self.labels}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def slices(self) -> list[Object]:
        """One EndpointSlice a family."""
        return [
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {
                    "name": f"{self.name}-{family.lower()}",
                    "namespace": NAMESPACE,
                    "labels": {"kubernetes.io/service-name": self.name, **self.slice_labels},
                },
                "addressType": family,
                "ports": [{"name": name, "protocol": name.upper(), "port": 8080} for name in ("tcp", "udp")],
                "endpoints": [_endpoint(backend, index) for backend in self.backends],
            }
            for index, family in enumerate(FAMILIES)
        ]

    def ingress(self) -> list[Object]:
        """What a load balancer would write into the status."""
        return [{"ip": ip, "ipMode": self.ip_mode} for ip in self.vips]


def _endpoint(backend: Backend, family: int) -> Object:
    conditions = {"ready": backend.ready, "serving": backend.serving, "terminating": backend.terminating}
    return {
        "addresses": [backend.pod.ips[family]],
        "conditions": conditions,
        **({"nodeName": backend.pod.node} if backend.pod.node else {}),
        **({"hints": backend.hints} if backend.hints else {}),
    }


async def expose(client: Client, exposed: Exposed) -> None:
    """Create the Service, its slices and its load-balancer addresses."""
    service = await client.create(SERVICES, exposed.service())
    if service["spec"].get("type") == "LoadBalancer":
        status = {"status": {"loadBalancer": {"ingress": exposed.ingress()}}}
        await client.patch(SERVICES, exposed.name, status, namespace=NAMESPACE, subresource="status")
    for part in exposed.slices():
        await client.create(ENDPOINT_SLICES, part)


async def restock(client: Client, exposed: Exposed) -> None:
    """Write the slices anew: other backends for a Service that is there."""
    for part in exposed.slices():
        present = await client.get(ENDPOINT_SLICES, part["metadata"]["name"], NAMESPACE)
        await client.replace(ENDPOINT_SLICES, {**part, "metadata": present["metadata"]})


async def withdraw(client: Client, exposed: Exposed) -> None:
    """Delete the Service and its slices."""
    await client.delete(SERVICES, exposed.name, namespace=NAMESPACE)
    for part in exposed.slices():
        await client.delete(ENDPOINT_SLICES, part["metadata"]["name"], namespace=NAMESPACE)
