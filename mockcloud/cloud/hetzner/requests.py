"""The bodies of requests, and what they are in the core's values. Fields that are not known are ignored."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mockcloud.cloud.core.values import (
    Algorithm,
    HealthCheck,
    HttpCheck,
    HttpOptions,
    InstanceTarget,
    IPTarget,
    Listener,
    Protocol,
    Route,
    SelectorTarget,
    Subnet,
    Target,
)
from mockcloud.cloud.hetzner.replies import Json, invalid
from mockcloud.cloud.hetzner.selecting import selected

Port = Annotated[int, Field(ge=1, le=65535)]
IdOrName = Annotated[str, BeforeValidator(lambda given: str(given) if isinstance(given, int) else given)]
M = TypeVar("M", bound="Body")
T = TypeVar("T")


def _spoken(given: object) -> object:
    if given not in ("tcp", "http", "https"):  # the core has more
        msg = "expected tcp, http or https"
        raise ValueError(msg)
    return given


Spoken = Annotated[Protocol, BeforeValidator(_spoken)]


class Body(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read(model: type[M], body: Json) -> M:
    """The body as it is meant; Fault invalid_input, with each field that is at fault."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        fields: dict[str, list[str]] = {}
        for each in error.errors():
            name = ".".join(map(str, each["loc"])) or "body"
            fields.setdefault(name, []).append(str(each["msg"]))
        raise invalid(fields) from error


class Id(Body):
    """Names something by its number."""

    id: int


class AlgorithmBody(Body):
    """How a balancer chooses."""

    type: Algorithm


class HttpBody(Body):
    """What a service does with HTTP; what is not given stays as it was."""

    cookie_name: str | None = None
    cookie_lifetime: Annotated[int, Field(ge=30, le=86400)] | None = None
    certificates: list[int] | None = None
    redirect_http: bool | None = None
    sticky_sessions: bool | None = None
    timeout_idle: Annotated[int, Field(ge=30, le=300)] | None = None

    def on(self, before: HttpOptions) -> HttpOptions:
        """The options, changed."""
        given = self.model_dump(exclude_none=True)
        if "certificates" in given:
            given["certificates"] = tuple(given["certificates"])
        return _changed(before, given)


class HttpCheckBody(Body):
    """What a health check asks for."""

    domain: str | None = None
    path: str | None = None
    response: str | None = None
    status_codes: list[str] | None = None
    tls: bool | None = None

    def on(self, before: HttpCheck) -> HttpCheck:
        """The check, changed."""
        given = self.model_dump(exclude_none=True)
        if "status_codes" in given:
            given["status_codes"] = tuple(given["status_codes"])
        return _changed(before, given)


class CheckBody(Body):
    """A health check; times in seconds."""

    protocol: Spoken | None = None
    port: Port | None = None
    interval: Annotated[int, Field(ge=3, le=60)] | None = None
    timeout: Annotated[int, Field(ge=1, le=60)] | None = None
    retries: Annotated[int, Field(ge=1, le=5)] | None = None
    http: HttpCheckBody | None = None

    def on(self, before: HealthCheck) -> HealthCheck:
        """The check, changed."""
        given = self.model_dump(exclude_none=True, exclude={"http"})
        changed = _changed(before, given)
        if changed.protocol is Protocol.TCP:
            return _changed(changed, {"http": None})
        http = changed.http or HttpCheck()
        return _changed(changed, {"http": self.http.on(http) if self.http else http})


class ServiceBody(Body):
    """A service of a balancer, new or changed."""

    protocol: Spoken | None = None
    listen_port: Port | None = None
    destination_port: Port | None = None
    proxyprotocol: bool | None = None
    http: HttpBody | None = None
    health_check: CheckBody | None = None

    def listener(self) -> Listener:
        """A new one; Fault where a port is missing that has no default."""
        if self.protocol is None:
            raise invalid({"protocol": ["is required"]})
        default = {Protocol.HTTP: 80, Protocol.HTTPS: 443}.get(self.protocol)
        port = self.listen_port or default
        destination = self.destination_port or (80 if default else None)
        missing = [
            name for name, has in (("listen_port", port), ("destination_port", destination)) if has is None
        ]
        if port is None or destination is None:
            raise invalid({name: ["is required with protocol tcp"] for name in missing})
        check = HealthCheck(Protocol.HTTP if default else Protocol.TCP, destination)
        return self._on(Listener(self.protocol, port, destination, check), destination)

    def on(self, before: Listener) -> Listener:
        """A listener, changed. Its health check follows the port to which it was made."""
        destination = self.destination_port or before.destination_port
        moved = destination if before.check.port == before.destination_port else before.check.port
        return self._on(before, moved)

    def _on(self, before: Listener, check_port: int) -> Listener:
        protocol = self.protocol or before.protocol
        check = (self.health_check or CheckBody()).on(_changed(before.check, {"port": check_port}))
        http = None
        if protocol is not Protocol.TCP:
            http = (self.http or HttpBody()).on(before.http or HttpOptions())
        changes: dict[str, Any] = {"protocol": protocol, "check": check, "http": http}
        if self.destination_port is not None:
            changes["destination_port"] = self.destination_port
        if self.proxyprotocol is not None:
            changes["proxy_protocol"] = self.proxyprotocol
        return _changed(before, changes)


