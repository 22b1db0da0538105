"""Addresses and networks."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.validation.formats import parsed_address

_NO_SLASH: Final = "no '/'"
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Ip:
    """An address."""

    address: Address
    cel_type: str = field(default="net.IP", compare=False)

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Cidr:
    """A network, with the address that it was written with."""

    address: Address
    length: int
    cel_type: str = field(default="net.CIDR", compare=False)

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"

    @property
    def masked(self) -> "Cidr":
        """The same network, written with its first address."""
        network = ip_network(str(self), strict=False)
        return Cidr(network.network_address, self.length)


def _ip(text: str) -> Ip:
    address = None if "%" in text else parsed_address(text)
    if "%" in text:
        msg = f'IP address "{text}" with zone value is not allowed'
    elif isinstance(address, IPv6Address) and address.ipv4_mapped:
        msg = f'IPv4-mapped IPv6 address "{text}" is not allowed'
    elif address is None:
        why = f'ParseAddr("{text}"): unable to parse IP'
        msg = f'IP Address "{text}" parse error during conversion from string: {why}'
    else:
        return Ip(ip_address(text))
    raise EvaluationError(msg)


def _cidr(text: str) -> Cidr:
    address, slash, length = text.partition("/")
    parsed = None if "%" in text else parsed_address(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        msg = f'IPv4-mapped IPv6 address "{address}" is not allowed'
        raise EvaluationError(msg)
    plain = length.isdecimal() and length.isascii() and str(int(length)) == length
    if parsed is None or not plain or int(length) > ip_address(address).max_prefixlen:
        why = f'netip.ParsePrefix("{text}"): {"bad address or prefix length" if slash else _NO_SLASH}'
        msg = f"network address parse error during conversion from string: {why}"
        raise EvaluationError(msg)
    return Cidr(ip_address(address), int(length))


def _is(parse: object, text: str) -> bool:
    try:
        parse(text)  # type: ignore[operator]
    except EvaluationError:
        return False
    return True


def _is_canonical(text: str) -> bool:
    return str(_ip(text)) == text


def _holds(network: Cidr, length: int, address: Address) -> bool:
    if network.address.version != address.version or length < network.length:
        return False
    return ip_network(f"{address}/{network.length}", strict=False) == ip_network(str(network), strict=False)


def _holds_ip(network: Cidr, other: Ip) -> bool:
    return _holds(network, other.address.max_prefixlen, other.address)


def _holds_cidr(network: Cidr, other: Cidr) -> bool:
    return _holds(network, other.length, other.address)


def _is_global(ip: Ip) -> bool:
    """As Go has it: all but unspecified, loopback, multicast, link-local and the broadcast address."""
    address = ip.address
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and str(address) != "255.255.255.255"


ROWS: Final[tuple[Row, ...]] = (
    ("ip(string) -> IP", _ip),
    ("isIP(string) -> bool", lambda text: _is(_ip, text)),
    ("ip.isCanonical(string) -> bool", _is_canonical),
    ("IP :: family() -> int", lambda ip: ip.address.version),
    ("IP :: isUnspecified() -> bool", lambda ip: ip.address.is_unspecified),
    ("IP :: isLoopback() -> bool", lambda ip: ip.address.is_loopback),
    (
        "IP :: isLinkLocalMulticast() -> bool",
        lambda ip: ip.address in ip_network("224.0.0.0/24" if ip.address.version == 4 else "ff02::/16"),
    ),
    ("IP :: isLinkLocalUnicast() -> bool", lambda ip: ip.address.is_link_local),
    ("IP :: isGlobalUnicast() -> bool", _is_global),
    ("cidr(string) -> CIDR", _cidr),
    ("isCIDR(string) -> bool", lambda text: _is(_cidr, text)),
    ("CIDR :: containsIP(string) -> bool", lambda network, text: _holds_ip(network, _ip(text))),
    ("CIDR :: containsIP(IP) -> bool", _holds_ip),
    ("CIDR :: containsCIDR(string) -> bool", lambda network, text: _holds_cidr(network, _cidr(text))),
    ("CIDR :: containsCIDR(CIDR) -> bool", _holds_cidr),
    ("CIDR :: ip() -> IP", lambda network: Ip(network.address)),
    ("CIDR :: masked() -> CIDR", lambda network: network.masked),
    ("CIDR :: prefixLength() -> int", lambda network: network.length),
)
