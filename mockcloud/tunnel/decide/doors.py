"""What of a cluster can be reached from outside, and where on this machine: Services -> doors; pure."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Object = Mapping[str, Any]
PROTOCOLS: Final = ("TCP", "UDP")
"""The others have no sockets here."""
EXTERNAL, NODE_PORT = "external address", "node port"
ABOVE: Final = 8000
"""What is added to a port that this user may not listen on: 80 becomes 8080, 443 becomes 8443."""
_FIRST_NETWORK: Final = 16
_NETWORKS: Final = 224  # 127.16.0.0 to 127.239.0.0: far from what programs use by habit
_HTTP_PORTS: Final = frozenset({80, 3000, 5000, 8000, 8080, 8888})
_HTTPS_PORTS: Final = frozenset({443, 8443})


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One port of the lab: of a Service's external address, or a node port of one node."""

    namespace: str
    service: str
    kind: str
    address: str
    port: int
    protocol: str
    name: str  # the port's, "" where it has none
    scheme: str  # http, https; "" where nothing says that it is either

    @property
    def where(self) -> tuple[str, int, str]:
        """What it is in the lab: no two of these are open at once."""
        return (self.address, self.port, self.protocol)


Known = Mapping[str, Sequence[str]]


def targets(services: Iterable[Object], nodes: Iterable[Object], known: Known) -> list[Target]:
    """All ports that the outside reaches, in a settled order; of two at one place the first counts.

    `known`: the addresses of names that balancers have.
    """
    node_addresses = [address for node in nodes for address in _internal(node)]
    found: dict[tuple[str, int, str], Target] = {}
    for service in services:
        for target in sorted(_of_service(service, node_addresses, known)):
            found.setdefault(target.where, target)
    return sorted(found.values())


def _of_service(service: Object, nodes: Sequence[str], known: Known) -> list[Target]:
    metadata, spec = service["metadata"], service.get("spec") or {}
    if spec.get("type") not in {"NodePort", "LoadBalancer"}:
        return []
    found, outside = [], external(service, known)
    for port in spec.get("ports") or ():
        if (protocol := port.get("protocol") or "TCP") not in PROTOCOLS:
            continue
        whose = (metadata["namespace"], metadata["name"])
        said = (protocol, str(port.get("name") or ""), scheme(port))
        found += [Target(*whose, EXTERNAL, address, port["port"], *said) for address in outside]
        if node_port := port.get("nodePort"):
            found += [Target(*whose, NODE_PORT, address, node_port, *said) for address in nodes]
    return found


def external(service: Object, known: Known) -> list[str]:
    """The addresses that a balancer gave it, as such or by name, and those that it was given by hand."""
    given = [each["ip"] for each in _ingress(service) if each.get("ip")]
    named = [address for name in names([service]) for address in known.get(name, ())]
    by_hand = (service.get("spec") or {}).get("externalIPs") or ()
    return list(dict.fromkeys([*given, *named, *by_hand]))


def names(services: Iterable[Object]) -> list[str]:
    """Those that balancers have in the place of addresses."""
    found = (each.get("hostname") for service in services for each in _ingress(service) if not each.get("ip"))
    return list(dict.fromkeys(name for name in found if name))


def _ingress(service: Object) -> Sequence[Mapping[str, str]]:
    return ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()


def _internal(node: Object) -> list[str]:
    addresses = (node.get("status") or {}).get("addresses") or ()
    return [each["address"] for each in addresses if each.get("type") == "InternalIP"]


def scheme(port: Mapping[str, Any]) -> str:
    """By what the port says (appProtocol, its name), else by its number; UDP has none."""
    if (port.get("protocol") or "TCP") != "TCP":
        return ""
    said = str(port.get("appProtocol") or "").rpartition("/")[2] or str(port.get("name") or "")
    if said.startswith("https") or (not said and port["port"] in _HTTPS_PORTS):
        return "https"
    number = port["port"] in _HTTP_PORTS
    return "http" if said.startswith(("http", "web", "h2c", "ws")) or number else ""


def loopback(lab: str, addresses: Iterable[str]) -> dict[str, str]:
    """A loopback address for each of the lab's: the same each time, and others for a lab of another name.

    The last two numbers are those of the address; the second tells the lab.
    """
    network = _FIRST_NETWORK + zlib.crc32(lab.encode()) % _NETWORKS
    found: dict[str, str] = {}
    parsed = map(ipaddress.ip_address, set(addresses))
    for each in sorted(parsed, key=lambda one: (one.version, int(one))):
        address, number = str(each), int(each) & 0xFFFF
        while (local := f"127.{network}.{number >> 8}.{number & 0xFF}") in found.values():
            number = (number + 0x8000) & 0xFFFF if number < 0x8000 else (number + 1) & 0xFFFF
        found[address] = local
    return found


def ports(port: int, first_open: int) -> tuple[int, ...]:
    """The ports to try, in order; 0 is any. `first_open` is the lowest that this user may listen on."""
    wanted = [port] if port >= first_open else []
    if port < first_open and port + ABOVE <= 0xFFFF:
        wanted.append(port + ABOVE)
    return (*wanted, 0)


def url(scheme_: str, address: str, port: int) -> str:
    """To be typed or clicked; ADDRESS:PORT where it is no web server."""
    usual = {"http": 80, "https": 443}.get(scheme_)
    shown = address if port == usual else f"{address}:{port}"
    return f"{scheme_}://{shown}/" if scheme_ else shown