class SelectorBody(Body):
    """Instances by their labels."""

    selector: str


class IpBody(Body):
    """An address."""

    ip: IPv4Address | IPv6Address


class TargetBody(Body):
    """A target of a balancer."""

    type: Literal["server", "label_selector", "ip"]
    server: Id | None = None
    label_selector: SelectorBody | None = None
    ip: IpBody | None = None
    use_private_ip: bool = False

    def target(self) -> Target:
        """In the core's values; Fault where the part that the type needs is missing."""
        match self.type:
            case "server" if self.server is not None:
                return InstanceTarget(self.server.id, self.use_private_ip)
            case "label_selector" if self.label_selector is not None:
                selected(self.label_selector.selector, ())  # it has to be one
                return SelectorTarget(self.label_selector.selector, self.use_private_ip)
            case "ip" if self.ip is not None:
                return IPTarget(self.ip.ip)
        raise invalid({self.type: [f"is required with type {self.type}"]})


class PublicAddresses(Body):
    """Addresses that somebody has already."""

    ipv4: int | None = None
    ipv6: int | None = None


class CreateBalancer(Body):
    """A new balancer."""

    name: str
    load_balancer_type: IdOrName
    algorithm: AlgorithmBody = AlgorithmBody(type=Algorithm.ROUND_ROBIN)
    location: IdOrName | None = None
    network_zone: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    targets: list[TargetBody] = Field(default_factory=list)
    services: list[ServiceBody] = Field(default_factory=list)
    public_interface: bool = True
    public_net: PublicAddresses = PublicAddresses()
    network: int | None = None


class Rename(Body):
    """Another name, other labels; what is not given stays."""

    name: str | None = None
    labels: dict[str, str] | None = None
    description: str | None = None
    auto_delete: bool | None = None
    expose_routes_to_vswitch: bool | None = None


class Protection(Body):
    """Against deletion."""

    delete: bool | None = None
    rebuild: bool | None = None


class PortBody(Body):
    """Names a service."""

    listen_port: Port


class TypeBody(Body):
    """Another size."""

    load_balancer_type: IdOrName


class OfNetwork(Body):
    """Names a network."""

    network: int


class IntoNetwork(OfNetwork):
    """A network, and the address in it; none: the next free one."""

    ip: IPv4Address | None = None
    ip_range: IPv4Network | None = None


class DnsName(Body):
    """What an address is called; null: what the cloud calls it."""

    ip: str
    dns_ptr: str | None


class ServerPublicNet(Body):
    """Which public addresses a server has."""

    enable_ipv4: bool = True
    enable_ipv6: bool = True
    ipv4: int | None = None
    ipv6: int | None = None


class CreateServer(Body):
    """A new server."""

    name: str
    server_type: IdOrName
    image: IdOrName
    location: IdOrName | None = None
    datacenter: IdOrName | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    networks: list[int] = Field(default_factory=list)
    start_after_create: bool = True
    public_net: ServerPublicNet = ServerPublicNet()


class SubnetBody(Body):
    """A part of a network; without a range: the next free one."""

    type: Literal["cloud", "server", "vswitch"]
    network_zone: str
    ip_range: IPv4Network | None = None
    vswitch_id: int | None = None

    def subnet(self, whole: IPv4Network) -> Subnet:
        """In the core's values."""
        return Subnet(whole, self.network_zone, self.type, self.vswitch_id)


class RouteBody(Body):
    """A route."""

    destination: IPv4Network
    gateway: IPv4Address

    def route(self) -> Route:
        """In the core's values."""
        return Route(self.destination, self.gateway)


class RangeBody(Body):
    """Names a subnet."""

    ip_range: IPv4Network


class CreateNetwork(Body):
    """A new network."""

    name: str
    ip_range: IPv4Network
    subnets: list[SubnetBody] = Field(default_factory=list)
    routes: list[RouteBody] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)
    expose_routes_to_vswitch: bool = False


class CreateFloatingIp(Body):
    """A new floating address."""

    type: Literal["ipv4", "ipv6"]
    home_location: IdOrName | None = None
    server: int | None = None
    description: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    name: str | None = None


class CreatePrimaryIp(Body):
    """A new primary address."""

    name: str
    type: Literal["ipv4", "ipv6"]
    assignee_type: Literal["server", "load_balancer"] = "server"
    assignee_id: int | None = None
    location: IdOrName | None = None
    datacenter: IdOrName | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    auto_delete: bool = False


class AssignFloating(Body):
    """To a server."""

    server: int


class AssignPrimary(Body):
    """To a server or balancer."""

    assignee_id: int
    assignee_type: Literal["server", "load_balancer"] = "server"


class CreateCertificate(Body):
    """A new certificate."""

    name: str
    type: Literal["uploaded", "managed"] = "uploaded"
    certificate: str | None = None
    private_key: str | None = None
    domain_names: list[str] = Field(default_factory=list)
    labels: dict[str, str] = Field(default_factory=dict)


def _changed(before: T, changes: dict[str, Any]) -> T:
    return replace(before, **changes)  # type: ignore[type-var]
