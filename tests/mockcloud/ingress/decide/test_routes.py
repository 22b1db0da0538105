"""Which host and path leads where."""

import pytest

from mockcloud.ingress.decide.convert import ingress_view, service_view, slice_view
from mockcloud.ingress.decide.routes import needed, routes
from mockcloud.ingress.decide.views import Backend, Certificate, Endpoint, Why, World
from tests.mockcloud.ingress.decide.objects import exposing, ingress, path, pods_of, to

WEB = Backend("default", "web", "80")
OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
POD = ("10.0.0.1", True)


def world(*ingresses, services=(), slices=(), certificates=None):
    views = [slice_view(each) for each in slices]
    return World(
        tuple(map(ingress_view, ingresses)),
        {each.key: each for each in map(service_view, services)},
        {one.service: tuple(each for each in views if each.service == one.service) for one in views},
        {("default", name): each for name, each in (certificates or {}).items()},
    )


def test_pods_behind_a_path():
    """By the port's name in the slices, each once, of the Service's first family."""
    found = routes(
        world(
            ingress("web", path("/a/"), path("/a", "Exact"), path("/b", port="http")),
            services=[exposing("web", (80, "http"))],
            slices=[
                pods_of("web", POD, named="http"),
                pods_of("web", POD, ("10.0.0.2", False), named="http"),
                pods_of("web", ("fd00::1", True), family="IPv6", named="http"),
                pods_of("web", ("10.0.0.3", True), named="other"),
            ],
        )
    )
    pods = (Endpoint("10.0.0.1", 8080, True), Endpoint("10.0.0.2", 8080, False))
    named = Backend("default", "web", "http")
    assert found.prefixes == {("web.example", "/a"): WEB, ("web.example", "/b"): named}
    assert found.exact == {("web.example", "/a"): WEB}
    assert found.endpoints == {WEB: pods, named: pods}
    assert (found.hosts, found.complaints, found.default) == ({"web.example"}, (), None)


def test_the_older_ingress_has_what_two_want():
    """It does not matter which of them was seen first; each other path is its own."""
    older = ingress("z", path("/"), defaultBackend=to(), created=OLD)
    newer = ingress("a", path("/", service="b"), path("/b", service="b"), defaultBackend=to("b"), created=NEW)
    found = routes(world(newer, older, services=[exposing("web"), exposing("b")]))
    assert found.prefixes[("web.example", "")] == WEB == found.default
    assert found.prefixes[("web.example", "/b")] == Backend("default", "b", "80")
    assert [(each.ingress[1], each.why) for each in found.complaints] == [("a", Why.CONFLICT)] * 2
    said = "Prefix path / of host web.example has no effect: the older Ingress default/z has it"
    assert said in [each.message for each in found.complaints]


@pytest.mark.parametrize(
    ("services", "port", "words"),
    [
        pytest.param([], 80, "Service default/web is not there", id="none"),
        pytest.param([exposing()], 81, "has no TCP port 81: it has 80", id="number"),
        pytest.param([exposing("web", (80, "http"))], "ftp", "no TCP port ftp: it has 80 (http)", id="name"),
        pytest.param([exposing(type="ExternalName")], 80, "is of type ExternalName", id="external"),
        pytest.param([{**exposing(), "spec": {}}], 80, "it has none", id="no-ports"),
    ],
)
def test_services_that_lead_nowhere(services, port, words):
    """The path is served, and has no endpoints."""
    found = routes(world(ingress("web", path(port=port)), services=services))
    (complaint,) = found.complaints
    assert (complaint.why, list(found.endpoints.values())) == (Why.SERVICE, [()])
    assert words in complaint.message


def test_certificates():
    """For the hosts that are named with them, else for all of the Ingress; the older has a host."""
    named = ingress("a", path(), tls=[{"hosts": ["x.example"], "secretName": "x"}], created=OLD)
    rest = ingress("b", path("/b"), tls=[{"secretName": "y"}], created=NEW)
    found = routes(
        world(named, rest, services=[exposing()], certificates={"x": Certificate("X"), "y": Certificate("Y")})
    )
    assert (found.certificates, found.complaints) == ({"x.example": "X", "web.example": "Y"}, ())


@pytest.mark.parametrize(
    ("certificates", "words"),
    [
        pytest.param({}, "Secret default/x: there is none of type kubernetes.io/tls", id="none"),
        pytest.param({"x": Certificate("", "it is odd")}, "Secret default/x: it is odd", id="bad"),
    ],
)
def test_certificates_that_cannot_be_used(certificates, words):
    """Said with the Secret's name."""
    tls = [{"secretName": "x"}]
    found = routes(world(ingress("a", path(), tls=tls), services=[exposing()], certificates=certificates))
    (complaint,) = found.complaints
    assert (complaint.why, found.certificates) == (Why.CERTIFICATE, {})
    assert words in complaint.message


def test_which_secrets_are_needed():
    """Those that are named, in the Ingress' own namespace."""
    view = ingress_view(ingress("a", path(), tls=[{"secretName": "x"}]))
    assert needed({view.key: view}) == {("default", "x")}
