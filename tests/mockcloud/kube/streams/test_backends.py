"""Which server a proxy's name means, and the API's words where it means none."""

import pytest

from mockcloud.kube.streams.backends import Backend, Named, named, of_node, of_pod, of_service
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects

POD = objects.pod(
    "web", {"name": "main", "image": "i", "ports": [{"containerPort": 8080}]}, status={"podIP": "10.244.1.2"}
)
NODE = objects.node("n", addresses=["192.168.10.11"])
SERVICE = {"spec": {"ports": [{"name": "http", "port": 80}, {"name": "tls", "port": 443}]}}
SLICES = [
    {
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [
            {"addresses": ["10.244.1.2"], "conditions": {"ready": False}},
            {"addresses": ["10.244.1.3"], "conditions": {"ready": True}},
        ],
    },
    {"ports": [{"name": "http", "port": 8080}], "endpoints": [{"addresses": ["fd00::4"], "conditions": {}}]},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", Named("http", "web", "")),
        ("web:80", Named("http", "web", "80")),
        ("https:web:", Named("https", "web", "")),
        ("https:web:tls", Named("https", "web", "tls")),
        (":web:80", Named("http", "web", "80")),
    ],
)
def test_a_name_may_have_scheme_and_port(text, expected):
    """As kubectl and client-go write it."""
    assert named(text, "services") == expected


@pytest.mark.parametrize("text", ["ftp:web:80", "a:b:c:d", "", "http::80"])
def test_a_name_that_is_none_is_refused(text):
    """In the registry's words."""
    with pytest.raises(Refusal) as refused:
        named(text, "services")
    assert (refused.value.code, refused.value.message) == (400, f'invalid service request "{text}"')


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        pytest.param(of_pod(POD, named("web", "pods")), "http://10.244.1.2:8080", id="a-pod's-first-port"),
        pytest.param(of_pod(POD, named("https:web:443", "pods")), "https://10.244.1.2:443", id="port-of-pod"),
        pytest.param(of_node(NODE, named("n:9100", "nodes")), "http://192.168.10.11:9100", id="port-of-node"),
        pytest.param(
            of_service(SERVICE, SLICES, named("s:80", "services"), lambda _: 0),
            "http://10.244.1.3:8080",
            id="a-service's-port-by-number",
        ),
        pytest.param(
            of_service(SERVICE, SLICES, named("s:http", "services"), lambda count: count - 1),
            "http://[fd00::4]:8080",
            id="a-service's-port-by-name",
        ),
    ],
)
def test_where_a_proxy_leads(backend, expected):
    """To the pod, the node, or a ready endpoint of the Service's port."""
    assert backend.url == expected


def test_a_node_without_a_port_is_its_agent():
    """Which asks for a token and speaks no TLS in a lab."""
    assert of_node(NODE, named("https:n:", "nodes")) == Backend("http", "192.168.10.11", 10250, kubelet=True)


@pytest.mark.parametrize(
    ("port", "why"),
    [
        ("81", 'no service port 81 found for service "s"'),
        ("tls", 'no endpoints available for service "s"'),
        ("", 'no endpoints available for service "s"'),
    ],
)
def test_a_service_that_nobody_answers_for(port, why):
    """503, as in a real cluster."""
    with pytest.raises(Refusal) as refused:
        of_service(SERVICE, SLICES, Named("http", "s", port), lambda _: 0)
    assert (refused.value.code, refused.value.message) == (503, why)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"addressType": "IPv4", "ports": [{"name": "http"}]}, id="every port"),
        pytest.param({"addressType": "FQDN", "ports": [{"name": "http", "port": 80}]}, id="a name"),
    ],
)
def test_endpoints_that_are_no_address_and_port_are_none(odd):
    """No name is resolved where the API is, and a slice of every port leads to none."""
    slices = [{**odd, "endpoints": [{"addresses": ["localhost.example.com"]}]}]
    with pytest.raises(Refusal, match="no endpoints available"):
        of_service(SERVICE, slices, Named("http", "s", "http"), lambda _: 0)
