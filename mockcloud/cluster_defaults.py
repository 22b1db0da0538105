"""What a lab's programs take for granted of its cluster, each once: ranges, names and ports."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

SERVICES4: Final = IPv4Network("10.96.0.0/16")
SERVICES6: Final = IPv6Network("fd00:10:96::/112")
SERVICE_CIDRS: Final = f"{SERVICES4},{SERVICES6}"
CLUSTER_DNS4: Final[IPv4Address] = SERVICES4[
    10
]  # what pods have in resolv.conf, at kubeadm's place in the range
CLUSTER_DNS6: Final[IPv6Address] = SERVICES6[10]
CLUSTER_DOMAIN: Final = "cluster.local"

API_PORT: Final = 6443
DNS_PORT: Final = 1053  # of each node's own daemon; pods ask port 53 of the addresses above
KUBELET_PORT: Final = 10250  # of each node's agent: exec, attach, logs, port-forward
RELAYS_PORT: Final = 8079  # of the edge's loopback, UDP: HAProxy says there by which connection it goes on
PROXY_HEALTH_PORT: Final = 10256  # of each node's Service rules, as kube-proxy's
PROXY_STATUS_PORT: Final = 10249  # on each node's loopback, as kube-proxy's

VOLUME_PROVISIONER: Final = "folder.csi.mockcloud"  # of volumes that are folders of the machine

BAREMETAL_LB_NAMESPACE: Final = "baremetal-lb-system"  # where a lab installs it
ANNOUNCED: Final = "baremetal-lb.io/Announced"  # its condition of a Service that a node tells the LAN of

INGRESS_NAMESPACE: Final = "mockcloud-ingress"  # where the Ingress controller's pod is, ...
INGRESS_NAME: Final = "mockcloud-ingress"  # ... and what its objects and its image are called
INGRESS_CONTROLLER: Final = "mockcloud.test/ingress"  # spec.controller of the IngressClasses that it serves
INGRESS_HEALTH_PORT: Final = 10254  # of its pod, as of ingress-nginx'

# The taint of a Node that no cloud controller manager has been at (KEP-2392).
UNINITIALIZED: Final = "node.cloudprovider.kubernetes.io/uninitialized"
