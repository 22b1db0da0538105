"""What keeps an address from working on the node that announces it."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.layer2.hindrances import ipv6_off, no_way_back
from baremetal_lb.model.addresses import AddressRange
from baremetal_lb.model.conflicts import Finding, FindingKind
from baremetal_lb.model.surroundings import Surroundings

VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")
POOL, POOL_6 = AddressRange(VIP, VIP), AddressRange(VIP_6, VIP_6)


@pytest.mark.parametrize(
    ("way_out", "strict", "kind"),
    [
        pytest.param("eth1", {"eth1", "eth2"}, None, id="by-the-interface-itself"),
        pytest.param("eth0", set(), None, id="by-another-and-no-filter"),
        pytest.param("eth0", {"eth1"}, None, id="by-another-and-one-takes-it"),
        pytest.param("eth0", {"eth1", "eth2"}, FindingKind.REVERSE_PATH, id="by-another-and-all-are-strict"),
        pytest.param(None, set(), FindingKind.NO_ROUTE, id="no-route"),
    ],
)
def test_the_way_back(way_out, strict, kind) -> None:
    """As the kernel's route and filter have it, for an address announced on eth1 and eth2."""
    around = Surroundings(strict=frozenset(strict), ways_out={POOL: way_out})
    found = no_way_back("node-1", VIP, ["eth2", "eth1"], around, POOL)
    assert (found.kind if found else None) is kind
    if found is not None:
        assert (found.owner, found.interface, found.way_out) == ("node-1", "eth1", way_out or "")


def test_what_is_not_known_is_no_complaint() -> None:
    """An address outside of pools, an entry that was not asked for, and IPv6, which has no such filter."""
    around = Surroundings(strict=frozenset({"eth1"}), ways_out={POOL_6: "eth0"})
    assert no_way_back("node-1", VIP, ["eth1"], around, None) is None
    assert no_way_back("node-1", VIP, ["eth1"], around, POOL) is None
    assert no_way_back("node-1", VIP_6, ["eth1"], around, POOL_6) is None


def test_ipv6_that_is_off() -> None:
    """Where that is why it is announced nowhere."""
    assert ipv6_off("node-1", VIP_6, []) is None
    assert ipv6_off("node-1", VIP_6, ["eth1", "eth0"]) == Finding(
        VIP_6, FindingKind.IPV6_OFF, "node-1", interface="eth0"
    )
