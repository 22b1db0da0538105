"""Where a Service's endpoints serve."""

import pytest

from baremetal_lb.model.nodes import SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import PortName

HTTP, DNS = PortName("http", "TCP"), PortName("dns", "UDP")


@pytest.mark.parametrize(
    ("listened", "asked", "serves"),
    [
        pytest.param({HTTP}, {HTTP}, True, id="same"),
        pytest.param({HTTP}, {DNS, HTTP}, True, id="one-of-them"),
        pytest.param({HTTP}, {DNS}, False, id="another"),
        pytest.param({HTTP}, {PortName("http", "UDP")}, False, id="other-protocol"),
        pytest.param(None, {DNS}, True, id="ports-not-known"),
        pytest.param({HTTP}, set(), True, id="service-without-ports"),
    ],
)
def test_a_slice_serves_a_port_by_name_and_protocol(listened, asked, serves):
    """As kube-proxy joins them."""
    ports = None if listened is None else frozenset(listened)
    found = SliceView(ObjectKey("d", "s-1"), ObjectKey("d", "s"), frozenset({"node-1"}), ports)
    assert found.serving_for(frozenset(asked)) == ({"node-1"} if serves else set())
