"""Which server a proxy's name means, and the API's words where it means none."""

from dataclasses import replace

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
            {"addresses": ["10.244.1.2"], "conditions": {"ready": False}, "targetRef": {"name": "p2"}},
            {"addresses": ["10.244.1.3"], "conditions": {"ready": True}, "targetRef": {"name": "p3"}},
        ],
    },
    {
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [{"addresses": ["fd00::4"], "conditions": {}, "targetRef": {"name": "p4"}}],
    },
]
ADDRESSES = {"p2": "10.244.1.2", "p3": "10.244.1.3", "p4": "fd00::4", "loop": "127.0.0.1"}
UNCALLED = [
    *(
        "",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "0.0.0.0",
        "::",
        "::ffff:0.0.0.0",
    ),
    *("169.254.169.254", "::ffff:169.254.1.1", "fe80::1", "fe80::1%eth0", "224.0.0.1", "ff02::1"),
    *("255.255.255.255", "localhost", "10.0.0.\u0661"),
]


def pods(_, name):
    """The pods of those names, with their addresses."""
    return {"status": {"podIPs": [{"ip": ADDRESSES[name]}]}} if name in ADDRESSES else None


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
    assert named(text, "services") == replace(expected, text=text)


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
            of_service(SERVICE, SLICES, named("s:80", "services"), pods, lambda _: 0),
            "http://10.244.1.3:8080",
            id="a-service's-port-by-number",
        ),
        pytest.param(
            of_service(SERVICE, SLICES, named("s:http", "services"), pods, lambda count: count - 1),
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
        of_service(SERVICE, SLICES, Named("http", "s", port), pods, lambda _: 0)
    assert (refused.value.code, refused.value.message) == (503, why)


@pytest.mark.parametrize(
    ("port", "address", "target"),
    [
        pytest.param({}, "10.244.1.3", "p3", id="every port"),
        pytest.param({"port": 80}, "localhost.example.com", "p3", id="a name"),
        pytest.param({"port": 80}, "127.0.0.1", "loop", id="a pod that says it is loopback"),
        pytest.param({"port": 80}, "10.244.1.3", "p2", id="another pod's address"),
        pytest.param({"port": 80}, "10.244.1.9", "gone", id="of no pod"),
    ],
)
def test_endpoints_that_are_no_pod_are_none(port, address, target):
    """Whoever writes endpoints could have the API call any address."""
    endpoint = {"addresses": [address], "targetRef": {"name": target}}
    slices = [{"ports": [{"name": "http", **port}], "endpoints": [endpoint]}]
    with pytest.raises(Refusal, match="no endpoints available"):
        of_service(SERVICE, slices, Named("http", "s", "http"), pods, lambda _: 0)


@pytest.mark.parametrize("address", UNCALLED)
def test_an_address_that_is_not_called(address):
    """400, of a pod and of a node's port: the API's machine, links and groups are no client's business."""
    pod, node = objects.pod("web", status={"podIP": address}), objects.node("n", addresses=[address or "::"])
    for wanted in (
        lambda: of_pod(pod, Named("http", "web", "80")),
        lambda: of_node(node, Named("http", "n", "80")),
    ):
        with pytest.raises(Refusal) as refused:
            wanted()
        assert (refused.value.code, refused.value.message) == (400, "address not allowed")


@pytest.mark.parametrize("text", ["\u0668\u0660", "0", "65536", "+80", " 80", "8_0", "9" * 5000])
def test_a_port_that_is_none(text):
    """Ports are 1 to 65535, in ASCII digits."""
    with pytest.raises(Refusal, match="expected 1 to 65535"):
        of_pod(POD, Named("http", "web", text))
