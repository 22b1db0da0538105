"""The ports that a proxy serves -> HAProxy's configuration. Pure.

Health is looked at elsewhere: HAProxy is told who takes connections, and checks nothing itself. It says of
each connection by which one of its own it goes on, to whoever listens on loopback: a trace, mostly nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address
from typing import Final

from mockcloud.cloud.core.forwarding import Backend, Forwarding, IPAddress, Speaks, Way
from mockcloud.cloud.core.values import Algorithm
from mockcloud.cluster_defaults import RELAYS_PORT
from mockcloud.edge.decide.takers import Port
from mockcloud.haproxy.configuration import Section, Server

COMMON: Final = (
    "timeout connect 5s",
    "timeout http-request 60s",
    f"log 127.0.0.1:{RELAYS_PORT} format raw local0",
    "log-format %ci\\ %cp\\ %bi\\ %bp\\ %si\\ %sp",
    "option logasap",
)
_HTTP: Final = frozenset({Speaks.HTTP, Speaks.HTTPS})
_TLS: Final = frozenset({Speaks.TLS, Speaks.HTTPS})
_BALANCE: Final = {Algorithm.ROUND_ROBIN: "roundrobin", Algorithm.LEAST_CONNECTIONS: "leastconn"}


def proxied(ports: Iterable[Port], certificates: Mapping[int, str]) -> dict[str, Section]:
    """By name. `certificates`: the path of each one's file; a port of TLS that has none is left out."""
    found = (_frontend(each, certificates) for each in ports if each.forwarding.way is Way.PROXIED)
    return {each.name: each for each in found if each is not None}


def _frontend(port: Port, certificates: Mapping[int, str]) -> Section | None:
    forwarding = port.forwarding
    files = [certificates[each] for each in forwarding.certificates if each in certificates]
    if forwarding.speaks in _TLS and not files:
        return None
    name = f"b{forwarding.balancer}-{forwarding.port}"
    lines = tuple(_lines(name, forwarding, files))
    servers = (_server(forwarding, each, takes=each in port.takers) for each in forwarding.backends)
    return Section(name, lines, {each.name: each for each in servers})


def _lines(name: str, forwarding: Forwarding, files: list[str]) -> Iterator[str]:
    yield f"listen {name}"
    yield f"  mode {'http' if forwarding.speaks in _HTTP else 'tcp'}"
    tls = "".join(f" crt {path}" for path in files)
    for address in forwarding.addresses:
        family = " v6only" if isinstance(address, IPv6Address) else ""
        yield f"  bind {_spelled(address)}:{forwarding.port}{family}{f' ssl{tls}' if tls else ''}"
    yield f"  timeout client {forwarding.idle:g}s"
    yield f"  timeout server {forwarding.idle:g}s"
    if forwarding.redirect:
        port = "" if forwarding.redirect == 443 else f":{forwarding.redirect}"
        target = f"https://%[hdr(host),field(1,:)]{port}%[capture.req.uri]"
        yield f"  http-request redirect code 301 location {target}"
        return
    yield f"  balance {'source' if forwarding.sticks_to_source else _BALANCE[forwarding.algorithm]}"
    if forwarding.speaks in _HTTP:
        yield from _http(forwarding)


def _http(forwarding: Forwarding) -> Iterator[str]:
    scheme = "https" if forwarding.speaks is Speaks.HTTPS else "http"
    yield "  option forwardfor"
    yield f"  http-request set-header X-Forwarded-Proto {scheme}"
    yield f"  http-request set-header X-Forwarded-Port {forwarding.port}"
    if forwarding.cookie is not None:
        # Made of the server's address and the key: the same one after each reload.
        name, lifetime = forwarding.cookie.name, forwarding.cookie.lifetime
        yield f"  cookie {name} insert indirect nocache dynamic maxlife {lifetime}s"
        yield f"  dynamic-cookie-key b{forwarding.balancer}"


def _server(forwarding: Forwarding, backend: Backend, *, takes: bool) -> Server:
    words = [f"{_spelled(backend.address)}:{backend.port}"]
    if backend.source is not None and backend.source.version == backend.address.version:
        words.append(f"source {backend.source}")
    if forwarding.proxy_protocol:
        words.append("send-proxy" if forwarding.proxy_protocol == 1 else "send-proxy-v2")
    name = f"t{backend.address}-{backend.port}".replace(":", "_")
    return Server(name, " ".join(words), takes)


def _spelled(address: IPAddress) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)
