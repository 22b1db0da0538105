"""The command line of the node agent, parsed and checked once."""

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Final

from mockcloud.arguments import add_kubeconfig, add_log_level, each, kubeconfig
from mockcloud.cluster_defaults import CLUSTER_DOMAIN, SERVICE_CIDRS
from mockcloud.labels import node_label, node_taint
from mockcloud.node.host.network.wanted import Uplink
from mockcloud.node.pods.files.resolv_conf import ClusterDns
from mockcloud.proxy.decide.views import FAMILIES, IPAddress, IPNetwork, family_of

# RFC 1123 subdomain, as Node names are.
NODE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
PRIMARY: Final = "primary"
EXTERNAL: Final = "external"
LONGEST_NAME: Final = 253


@dataclass(frozen=True, slots=True)
class Settings:
    """What one agent is told."""

    node_name: str
    node_ips: tuple[IPAddress, ...]
    uplink: Uplink
    pod_cidrs: tuple[IPNetwork, ...]
    cluster_cidrs: tuple[IPNetwork, ...]
    service_cidrs: tuple[IPNetwork, ...]
    data_dir: Path
    kubeconfig: Path
    catalogue: Path | None
    own_catalogue: Path | None  # which may come later
    claims_dir: Path  # where claimed volumes live
    host_paths: tuple[str, ...]  # folders that pods may mount by hostPath, beside those that all see
    cluster_dns: ClusterDns
    node_port_cidrs: tuple[IPNetwork, ...]  # empty: the node's own IPs only
    keep_pods: bool
    service_rules: bool  # False: another program is the node's proxy
    in_a_cloud: bool  # a cloud's controller completes the Node
    log_level: str
    node_labels: tuple[tuple[str, str], ...]  # of its Node, beyond those that every kubelet gives
    taints: tuple[dict[str, str], ...]  # that its Node is created with
    warm: Mapping[str, Path] = field(
        default_factory=dict
    )  # program -> the socket of an interpreter that has it


def parse(argv: Sequence[str]) -> Settings:
    """The settings; SystemExit(2) with a usage message where something is wrong."""
    parser = _parser()
    given = parser.parse_args(argv)
    try:
        return _settings(given)
    except ValueError as error:
        parser.error(str(error))


