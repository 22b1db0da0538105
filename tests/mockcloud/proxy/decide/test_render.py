"""The text itself, for people who review what a node is told."""

from ipaddress import ip_address, ip_network

from mockcloud.proxy.decide.ledger import Ledger
from mockcloud.proxy.decide.render import Renderer
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.views import (
    EndpointView,
    Family,
    NodeView,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    Target,
)

NODE = NodeView(
    "node-1",
    (ip_address("192.168.10.11"),),
    (ip_network("10.244.1.0/24"),),
    (ip_network("10.244.0.0/16"),),
    (ip_address("192.168.10.11"),),
)
KEY = ServiceKey("default", "web")
PORT = PortView("", Protocol.TCP, 80, 30080)
RENDERER = Renderer(Family.IPV4, NODE)


def part(*ips, **options):
    service = ServiceView(KEY, (ip_address("10.96.0.10"),), (PORT,), **options)
    found = [EndpointView(Target(ip, 8080), True, True, False, "node-2") for ip in ips]
    return service_rules(service, [(PORT, found)], NODE, Family.IPV4)


def test_a_new_service_is_chains_once_and_elements():
    """The first Service with one endpoint brings the chains that all such Services share."""
    script = RENDERER.change(Ledger().put(KEY, part("10.244.2.2")))
    assert script.text.splitlines() == [
        "add chain ip mockcloud pick-tcp-1",
        "add chain ip mockcloud internal-pick-tcp-1",
        "add chain ip mockcloud external-pick-tcp-1",
        "flush chain ip mockcloud pick-tcp-1",
        "add rule ip mockcloud pick-tcp-1 meta l4proto tcp dnat ip to "
        "ip daddr . tcp dport . numgen random mod 1 map @endpoints-tcp",
        "flush chain ip mockcloud internal-pick-tcp-1",
        "add rule ip mockcloud internal-pick-tcp-1 ip saddr != 10.244.0.0/16 jump mark-for-masquerade",
        "add rule ip mockcloud internal-pick-tcp-1 goto pick-tcp-1",
        "flush chain ip mockcloud external-pick-tcp-1",
        "add rule ip mockcloud external-pick-tcp-1 jump mark-for-masquerade",
        "add rule ip mockcloud external-pick-tcp-1 goto pick-tcp-1",
        "add element ip mockcloud cluster-ips { 10.96.0.10 }",
        "add element ip mockcloud endpoints-tcp "
        "{ 10.96.0.10 . 80 . 0 : 10.244.2.2 . 8080, 192.168.10.11 . 30080 . 0 : 10.244.2.2 . 8080 }",
        "add element ip mockcloud services { 10.96.0.10 . tcp . 80 : goto internal-pick-tcp-1, "
        "192.168.10.11 . tcp . 30080 : goto external-pick-tcp-1 }",
    ]


def test_a_second_service_is_elements_only():
    """Chains are shared: what another Service costs is its elements."""
    ledger = Ledger()
    ledger.put(KEY, part("10.244.2.2"))
    other = ServiceView(
        ServiceKey("default", "b"), (ip_address("10.96.0.11"),), (PortView("", Protocol.TCP, 80),)
    )
    found = [EndpointView(Target("10.244.2.3", 80), True, True, False, "node-2")]
    rules = service_rules(other, [(other.ports[0], found)], NODE, Family.IPV4)
    script = RENDERER.change(ledger.put(other.key, rules))
    assert script.text.splitlines() == [
        "add element ip mockcloud cluster-ips { 10.96.0.11 }",
        "add element ip mockcloud endpoints-tcp { 10.96.0.11 . 80 . 0 : 10.244.2.3 . 80 }",
        "add element ip mockcloud services { 10.96.0.11 . tcp . 80 : goto internal-pick-tcp-1 }",
    ]


def test_the_last_endpoint_gone_leaves_a_refusal():
    """From one endpoint to none: the address leads nowhere, and is refused; old chains are only emptied."""
    ledger = Ledger()
    ledger.put(KEY, part("10.244.2.2"))
    script = RENDERER.change(ledger.put(KEY, part()))
    assert script.retired == ("pick-tcp-1", "internal-pick-tcp-1", "external-pick-tcp-1")
    assert script.text.splitlines() == [
        "delete element ip mockcloud endpoints-tcp { 10.96.0.10 . 80 . 0, 192.168.10.11 . 30080 . 0 }",
        "delete element ip mockcloud services { 10.96.0.10 . tcp . 80, 192.168.10.11 . tcp . 30080 }",
        "add element ip mockcloud no-endpoints { 10.96.0.10 . tcp . 80 : goto refuse }",
        "add element ip mockcloud no-endpoints-of-node-ports { 192.168.10.11 . tcp . 30080 : goto refuse }",
        "flush chain ip mockcloud pick-tcp-1",
        "flush chain ip mockcloud internal-pick-tcp-1",
        "flush chain ip mockcloud external-pick-tcp-1",
    ]
    assert RENDERER.deletion(script.retired).splitlines()[0] == "delete chain ip mockcloud pick-tcp-1"


def test_names_stay_within_what_nft_takes():
    """The longest names that the API allows give names of at most 255 characters, all different."""
    key = ServiceKey("n" * 63, "s" * 63)
    port = PortView("p" * 63, Protocol.SCTP, 80)
    service = ServiceView(
        key, (ip_address("fd00:10:96::1"),), (port,), affinity_seconds=5, internal_local=True
    )
    ip = "fd00:1111:2222:3333:4444:5555:6666:7777"
    node = NodeView(
        "node-1", (ip_address("fd00:10::1"),), (ip_network("fd00:1111::/64"),), (ip_network("fd00::/16"),), ()
    )
    found = [EndpointView(Target(ip, 65535), True, True, False, "node-1")]
    text = Renderer(Family.IPV6, node).change(
        Ledger().put(key, service_rules(service, [(port, found)], node, Family.IPV6))
    )
    assert max(len(word) for word in text.text.split()) <= 255
