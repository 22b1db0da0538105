"""Ingresses, Services and endpoints -> which host and path leads where. Pure.

Of several Ingresses that want the same the oldest has it, as upstream's documentation advises.
"""

from collections.abc import Iterator, Mapping

from mockcloud.client.objects import Key
from mockcloud.ingress.decide.views import (
    Backend,
    Complaint,
    Endpoint,
    IngressView,
    Routes,
    Rule,
    ServiceView,
    Why,
    World,
)


def routes(world: World) -> Routes:
    """All that is to be served, and what is wrong."""
    planner = _Planner(world)
    for ingress in sorted(world.ingresses, key=lambda each: (each.created, each.key)):
        planner.take(ingress)
    return planner.planned()


class _Planner:
    def __init__(self, world: World) -> None:
        self._world = world
        self._exact: dict[tuple[str, str], Backend] = {}
        self._prefixes: dict[tuple[str, str], Backend] = {}
        self._default: Backend | None = None
        self._owners: dict[tuple[object, ...], Key] = {}
        self._certificates: dict[str, str] = {}
        self._endpoints: dict[Backend, tuple[Endpoint, ...]] = {}
        self._complaints: list[Complaint] = []

    def take(self, ingress: IngressView) -> None:
        """Add what it asks for."""
        self._complaints += ingress.complaints
        for rule in ingress.rules:
            self._take_rule(ingress.key, rule)
        if ingress.default is not None and self._owns(ingress.key, "the default backend", ("default",)):
            self._default = ingress.default
            self._reach(ingress.key, ingress.default)
        for tls in ingress.tls:
            self._take_certificate(ingress, tls.hosts, tls.secret)

    def planned(self) -> Routes:
        return Routes(
            self._exact,
            self._prefixes,
            self._default,
            self._endpoints,
            self._certificates,
            tuple(sorted(set(self._complaints))),
        )

    def _take_rule(self, ingress: Key, rule: Rule) -> None:
        # A slash at the end of a prefix says nothing: elements are compared.
        path = rule.path if rule.exact else rule.path.rstrip("/")
        way, kind = (self._exact, "Exact") if rule.exact else (self._prefixes, "Prefix")
        what = f"{kind} path {rule.path} of host {rule.host or '*'}"
        if self._owns(ingress, what, (kind, rule.host, path)):
            way[rule.host, path] = rule.backend
            self._reach(ingress, rule.backend)

    def _owns(self, ingress: Key, what: str, place: tuple[object, ...]) -> bool:
        owner = self._owners.setdefault(place, ingress)
        if owner != ingress:
            message = f"{what} has no effect: the older Ingress {'/'.join(owner)} has it"
            self._complaints.append(Complaint(ingress, Why.CONFLICT, message))
        return owner == ingress

    def _reach(self, ingress: Key, backend: Backend) -> None:
        key = (backend.namespace, backend.service)
        service = self._world.services.get(key)
        problem, name = _port(backend, service)
        if problem:
            self._complaints.append(Complaint(ingress, Why.SERVICE, problem))
        found = () if service is None or name is None else tuple(self._found(service, name))
        self._endpoints[backend] = tuple(sorted(set(found)))

    def _found(self, service: ServiceView, port: str) -> Iterator[Endpoint]:
        for each in self._world.slices.get(service.key, ()):
            if each.family == service.family:
                yield from each.endpoints.get(port, ())

    def _take_certificate(self, ingress: IngressView, hosts: tuple[str, ...], secret: str) -> None:
        found = self._world.certificates.get((ingress.key[0], secret))
        problem = "there is none of type kubernetes.io/tls" if found is None else found.problem
        if found is None or problem:
            message = f"Secret {ingress.key[0]}/{secret}: {problem}; a self-signed certificate is shown"
            self._complaints.append(Complaint(ingress.key, Why.CERTIFICATE, message))
            return
        for host in hosts or sorted({rule.host for rule in ingress.rules if rule.host}):
            self._certificates.setdefault(host, found.pem)


def _port(backend: Backend, service: ServiceView | None) -> tuple[str, str | None]:
    """What is wrong, and by which name the Service's EndpointSlices have the port."""
    named = f"Service {backend.namespace}/{backend.service}"
    if service is None:
        return f"{named} is not there: requests for it are answered with 503", None
    if service.external:
        return f"{named} is of type ExternalName: the lab's Ingress controller leads to pods only", None
    for each in service.ports:
        if backend.port in (str(each.number), each.name):
            return "", each.name
    there = ", ".join(f"{each.number}{f' ({each.name})' if each.name else ''}" for each in service.ports)
    return f"{named} has no TCP port {backend.port}: it has {there or 'none'}", None


def needed(ingresses: Mapping[Key, IngressView]) -> frozenset[Key]:
    """The Secrets that are asked for."""
    return frozenset((each.key[0], tls.secret) for each in ingresses.values() for tls in each.tls)
