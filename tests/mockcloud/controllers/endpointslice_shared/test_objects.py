"""EndpointSlice objects and the values they are planned with."""

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port
from mockcloud.controllers.endpointslice_shared.objects import new_slice, parse_slice, updated_slice
from mockcloud.controllers.endpointslice_shared.plan import Slice

words = st.sampled_from(["", "a", "b"])
ports = st.builds(Port, words, st.integers(1, 65535), st.sampled_from(["TCP", "UDP"]), words)
targets = st.sampled_from([("", "", ""), ("ns", "p", "u")])
endpoints = st.builds(
    Endpoint,
    st.sampled_from(["10.0.0.1", "::1"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    words,
    words,
    words,
    targets,
    st.sampled_from([(), ("zone-a",)]),
    st.sampled_from([(), ("node-1", "node-2")]),
)


@given(st.sampled_from(["IPv4", "IPv6"]), st.lists(ports, max_size=3), st.lists(endpoints, max_size=3))
def test_what_is_written_is_read_back_the_same(family, some_ports, some_endpoints):
    """Else an unchanged slice would be written again and again."""
    content = Slice("", Group(family, tuple(sorted(some_ports))), tuple(some_endpoints), (("k", "v"),))
    body = new_slice(("ns", "web"), {"kind": "Service"}, content)
    body["metadata"]["name"] = "web-abc"
    assert parse_slice(body) == Slice("web-abc", content.group, content.endpoints, content.labels)
    assert parse_slice(updated_slice(body, content)) == parse_slice(body)


def test_an_update_keeps_the_version_that_was_decided_on():
    """So that a lost race is refused by the API, and decided anew."""
    present = {"metadata": {"name": "x", "resourceVersion": "7", "labels": {"old": ""}}, "endpoints": []}
    found = updated_slice(present, Slice("x", Group("IPv4", ()), (), (("new", ""),)))
    assert found["metadata"] == {"name": "x", "resourceVersion": "7", "labels": {"new": ""}}