def _settings(given: argparse.Namespace) -> Settings:
    if not NODE_NAME.fullmatch(given.node_name):
        msg = f"--node-name {given.node_name!r}: expected a lower-case DNS name"
        raise ValueError(msg)
    ips = tuple(each("--node-ip", given.node_ip, ip_address))
    pods = tuple(each("--pod-cidr", given.pod_cidr, ip_network))
    cluster = tuple(each("--cluster-cidr", given.cluster_cidr, ip_network))
    _check_families(ips, pods, cluster)
    uplink = _with_gateways(_uplink(given.uplink, ips), given.gateway)
    return Settings(
        node_name=given.node_name,
        node_ips=ips,
        uplink=uplink,
        pod_cidrs=pods,
        cluster_cidrs=cluster,
        service_cidrs=tuple(each("--service-cidr", given.service_cidr, ip_network)),
        data_dir=Path(given.data_dir),
        kubeconfig=Path(kubeconfig(given)),
        catalogue=Path(given.catalogue) if given.catalogue else None,
        own_catalogue=Path(given.own_catalogue) if given.own_catalogue else None,
        claims_dir=Path(given.claims_dir or Path(given.data_dir) / "claims"),
        host_paths=tuple(os.path.realpath(path) for path in given.host_path),
        cluster_dns=_cluster_dns(given.cluster_dns, given.cluster_domain),
        node_port_cidrs=_node_port_cidrs(given.nodeport_addresses),
        keep_pods=given.keep_pods,
        service_rules=not given.no_service_rules,
        in_a_cloud=given.cloud_provider == EXTERNAL,
        log_level=given.log_level,
        taints=tuple(each("--register-with-taints", given.register_with_taints, node_taint))
        if given.register_with_taints
        else (),
        node_labels=tuple(each("--node-labels", given.node_labels, node_label)) if given.node_labels else (),
        warm=dict(map(_warm, given.warm)),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mockcloud.node", description="The node agent of one lab node.")
    add = parser.add_argument
    add("--node-name", required=True)
    add("--node-ip", required=True, help="IP[,IP]: one a family; the first is the Node's main address")
    add(
        "--uplink",
        required=True,
        help="INTERFACE=IP/BITS[,IP/BITS]: the interface on the LAN, and the addresses that are kept there",
    )
    add("--gateway", default="", help="IP[,IP]: the routers on that interface, one a family; none by default")
    add(
        "--node-labels",
        default="",
        metavar="KEY=VALUE,...",
        help="labels of the Node, as a kubelet takes them; none by default",
    )
    add(
        "--register-with-taints",
        default="",
        metavar="KEY[=VALUE]:EFFECT,...",
        help="taints that the Node is created with, as a kubelet takes them; none by default",
    )
    add("--pod-cidr", required=True, help="CIDR[,CIDR]: the ranges of this node's pods")
    add("--cluster-cidr", required=True, help="CIDR[,CIDR]: the ranges of all nodes' pods")
    add(
        "--service-cidr",
        default=SERVICE_CIDRS,
        help=f"CIDR[,CIDR]: the ranges of ClusterIPs ({SERVICE_CIDRS})",
    )
    add("--data-dir", required=True, help="where pods' records and logs live")
    add(
        "--claims-dir", help="where volumes live that outlive pods, one place for all nodes (DATA_DIR/claims)"
    )
    add(
        "--host-path", action="append", default=[], help="a folder that pods may mount by hostPath, read-only"
    )
    add("--cluster-dns", default="", help="IP[,IP]: the name servers that pods ask; none by default")
    add(
        "--cluster-domain",
        default=CLUSTER_DOMAIN,
        help=f"the domain of the cluster's names ({CLUSTER_DOMAIN})",
    )
    add_kubeconfig(parser)
    add("--catalogue", help="a YAML file of images, looked at before the built-in ones")
    add("--own-catalogue", help="another, looked at before that; it may come, and change, at any time")
    add(
        "--nodeport-addresses", default=PRIMARY, help="primary (default), or CIDR[,CIDR]: where NodePorts are"
    )
    add(
        "--cloud-provider",
        choices=["", EXTERNAL],
        default="",
        help="external: a cloud's controller completes the Node, as with a kubelet; none by default",
    )
    add("--keep-pods", action="store_true", help="leave pods running on SIGTERM, for the next start")
    # For whoever runs kube-proxy in our place, to compare.
    add("--no-service-rules", action="store_true", help=argparse.SUPPRESS)
    add(
        "--warm",
        action="append",
        default=[],
        metavar="PROGRAM=SOCKET",
        help="where an interpreter listens that has imported the program of images",
    )
    add_log_level(parser)
    return parser


def _uplink(text: str, node_ips: Sequence[IPAddress]) -> Uplink:
    interface, sign, addresses = text.partition("=")
    if not interface or not sign:
        msg = f"--uplink {text!r}: expected INTERFACE=IP/BITS[,IP/BITS], for instance eth0=192.168.10.11/24"
        raise ValueError(msg)
    found = tuple(each("--uplink", addresses, ip_interface))
    for ip in node_ips:
        if ip not in [one.ip for one in found]:
            msg = f"--uplink {text!r}: expected the address {ip} of --node-ip among those of {interface}"
            raise ValueError(msg)
    return Uplink(interface, found)


def _with_gateways(uplink: Uplink, text: str) -> Uplink:
    found = tuple(each("--gateway", text, ip_address)) if text else ()
    for one in found:
        if not any(one in link.network for link in uplink.addresses):
            networks = ", ".join(str(link.network) for link in uplink.addresses)
            msg = f"--gateway {one}: expected an address on {uplink.interface}, in {networks}"
            raise ValueError(msg)
    return replace(uplink, gateways=found)


def _warm(text: str) -> tuple[str, Path]:
    program, sign, path = text.partition("=")
    if not (program and sign and path.startswith("/")):
        msg = f"--warm {text!r}: expected PROGRAM=SOCKET, an absolute path"
        raise ValueError(msg)
    return program, Path(path)


def _cluster_dns(servers: str, domain: str) -> ClusterDns:
    found = tuple(str(one) for one in each("--cluster-dns", servers, ip_address)) if servers else ()
    if len(domain) > LONGEST_NAME or not NODE_NAME.fullmatch(domain):
        msg = f"--cluster-domain {domain!r}: expected a lower-case DNS name"
        raise ValueError(msg)
    return ClusterDns(found, domain)


def _node_port_cidrs(text: str) -> tuple[IPNetwork, ...]:
    return () if text == PRIMARY else tuple(each("--nodeport-addresses", text, ip_network))


def _check_families(
    ips: Sequence[IPAddress], pods: Sequence[IPNetwork], cluster: Sequence[IPNetwork]
) -> None:
    """One of each in a family, and the same families everywhere."""
    for family in FAMILIES:
        counts = [sum(family_of(one) is family for one in group) for group in (ips, pods, cluster)]
        if counts not in ([0, 0, 0], [1, 1, 1]):
            msg = (
                f"--node-ip, --pod-cidr and --cluster-cidr have {counts} of family {family}: "
                "expected one of each, or none"
            )
            raise ValueError(msg)
    for own in pods:
        whole = next(found for found in cluster if found.version == own.version)
        if own.network_address not in whole or own.prefixlen < whole.prefixlen:
            msg = f"--pod-cidr {own}: expected a range inside --cluster-cidr {whole}"
            raise ValueError(msg)
