"""A node's interfaces as text, and back; nothing of it is taken on trust."""

import json
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.reports.interfaces_text import LIMIT, read, write
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.reports import Unusable

TOLD = NodeInterfaces(
    "node-1",
    (
        NodeInterface(
            "eth0", bytes([2, 0, 0, 0, 0, 1]), (ip_address("192.0.2.1"), ip_address("2001:db8::1"))
        ),
        NodeInterface("lo", b"", (ip_address("192.0.2.7"),)),
    ),
    running=False,
)


def test_what_is_written_is_read():
    """Both ways, and equal values have equal texts."""
    assert read(write(TOLD), "node-1") == TOLD
    assert write(TOLD) == write(TOLD)


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        pytest.param({"version": 2}, "version 2; expected 1", id="version"),
        pytest.param({"node": "node-2"}, "speaks of node 'node-2'; expected 'node-1'", id="of-another-node"),
        pytest.param({"running": "yes"}, "running: Input should be a valid boolean", id="no-boolean"),
        pytest.param(
            {"interfaces": [{"name": "a b"}]},
            "interfaces.0.name: String should match pattern '^[!-~]{1,15}$'",
            id="odd-name",
        ),
    ],
)
def test_what_is_odd_is_refused_with_the_reason(change, detail):
    """The object may come from a stolen node."""
    found = read(json.dumps({**json.loads(write(TOLD)), **change}), "node-1")
    assert isinstance(found, Unusable)
    assert found.detail == detail


def test_what_is_too_long_is_not_looked_at():
    """Nor is an address taken that is none."""
    found = read(" " * (LIMIT + 1), "node-1")
    assert isinstance(found, Unusable)
    document = json.loads(write(TOLD))
    document["interfaces"][1]["addresses"] = ["junk", "192.0.2.7"]
    assert read(json.dumps(document), "node-1") == TOLD
