"""The command line of the DNS daemon, parsed and checked once."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from mockcloud.arguments import add_kubeconfig, add_log_level, each, kubeconfig
from mockcloud.cluster_defaults import CLUSTER_DNS4, CLUSTER_DOMAIN, DNS_PORT
from mockcloud.dns.decide.names import IPAddress, Name
from mockcloud.dns.decide.names import parse as parse_name
from mockcloud.dns.decide.views import Server


@dataclass(frozen=True, slots=True)
class Settings:
    """What one daemon is told."""

    node_name: str
    node_ips: tuple[IPAddress, ...]
    port: int
    descriptors: tuple[int, ...]
    cluster_dns: tuple[IPAddress, ...]
    cluster_domain: Name
    upstream: tuple[Server, ...]
    kubeconfig: Path
    log_level: str


def parse(argv: Sequence[str]) -> Settings:
    """The settings; SystemExit(2) with a usage message where something is wrong."""
    parser = _parser()
    given = parser.parse_args(argv)
    try:
        return _settings(given)
    except ValueError as error:
        parser.error(str(error))


def _settings(given: argparse.Namespace) -> Settings:
    if not 0 < given.port < 65536:
        msg = f"--port {given.port}: expected 1 to 65535"
        raise ValueError(msg)
    return Settings(
        node_name=given.node_name,
        node_ips=_one_a_family("--node-ip", given.node_ip),
        port=given.port,
        descriptors=tuple(given.fd),
        cluster_dns=_one_a_family("--cluster-dns", given.cluster_dns),
        cluster_domain=each("--cluster-domain", given.cluster_domain, parse_name)[0],
        upstream=servers(given.upstream),
        kubeconfig=Path(kubeconfig(given)),
        log_level=given.log_level,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mockcloud.dns", description="The cluster's DNS on one lab node.")
    add = parser.add_argument
    add("--node-name", required=True)
    add("--node-ip", required=True, help="IP[,IP]: one a family; where this node's pods are led to")
    add("--port", type=int, default=DNS_PORT, help=f"UDP and TCP, on each --node-ip ({DNS_PORT})")
    add("--fd", type=int, action="append", default=[], help="inherited UDP or listening TCP socket, instead")
    servers = str(CLUSTER_DNS4)
    add("--cluster-dns", default=servers, help=f"IP[,IP]: ClusterIPs of Service kube-dns ({servers})")
    add("--cluster-domain", default=CLUSTER_DOMAIN, help=f"the zone ({CLUSTER_DOMAIN})")
    add("--upstream", default="", help="IP[:PORT][,...]: who knows names outside; without it there are none")
    add_kubeconfig(parser)
    add_log_level(parser)
    return parser


def servers(text: str) -> tuple[Server, ...]:
    """From IP[:PORT][,...], or nothing; ValueError where it is none of these."""
    return tuple(each("upstream", text, _server)) if text else ()


def _server(text: str) -> Server:
    """From IP, IP:PORT or [IPv6]:PORT."""
    try:
        return Server(ip_address(text.strip("[]")))
    except ValueError:
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdecimal() or not 0 < int(port) < 65536:
            msg = "expected IP, IP:PORT or [IPv6]:PORT"
            raise ValueError(msg) from None
        return Server(ip_address(host.strip("[]")), int(port))


def _one_a_family(option: str, text: str) -> tuple[IPAddress, ...]:
    found = tuple(each(option, text, ip_address))
    if len({address.version for address in found}) != len(found):
        msg = f"{option} {text!r}: expected at most one address of each family"
        raise ValueError(msg)
    return found
