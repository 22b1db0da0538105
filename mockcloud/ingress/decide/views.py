"""What routing needs to know of Ingresses, Services, EndpointSlices and Secrets. Nouns only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mockcloud.client.objects import Key


class Why(StrEnum):
    """Why a part of an Ingress has no effect: the reason of the Event that says so."""

    ANNOTATION = "AnnotationIgnored"
    CERTIFICATE = "CertificateUnusable"
    CONFLICT = "RouteTaken"
    PATH = "PathUnusable"
    RESOURCE = "ResourceBackend"
    SERVICE = "ServiceUnusable"


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing in an Ingress that has no effect, in words for its author."""

    ingress: Key
    why: Why
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Backend:
    """A port of a Service, as an Ingress names it."""

    namespace: str
    service: str
    port: str  # number or name

    def __str__(self) -> str:
        return f"port {self.port} of Service {self.namespace}/{self.service}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One path of one host; host "" is any."""

    host: str
    path: str
    exact: bool
    backend: Backend


@dataclass(frozen=True, slots=True)
class Tls:
    """Whose names a Secret's certificate is shown for."""

    hosts: tuple[str, ...]
    secret: str


@dataclass(frozen=True, slots=True)
class IngressView:
    """An Ingress of our class. `complaints`: what could be seen in it alone."""

    key: Key
    created: str  # RFC 3339: of two that want the same, the older one has it
    rules: tuple[Rule, ...]
    default: Backend | None
    tls: tuple[Tls, ...]
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class PortView:
    """A Service's TCP port."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """`family` is its first, as EndpointSlices name it."""

    key: Key
    external: bool  # of type ExternalName: it has no endpoints
    family: str
    ports: tuple[PortView, ...]


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A pod's address and port, and whether new requests may go there."""

    address: str
    port: int
    ready: bool


@dataclass(frozen=True, slots=True)
class SliceView:
    """An EndpointSlice: whose it is, and its endpoints by the names of ports."""

    service: Key
    family: str
    endpoints: Mapping[str, tuple[Endpoint, ...]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a Secret is good for: the text of a file with chain and key, or why there is none."""

    pem: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """All that there is. `slices`: by their Service; `certificates`: by their Secret."""

    ingresses: tuple[IngressView, ...]
    services: Mapping[Key, ServiceView]
    slices: Mapping[Key, tuple[SliceView, ...]]
    certificates: Mapping[Key, Certificate]


@dataclass(frozen=True, slots=True)
class Routes:
    """What is to be served. Hosts may begin with `*.`, which is one label; host "" is any."""

    exact: Mapping[tuple[str, str], Backend]  # (host, path)
    prefixes: Mapping[tuple[str, str], Backend]  # (host, path without a slash at its end)
    default: Backend | None
    endpoints: Mapping[Backend, tuple[Endpoint, ...]]
    certificates: Mapping[str, str]  # host -> text of the file
    complaints: tuple[Complaint, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """All that have paths of their own."""
        return frozenset(host for host, _ in (*self.exact, *self.prefixes))
