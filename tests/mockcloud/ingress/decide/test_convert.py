"""Objects of the API, as views."""

import pytest

from mockcloud.ingress.decide.convert import class_of, ingress_view, ours, service_view, slice_view
from mockcloud.ingress.decide.views import Backend, Endpoint, PortView, Rule, Tls, Why
from tests.mockcloud.ingress.decide.objects import exposing, ingress, path, pods_of, to

WEB = Backend("default", "web", "80")


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        pytest.param(ingress(ingressClassName="a"), "a", id="field"),
        pytest.param(ingress(notes={"kubernetes.io/ingress.class": "b"}), "b", id="annotation"),
        pytest.param(ingress(), None, id="none"),
    ],
)
def test_classes(obj, name):
    """An Ingress of before the field says it by an annotation."""
    assert class_of(obj) == name


def test_whose_classes():
    """A class is served by the controller that it names."""
    classes = {("", "a"): {"spec": {"controller": "x/y"}}, ("", "b"): {"spec": {"controller": "x/z"}}}
    assert ours(classes, "x/y") == {"a"}


def test_an_ingress():
    """Paths, TLS and the default backend; a path that is not said is all paths."""
    bare = {"pathType": "ImplementationSpecific", "backend": to("web", "http")}
    tls = [{"hosts": ["web.example"], "secretName": "cert"}, {"hosts": ["no-secret.example"]}]
    view = ingress_view(ingress("web", path("/a", "Exact"), bare, tls=tls, defaultBackend=to()))
    assert view.rules == (
        Rule("web.example", "/a", True, WEB),
        Rule("web.example", "/", False, Backend("default", "web", "http")),
    )
    assert (view.default, view.tls, view.complaints) == (WEB, (Tls(("web.example",), "cert"),), ())


@pytest.mark.parametrize(
    ("obj", "why", "words"),
    [
        pytest.param(
            ingress("web", {**path(), "backend": {"resource": {"kind": "Bucket", "name": "b"}}}),
            Why.RESOURCE,
            "spec.rules[0].http.paths[0].backend: Bucket b cannot be served",
            id="resource",
        ),
        pytest.param(
            ingress("web", defaultBackend={"resource": {"kind": "Bucket", "name": "b"}}),
            Why.RESOURCE,
            "spec.defaultBackend: Bucket b cannot be served",
            id="default-resource",
        ),
        pytest.param(
            ingress("web", path("/a b")), Why.PATH, "spec.rules[0].http.paths[0].path: '/a b'", id="blank"
        ),
        pytest.param(ingress("web", path("/é")), Why.PATH, "visible ASCII", id="letters"),
        pytest.param(
            ingress("web", path("/" + "a" * 16383 + "other.example/")),
            Why.PATH,
            "at most 8192",
            id="too-long",
        ),
        pytest.param(
            ingress(notes={"nginx.ingress.kubernetes.io/rewrite-target": "/", "x": "y"}),
            Why.ANNOTATION,
            "annotation nginx.ingress.kubernetes.io/rewrite-target has no effect",
            id="annotation",
        ),
    ],
)
def test_complaints(obj, why, words):
    """What cannot be served is named, and is no rule."""
    view = ingress_view(obj)
    (complaint,) = view.complaints
    assert (complaint.why, view.rules, view.default) == (why, (), None)
    assert words in complaint.message


def test_a_service():
    """UDP is of no use; what is not said is IPv4's."""
    spec = {"ports": [{"port": 80, "name": "http"}, {"port": 53, "protocol": "UDP"}]}
    view = service_view({**exposing(), "spec": spec})
    assert (view.ports, view.family, view.external) == ((PortView(80, "http"),), "IPv4", False)
    assert service_view(exposing(type="ExternalName")).external


def test_a_slice():
    """Who is not ready is there, too: requests that it has may end."""
    view = slice_view(pods_of("web", ("10.0.0.1", True), ("10.0.0.2", False)))
    both = (Endpoint("10.0.0.1", 8080, True), Endpoint("10.0.0.2", 8080, False))
    assert (view.service, view.endpoints) == (("default", "web"), {"": both})
    assert slice_view(pods_of("")) is None
    assert slice_view({**pods_of("web"), "ports": None, "endpoints": None}).endpoints == {}
    assert slice_view({**pods_of("web"), "endpoints": None}).endpoints == {"": ()}
