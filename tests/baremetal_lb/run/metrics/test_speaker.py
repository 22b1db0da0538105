"""What /metrics says of a speaker's counts."""

from ipaddress import ip_address

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from baremetal_lb.decide.eligibility import Speaker
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.layer2.responder.responder import DropReason
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.ports import Ports
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import ServiceStatus, ServiceView
from baremetal_lb.run.metrics.speaker import SpeakerMetrics

V4, V6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")
WEB = ObjectKey("shop", "web")
POOLS = 'address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.0/24, "2001:db8::/64"]}]'


@pytest.fixture
def ownership() -> Ownership:
    made = Ownership(Speaker("node-1"))
    made.see_pools(parse_config(POOLS))
    made.see_node("node-1", NodeView("node-1"))
    status = ServiceStatus((V4, V6))
    made.see_service(None, ServiceView(WEB, "uid", "1", "", is_load_balancer=True, status=status))
    made.see_slice(None, SliceView(ObjectKey("shop", "web-a"), WEB, frozenset({"node-1"})))
    return made


@pytest.fixture
def ports() -> Ports:
    made = Ports(ResponderProcess())
    made.change([V4, V6], [])
    return made


def scrape(ownership: Ownership, ports: Ports) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    registry = CollectorRegistry()
    registry.register(SpeakerMetrics(ownership, ports, lambda: 5))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_announced_addresses_are_told_with_metallbs_labels(ownership: Ownership, ports: Ports) -> None:
    """One series an address, by ip, node, protocol and service; none once it is not announced any more."""
    ownership.decide()
    name = "metallb_speaker_announced"
    expected = {(name, str(each), "node-1", "layer2", "shop/web"): 1.0 for each in (V4, V6)}
    assert {key: value for key, value in scrape(ownership, ports).items() if key[0] == name} == expected
    ownership.see_links(())
    ownership.decide()
    assert not [key for key in scrape(ownership, ports) if key[0] == name]


def test_counts_of_an_address_are_told_and_go_with_it(ownership: Ownership, ports: Ports) -> None:
    """Received are those that were to be answered, sent those that were; the names are MetalLB's own."""
    tally = ports.tallies[V4]
    tally.answered, tally.unsent, tally.shouted = 7, 2, 10
    seen = scrape(ownership, ports)
    assert seen["metallb_layer2_requests_received", str(V4)] == 7
    assert seen["metallb_layer2_responses_sent", str(V4)] == 5
    assert seen["metallb_layer2_gratuitous_sent", str(V4)] == 10
    assert seen["metallb_layer2_requests_received", str(V6)] == 0
    ports.change([], [V4])
    assert [key for key in scrape(ownership, ports) if str(V4) in key] == []


def test_drops_are_told_by_protocol_and_reason(ownership: Ownership, ports: Ports) -> None:
    """Every reason is there from the beginning, so that a rate can be taken of it."""
    ports.arp_drops[DropReason.NOT_OURS] = 3
    ports.ndp_drops[DropReason.CHECKSUM] = 4
    name = "baremetal_lb_speaker_requests_dropped_total"
    drops = {key[1:]: value for key, value in scrape(ownership, ports).items() if key[0] == name}
    assert drops["arp", "announceIP"] == 3
    assert drops["ndp", "checksum"] == 4
    assert drops["any", "leaseOver"] == 5
    assert {reason for protocol, reason in drops if protocol == "ndp"} == set(DropReason)
