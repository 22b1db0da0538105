"""The arguments of the API process."""

import argparse
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from mockcloud.cluster_defaults import API_PORT, SERVICE_CIDRS
from mockcloud.kube import decimals


@dataclass(frozen=True, slots=True)
class Listener:
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class KubeconfigWish:
    """A kubeconfig to write; without a server it names the first listener."""

    path: Path
    server: str | None


@dataclass(frozen=True, slots=True)
class IdentityWish:
    """Somebody who gets a token, in a kubeconfig of his own."""

    user: str
    groups: tuple[str, ...]
    kubeconfig: KubeconfigWish


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run."""

    data_dir: Path
    listeners: tuple[Listener, ...]
    descriptors: tuple[int, ...]
    kubeconfigs: tuple[KubeconfigWish, ...]  # of the administrator
    identities: tuple[IdentityWish, ...]
    advertise_address: str | None
    service_cidrs: tuple[str, ...]
    audit_log: Path | None
    cluster_name: str  # of cluster, user and context in the kubeconfigs
    dial_namespace: int | None  # descriptor of the network namespace in which nodes are reached


def parse(argv: list[str]) -> Settings:
    """The settings that the arguments name; SystemExit 2 with a message where they make no sense."""
    parser = argparse.ArgumentParser(prog="mockcloud.kube", description="An embedded Kubernetes API server.")
    parser.add_argument("--data-dir", type=Path, required=True, help="keys, token and objects (0700)")
    parser.add_argument("--listen", type=_listener, action="append", default=[], metavar="HOST:PORT")
    parser.add_argument(
        "--fd", type=int, action="append", default=[], help="an inherited, listening TCP socket"
    )
    parser.add_argument("--kubeconfig", type=_kubeconfig, action="append", default=[], metavar="PATH[=URL]")
    parser.add_argument(
        "--identity",
        nargs=2,
        action="append",
        default=[],
        metavar=("USER[,GROUP...]", "PATH[=URL]"),
        help="somebody with a token, and the kubeconfig in which it is written",
    )
    parser.add_argument(
        "--audit-log", type=Path, metavar="PATH", help="who asked what: audit Events, a line each"
    )
    parser.add_argument(
        "--cluster-name", default="mockcloud", help="what the kubeconfigs call cluster, user and context"
    )
    parser.add_argument(
        "--advertise-address", type=_address, metavar="IP", help="address of Service kubernetes"
    )
    parser.add_argument("--service-cidr", type=_cidrs, default=_cidrs(SERVICE_CIDRS), metavar="CIDR[,CIDR6]")
    parser.add_argument(
        "--dial-netns-fd",
        type=int,
        metavar="N",
        help="an inherited descriptor: nodes are in this network namespace",
    )
    arguments = parser.parse_args(argv)
    if not arguments.listen and not arguments.fd:
        parser.error("nothing to listen on: give --listen HOST:PORT or --fd N")
    return Settings(
        data_dir=arguments.data_dir,
        listeners=tuple(arguments.listen),
        descriptors=tuple(arguments.fd),
        kubeconfigs=tuple(arguments.kubeconfig),
        identities=_identities(parser, arguments.identity),
        advertise_address=arguments.advertise_address,
        service_cidrs=arguments.service_cidr,
        audit_log=arguments.audit_log,
        cluster_name=arguments.cluster_name,
        dial_namespace=arguments.dial_netns_fd,
    )


def _identities(parser: argparse.ArgumentParser, given: list[list[str]]) -> tuple[IdentityWish, ...]:
    found: list[IdentityWish] = []
    for who, where in given:
        user, *groups = who.split(",")
        if not user or not all(groups):
            parser.error(f"argument --identity: {who!r}: expected USER[,GROUP...]")
        try:
            found.append(IdentityWish(user, tuple(groups), _kubeconfig(where)))
        except argparse.ArgumentTypeError as exc:
            parser.error(f"argument --identity: {exc}")
    return tuple(found)


def _listener(text: str) -> Listener:
    host, colon, port = text.rpartition(":")
    if not colon or (port != "0" and decimals.port(port) is None):
        msg = f"{text!r}: expected HOST:PORT, e.g. 127.0.0.1:{API_PORT} or [::1]:0"
        raise argparse.ArgumentTypeError(msg)
    return Listener(host.strip("[]") or "127.0.0.1", int(port))


def _kubeconfig(text: str) -> KubeconfigWish:
    path, equals, server = text.partition("=")
    if equals and not server.startswith("https://"):
        msg = f"{text!r}: expected PATH=https://HOST:PORT"
        raise argparse.ArgumentTypeError(msg)
    return KubeconfigWish(Path(path), server or None)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as exc:
        msg = f"{text!r}: expected an IP address"
        raise argparse.ArgumentTypeError(msg) from exc


def _cidrs(text: str) -> tuple[str, ...]:
    try:
        networks: list[IPv4Network | IPv6Network] = [ip_network(part.strip()) for part in text.split(",")]
    except ValueError as exc:
        msg = f"{text!r}: expected CIDR[,CIDR6], e.g. {SERVICE_CIDRS}: {exc}"
        raise argparse.ArgumentTypeError(msg) from exc
    if len({network.version for network in networks}) != len(networks):
        msg = f"{text!r}: expected at most one range of each IP family"
        raise argparse.ArgumentTypeError(msg)
    return tuple(str(network) for network in networks)
