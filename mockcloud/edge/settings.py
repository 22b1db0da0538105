"""The command line of the edge, parsed and checked once."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from mockcloud.arguments import add_log_level, each
from mockcloud.dns.settings import servers
from mockcloud.edge.decide.translation import Surroundings
from mockcloud.edge.inventory import Inventory, Machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.dns.decide.names import IPAddress
    from mockcloud.dns.decide.views import Server


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Inherited sockets, by what is served there; and the namespace of the private network's switch."""

    api: tuple[int, ...]
    dns: tuple[int, ...]
    metadata: tuple[int, ...]
    switch: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What the edge is told. `urls`: where the API is, for the user and for the lab's hosts."""

    data_dir: Path
    inventory: Inventory
    where: Surroundings
    descriptors: Descriptors
    lab_url: str
    dns_address: IPAddress
    dns_upstream: tuple[Server, ...]
    log_level: str


def parse(argv: Sequence[str]) -> Settings:
    """The settings; SystemExit(2) with a usage message where something is wrong."""
    parser = _parser()
    given = parser.parse_args(argv)
    try:
        return _settings(given)
    except ValueError as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mockcloud.edge", description="A cloud's API and balancers in a lab.")
    add = parser.add_argument
    add("--data-dir", required=True, help="where all of it is kept")
    add("--inside", required=True, help="the interface on the private network")
    add("--outside", required=True, help="the interface on the internet")
    add("--private-cidr", required=True, help="the range of the private network")
    add("--subnet", action="append", default=[], help="a part of it, one for each zone")
    add("--machine", action="append", default=[], help="NAME=IP=ZONE: a node of the lab; the first zone is 1")
    add("--kubernetes-api", required=True, help="IP:PORT, open to the internet")
    add("--lab-url", required=True, help="where the lab's hosts find the cloud's API")
    add("--dns-address", required=True, help="where the lab's hosts find its names")
    add("--upstream", default="", help="IP[:PORT][,...]: who knows all other names; nobody by default")
    add("--api-fd", type=int, action="append", required=True, help="inherited listening socket of the API")
    add("--dns-fd", type=int, action="append", required=True, help="inherited UDP or TCP socket for DNS")
    add(
        "--metadata-fd",
        type=int,
        action="append",
        default=[],
        help="inherited socket of the metadata service",
    )
    add("--switch-fd", type=int, required=True, help="the network namespace of the private network's switch")
    add_log_level(parser)
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    host, _, port = given.kubernetes_api.rpartition(":")
    private = each("--private-cidr", given.private_cidr, IPv4Network)[0]
    subnets = tuple(each("--subnet", text, IPv4Network)[0] for text in given.subnet)
    return Settings(
        Path(given.data_dir),
        Inventory(private, subnets, tuple(map(_machine, given.machine))),
        Surroundings(given.inside, given.outside, private, (IPv4Address(host), int(port))),
        Descriptors(tuple(given.api_fd), tuple(given.dns_fd), tuple(given.metadata_fd), given.switch_fd),
        given.lab_url,
        ip_address(given.dns_address),
        servers(given.upstream),
        given.log_level,
    )


def _machine(text: str) -> Machine:
    parts = text.split("=")
    if len(parts) != 3 or not parts[2].isdecimal() or int(parts[2]) < 1:
        msg = f"--machine {text!r}: expected NAME=IP=ZONE"
        raise ValueError(msg)
    return Machine(parts[0], IPv4Address(parts[1]), int(parts[2]))
