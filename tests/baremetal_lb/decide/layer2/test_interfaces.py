"""Which interfaces answer."""

from dataclasses import replace

import pytest

from baremetal_lb.decide.layer2.interfaces import Silent, why_silent
from baremetal_lb.model.interfaces import Interface

FIT = Interface(2, "eth0", bytes(6))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({}, None, id="fit"),
        pytest.param({"name": "br0.100"}, None, id="vlan-of-a-bridge"),
        pytest.param({"name": "myveth"}, None, id="excluded-name-inside-another"),
        pytest.param({"up": False}, Silent.DOWN, id="down"),
        pytest.param({"carrier": False}, Silent.NO_CARRIER, id="cable-out"),
        pytest.param({"enslaved": True}, Silent.ENSLAVED, id="bridge-port"),
        pytest.param({"noarp": True}, Silent.NO_ARP, id="noarp"),
        pytest.param({"broadcast": False}, Silent.NO_BROADCAST, id="point-to-point"),
        pytest.param({"mac": b""}, Silent.NO_MAC, id="tunnel"),
        pytest.param({"name": "veth12ab"}, Silent.EXCLUDED, id="veth"),
        pytest.param({"name": "lo"}, Silent.EXCLUDED, id="loopback"),
        pytest.param({"name": "lot"}, None, id="only-lo-itself"),
        pytest.param({"name": "docker0", "up": False}, Silent.EXCLUDED, id="first-of-two-reasons"),
    ],
)
def test_interface_that_does_not_answer_has_a_reason(change: dict, why: Silent | None) -> None:
    """Each reason is its own, and the default list of names is MetalLB's."""
    assert why_silent(replace(FIT, **change)) is why
