"""Routes -> what HAProxy serves: sections, and the files that they name. Pure.

Hosts and paths are looked up in maps (trees), so a request costs the same whatever the number of Ingresses.
A file's name is made of its content: sections that name it change with it, and so HAProxy reads it anew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mockcloud.cluster_defaults import INGRESS_HEALTH_PORT
from mockcloud.haproxy.configuration import Section, Server
from mockcloud.ingress.decide.views import Backend, Endpoint, Routes

COMMON: Final = (
    "mode http",
    "log stdout format raw local0",
    "option httplog",
    "option dontlognull",
    "option redispatch 1",
    "timeout connect 5s",
    "timeout http-request 60s",
    "timeout client 60s",
    "timeout server 60s",
    "timeout tunnel 1h",  # WebSockets
)
NO_ROUTE: Final = "404: no Ingress has a rule for this host and path\\n"
_TEXT: Final = "content-type text/plain"
_FOUND: Final = "{ var(txn.backend) -m found }"


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a folder, by name."""

    folder: str
    contents: dict[str, str]

    def put(self, kind: str, content: str) -> str:
        """The path of a file with that content."""
        name = f"{kind}-{sha256(content.encode()).hexdigest()[:24]}"
        self.contents[name] = content
        return f"{self.folder}/{name}"


@dataclass(frozen=True, slots=True)
class Served:
    """What HAProxy is to serve, and the files that have to be there before."""

    sections: Mapping[str, Section]
    files: Mapping[str, str]


def served(routes: Routes, default_pem: str, folder: str, *, ipv6: bool) -> Served:
    """`default_pem`: shown where no Ingress has a certificate for the name; `folder`: where files will be."""
    files = Files(folder, {})
    sections = [_health(), Section("http", tuple(_frontend(routes, default_pem, files, ipv6=ipv6)), {})]
    sections += [_backend(each, found) for each, found in sorted(routes.endpoints.items())]
    return Served({each.name: each for each in sections}, files.contents)


def _health() -> Section:
    lines = ("frontend health", f"  bind :{INGRESS_HEALTH_PORT}", "  option dontlog-normal")
    answer = f'  http-request return status 200 {_TEXT} string "ok" if {{ path /healthz }}'
    return Section("health", (*lines, answer, "  http-request return status 404"), {})


def _frontend(routes: Routes, default_pem: str, files: Files, *, ipv6: bool) -> Iterator[str]:
    yield "frontend http"
    certificates = files.put("names", "".join(_names(routes.certificates, default_pem, files)))
    tls = f"ssl crt-list {certificates} alpn h2,http/1.1"
    for place, family in ((":", ""), *(((":::", " v6only"),) if ipv6 else ())):
        yield f"  bind {place}80{family}"
        yield f"  bind {place}443{family} {tls}"
    yield from _headers()
    yield from _lookups(routes, files)
    yield f'  http-request return status 404 {_TEXT} string "{NO_ROUTE}" unless {_FOUND}'
    yield "  use_backend %[var(txn.backend)]"


def _names(certificates: Mapping[str, str], default_pem: str, files: Files) -> Iterator[str]:
    """The first is shown where no name fits."""
    yield f"{files.put('certificate', default_pem)} !*\n"
    by_pem: dict[str, list[str]] = {}
    for host, pem in sorted(certificates.items()):
        by_pem.setdefault(pem, []).append(host)
    for pem, hosts in by_pem.items():
        yield f"{files.put('certificate', pem)} {' '.join(hosts)}\n"


def _headers() -> Iterator[str]:
    """Who asked, and how; what the client says of that itself is not believed."""
    for name, value in (
        ("X-Forwarded-For", "%[src]"),
        ("X-Real-IP", "%[src]"),
        ("X-Forwarded-Host", "%[req.hdr(host)]"),
        ("X-Forwarded-Port", "%[dst_port]"),
    ):
        yield f"  http-request set-header {name} {value}"
    for name in ("X-Forwarded-Proto", "X-Forwarded-Scheme"):
        yield f"  http-request set-header {name} http"
        yield f"  http-request set-header {name} https if {{ ssl_fc }}"


def _lookups(routes: Routes, files: Files) -> Iterator[str]:
    """txn.site: the host whose paths count; txn.backend: where its longest path leads."""
    hosts = routes.hosts
    names = files.put("hosts", _map((each, each) for each in hosts if each and not each.startswith("*.")))
    wild = files.put("wildcards", _map((each[2:], each) for each in hosts if each.startswith("*.")))
    exact = files.put(
        "exact", _map((_site(host) + path, _name(to)) for (host, path), to in routes.exact.items())
    )
    prefixes = files.put(
        "prefixes", _map((f"{_site(host)}{path}/", _name(to)) for (host, path), to in routes.prefixes.items())
    )
    missing = "unless { var(txn.site) -m found }"
    yield "  http-request set-var(txn.host) req.hdr(host),field(1,:),lower"
    yield "  http-request set-var(txn.path) path"
    yield f"  http-request set-var(txn.site) var(txn.host),map_str({names})"
    # One label in place of the asterisk, whatever it is.
    yield f"  http-request set-var(txn.site) var(txn.host),field(2,.,0),map_str({wild}) {missing}"
    yield f"  http-request set-var(txn.site) str({_site('')}) {missing}"
    yield f"  http-request set-var(txn.backend) var(txn.site),concat(,txn.path),map_str({exact})"
    # By elements: /a/ is the beginning of /a/ and /a/b/, and not of /ab/. The longest counts.
    longest = f"var(txn.site),concat(,txn.path,/),map_beg({prefixes})"
    yield f"  http-request set-var(txn.backend) {longest} unless {_FOUND}"
    if routes.default is not None:
        yield f"  http-request set-var(txn.backend) str({_name(routes.default)}) unless {_FOUND}"


def _map(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{key} {value}\n" for key, value in sorted(pairs))


def _site(host: str) -> str:
    """How maps of paths name a host."""
    return host or "*"


def _name(backend: Backend) -> str:
    """No part of it can have an underscore."""
    return f"{backend.namespace}_{backend.service}_{backend.port}"


def _backend(backend: Backend, endpoints: tuple[Endpoint, ...]) -> Section:
    name = _name(backend)
    said = f'string "503: {backend} has no ready endpoint\\n" if {{ nbsrv eq 0 }}'
    lines = (f"backend {name}", "  balance roundrobin", f"  http-request return status 503 {_TEXT} {said}")
    servers = (_server(each) for each in endpoints)
    return Section(name, lines, {each.name: each for each in servers})


def _server(endpoint: Endpoint) -> Server:
    """Who is not ready any more keeps the requests that it has."""
    spelled = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    name = f"{endpoint.address}-{endpoint.port}".replace(":", "_")
    return Server(name, f"{spelled}:{endpoint.port}", endpoint.ready)
