"""Whatever is asked, in whatever order: an answer in the API's form, and all lists can still be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.hetzner.api import HetznerApi
from mockcloud.cloud.hetzner.replies import Request
from mockcloud.cloud.service import CloudService

LISTS = ("servers", "load_balancers", "networks", "floating_ips", "primary_ips", "certificates", "actions")
API = HetznerApi(CloudService(Clock(lambda: 0.0, 0.0)))
PATHS = sorted((method, path) for method, path in API.served() if method != "GET")
ID = st.integers(1001, 1004)
BEFORE = (
    ("/networks", {"name": "n", "ip_range": "10.0.0.0/16"}),
    ("/networks/1001/actions/add_subnet", {"type": "cloud", "network_zone": "eu-central"}),
    ("/servers", {"name": "s", "server_type": "cx22", "image": "debian-12", "networks": [1001]}),
    ("/load_balancers", {"name": "l", "load_balancer_type": "lb11", "location": "fsn1"}),
    ("/load_balancers/1001/actions/add_service", {"protocol": "http"}),
)
FIELDS = {
    "name": st.sampled_from(["a", "b", "", "ä"]),
    "server_type": st.sampled_from(["cx22", 1, "none", None]),
    "image": st.sampled_from(["debian-12", 2, "windows"]),
    "location": st.sampled_from(["fsn1", "3", "moon"]),
    "load_balancer_type": st.sampled_from(["lb11", "lb21", 9]),
    "labels": st.sampled_from([{"a": "b"}, {"": ""}, {"a": 1}, []]),
    "type": st.sampled_from(
        ["server", "label_selector", "ip", "ipv4", "ipv6", "round_robin", "cloud", "managed"]
    ),
    "server": ID | st.fixed_dictionaries({"id": ID}),
    "label_selector": st.fixed_dictionaries({"selector": st.sampled_from(["a=b", "a in (b)", "(((", "!"])}),
    "ip": st.sampled_from(["10.0.1.5", "::1", "x", {"ip": "192.0.2.1"}, {"ip": "198.18.0.1"}]),
    "use_private_ip": st.booleans(),
    "network": ID | st.none(),
    "networks": st.lists(ID, max_size=2),
    "ip_range": st.sampled_from(["10.0.0.0/16", "10.0.1.0/30", "10.0.2.0/33", "8.8.8.0/24"]),
    "network_zone": st.sampled_from(["eu-central", "none"]),
    "subnets": st.sampled_from(
        [[], [{"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.1.0/29"}]]
    ),
    "protocol": st.sampled_from(["tcp", "http", "https", "udp"]),
    "listen_port": st.sampled_from([80, 443, 0, 70000]),
    "destination_port": st.sampled_from([30080, None]),
    "services": st.sampled_from([[], [{"protocol": "http"}], [{"protocol": "tcp"}]]),
    "public_interface": st.booleans(),
    "assignee_id": ID,
    "assignee_type": st.sampled_from(["server", "load_balancer"]),
    "auto_delete": st.booleans(),
    "home_location": st.just("fsn1"),
    "delete": st.booleans(),
    "dns_ptr": st.sampled_from(["x.example.org", None]),
    "destination": st.sampled_from(["10.9.0.0/16", "x"]),
    "gateway": st.sampled_from(["10.0.1.2", "9.9.9.9"]),
    "domain_names": st.lists(st.just("example.org"), max_size=1),
}
ALL = st.fixed_dictionaries(FIELDS)
REQUESTS = st.tuples(st.sampled_from(PATHS), ID, ID, ALL | st.fixed_dictionaries({}, optional=FIELDS))
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["page", "per_page", "sort", "label_selector", "name", "type"]),
        st.sampled_from(["1", "0", "id:desc", "a=b", "((", "bandwidth", "²"]),
    ),
    max_size=2,
)


def begun() -> HetznerApi:
    """A network, a server in it, and a balancer."""
    api = HetznerApi(CloudService(Clock(lambda: 0.0, 0.0)))
    for path, body in BEFORE:
        assert api.answer("POST", path, Request((), body)).status == 201
    return api


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (
            "/load_balancers/1001/actions/add_target",
            {"type": "label_selector", "label_selector": {"selector": "((("}},
            "invalid_input",
        ),
        ("/primary_ips/1003/actions/unassign", {}, "not_found"),
    ],
    ids=["a selector that is none", "the address of a balancer"],
)
def test_what_a_list_would_stumble_over_is_refused(path, body, code):
    """And a balancer is shown as before."""
    api = begun()
    before = api.answer("GET", "/load_balancers", Request())
    reply = api.answer("POST", path, Request((), body))
    assert reply.body["error"]["code"] == code
    assert api.answer("GET", "/load_balancers", Request()) == before


@settings(max_examples=150, deadline=None)
@given(st.lists(REQUESTS, min_size=5, max_size=30), QUERIES)
def test_no_request_breaks_what_comes_after(requests, query):
    """An error has a code and a message; nothing is left that a list stumbles over."""
    api = begun()
    for (method, path), first, second, body in requests:
        for number in (first, second):
            path = path.replace("{}", str(number), 1)
        reply = api.answer(method, path, Request((), body))
        assert reply.status < 500, (method, path, body, reply)
        if reply.status >= 400:
            assert reply.body["error"]["code"], reply
            assert reply.body["error"]["message"], reply
    for name in LISTS:
        assert api.answer("GET", f"/{name}", Request()).status == 200
        assert api.answer("GET", f"/{name}", Request(tuple(query))).status in (200, 422)
