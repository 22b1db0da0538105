"""The resources the daemons touch, and their URL paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the API, as discovery names it."""

    group_version: str
    plural: str
    kind: str
    namespaced: bool = True

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = ["/apis" if "/" in self.group_version else "/api", self.group_version]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        if subresource is not None:
            parts.append(subresource)
        return "/".join(parts)


SERVICES: Final = Resource("v1", "services", "Service")
CONFIG_MAPS: Final = Resource("v1", "configmaps", "ConfigMap")
EVENTS: Final = Resource("v1", "events", "Event")
NODES: Final = Resource("v1", "nodes", "Node", namespaced=False)
NAMESPACES: Final = Resource("v1", "namespaces", "Namespace", namespaced=False)
ENDPOINT_SLICES: Final = Resource("discovery.k8s.io/v1", "endpointslices", "EndpointSlice")
SECRETS: Final = Resource("v1", "secrets", "Secret")
SERVICE_CIDRS: Final = Resource("networking.k8s.io/v1", "servicecidrs", "ServiceCIDR", namespaced=False)
LEASES: Final = Resource("coordination.k8s.io/v1", "leases", "Lease")
DEPLOYMENTS: Final = Resource("apps/v1", "deployments", "Deployment")
DAEMON_SETS: Final = Resource("apps/v1", "daemonsets", "DaemonSet")
PODS: Final = Resource("v1", "pods", "Pod")
METALLB: Final = (
    Resource("metallb.io/v1beta1", "ipaddresspools", "IPAddressPool"),
    Resource("metallb.io/v1beta1", "l2advertisements", "L2Advertisement"),
    Resource("metallb.io/v1beta1", "bgpadvertisements", "BGPAdvertisement"),
    Resource("metallb.io/v1beta2", "bgppeers", "BGPPeer"),
    Resource("metallb.io/v1beta1", "bfdprofiles", "BFDProfile"),
    Resource("metallb.io/v1beta1", "communities", "Community"),
)
