"""Which proxy leads to the API: as kubectl, and all of Go's net/http, reads the environment.

aiohttp reads it as Python's urllib does, which sends requests for 127.0.0.1 to a proxy, and knows no CIDRs in
NO_PROXY.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from baremetal_lb.kube.errors import KubeconfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import IPAddress

SPOKEN: Final = ("http", "https")
PORTS: Final = {"http": 80, "https": 443}


def proxy_for(server: str, environment: Mapping[str, str]) -> str | None:
    """The URL of the proxy on the way to a server's URL; None: straight. KubeconfigError: one we don't speak.

    HTTPS_PROXY or HTTP_PROXY by the server's scheme, NO_PROXY, and each in small letters; never for this
    machine.
    """
    parts = urlsplit(server)
    host = parts.hostname or ""
    name = f"{parts.scheme}_proxy".upper()
    proxy = _either(environment, name)
    if not proxy or _passed_by(
        host, parts.port or PORTS.get(parts.scheme, 0), _either(environment, "NO_PROXY")
    ):
        return None
    url = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(url).scheme not in SPOKEN:
        msg = f"{name} is {without_password(url)!r}; expected a proxy http://HOST:PORT, or {host} in NO_PROXY"
        raise KubeconfigError(msg)
    return url


def without_password(url: str) -> str:
    """The URL as it may stand in a message."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _either(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _passed_by(host: str, port: int, no_proxy: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    return any(_names(entry, host, address, port) for entry in entries if entry)


def _names(entry: str, host: str, address: IPAddress | None, port: int) -> bool:
    """Whether an entry of NO_PROXY is `*`, or this host's address, CIDR or domain, with or without a port."""
    if entry == "*":
        return True
    if address is not None and "/" in entry:
        with suppress(ValueError):
            return address in ip_network(entry, strict=False)
        return False
    name, only = _port(entry)
    if only is not None and only != port:
        return False
    if address is not None:
        return address == _address(name.strip("[]"))
    domain = name.removeprefix("*")
    return host.endswith(domain) if domain.startswith(".") else host == domain or host.endswith(f".{domain}")


def _port(entry: str) -> tuple[str, int | None]:
    name, colon, port = entry.rpartition(":")
    whole = not colon or not port.isdecimal() or (":" in name and not name.endswith("]"))
    return (entry, None) if whole else (name, int(port))


def _address(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
