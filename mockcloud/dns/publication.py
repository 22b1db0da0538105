"""Service kube-dns, and the slices that lead a node's pods to the node's own daemon."""

import asyncio
import logging
from typing import Final

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.objects import Key, Object, key_of
from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES, Resource
from mockcloud.client.rest import Client
from mockcloud.dns.settings import Settings

LOG: Final = logging.getLogger(__name__)
NAMESPACE: Final = "kube-system"
NAME: Final = "kube-dns"
DNS_PORT: Final = 53
MANAGER: Final = "dns.mockcloud"
PORTS: Final = (("dns", "UDP"), ("dns-tcp", "TCP"))


def service(settings: Settings) -> Object:
    """Service kube-dns as kubeadm makes it, but without a selector, and each node's pods kept to the node.

    internalTrafficPolicy Local: a pod asks the daemon beside it, and no other node's failure can reach it.
    """
    addresses = [str(address) for address in settings.cluster_dns]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": NAME,
            "namespace": NAMESPACE,
            "labels": {
                "k8s-app": NAME,
                "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            },
        },
        "spec": {
            "clusterIP": addresses[0],
            "clusterIPs": addresses,
            "ipFamilies": [f"IPv{address.version}" for address in settings.cluster_dns],
            "ipFamilyPolicy": "RequireDualStack" if len(addresses) > 1 else "SingleStack",
            "internalTrafficPolicy": "Local",
            "ports": [
                {"name": name, "protocol": protocol, "port": DNS_PORT, "targetPort": settings.port}
                for name, protocol in PORTS
            ],
        },
    }


def slices(settings: Settings) -> list[Object]:
    """An EndpointSlice for each family that the Service has: this node's daemon."""
    families = {address.version for address in settings.cluster_dns}
    return [
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{NAME}-{settings.node_name}-ipv{address.version}",
                "namespace": NAMESPACE,
                "labels": {
                    "k8s-app": NAME,
                    "kubernetes.io/service-name": NAME,
                    "endpointslice.kubernetes.io/managed-by": MANAGER,
                },
            },
            "addressType": f"IPv{address.version}",
            "ports": [
                {"name": name, "protocol": protocol, "port": settings.port} for name, protocol in PORTS
            ],
            "endpoints": [
                {
                    "addresses": [str(address)],
                    "conditions": {"ready": True, "serving": True, "terminating": False},
                    "nodeName": settings.node_name,
                }
            ],
        }
        for address in settings.node_ips
        if address.version in families
    ]


class Publisher:
    """Creates what is missing, and again when somebody deletes it. What somebody edits stays edited."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._wanted: list[tuple[Resource, Object]] = [(SERVICES, service(settings))]
        self._wanted += [(ENDPOINT_SLICES, each) for each in slices(settings)]
        self._keys = {key_of(obj) for _, obj in self._wanted}
        self._missing = asyncio.Event()
        self.published = asyncio.Event()  # all has been there once

    def gone(self, key: Key) -> None:
        """A Service or slice of that name has been deleted."""
        if key in self._keys:
            self._missing.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._publish()
        self.published.set()
        while True:
            await self._missing.wait()
            self._missing.clear()
            LOG.warning("service %s or a slice of it was deleted: creating it again", NAME)
            await self._publish()

    async def _publish(self) -> None:
        for resource, obj in self._wanted:
            # Also what the API refuses (the address is taken) is tried again: who took it may give it back.
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type((ApiError, ApiUnreachable)),
                wait=wait_random_exponential(multiplier=0.1, max=5),
                after=_log_failure,
            ):
                with attempt:
                    await self._create(resource, obj)

    async def _create(self, resource: Resource, obj: Object) -> None:
        try:
            await self._client.create(resource, obj)
        except ApiError as error:
            if error.status != 409:
                raise


def _log_failure(state: RetryCallState) -> None:
    if state.outcome is not None and state.outcome.failed:
        LOG.warning("could not publish the DNS Service yet: %s", state.outcome.exception())
