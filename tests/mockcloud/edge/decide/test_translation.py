"""What nftables holds; what packets do with it is in tests/e2e/test_cloud.py."""

from ipaddress import ip_address, ip_network

from mockcloud.cloud.core.forwarding import Speaks
from mockcloud.edge.decide.guards import Guards
from mockcloud.edge.decide.translation import NOTHING, Surroundings, change, contents, loaded, mark_of
from tests.mockcloud.edge.decide.ports import backend, port, translated

WHERE = Surroundings("eth0", "eth1", ip_network("10.0.0.0/16"), (ip_address("10.0.0.10"), 6443))
A, B = backend(1), backend(2)
KEY = "198.18.0.4 . tcp . 80"


def held(ports, instances=None, guards=None):
    return contents(ports, instances or {}, guards or Guards())


def test_a_port_is_a_few_elements():
    """Where packets go that are for it: to a chain for so many targets, each of which has an index."""
    one = translated(A, B, keeps_client=True)
    found = held([one])
    assert found["ports"] == {KEY: "goto flow-2-tcp-3600"}
    assert found["targets"] == {f"{KEY} . 0": "10.0.0.1 . 30080", f"{KEY} . 1": "10.0.0.2 . 30080"}
    assert found["marks"] == {KEY: str(mark_of(one.forwarding))}


def test_whoever_keeps_the_client_address_cannot_ask_itself():
    """As in AWS: a target's own packets would come back to it as its own."""
    found = held([translated(A, keeps_client=True)])
    assert found["itself"] == {"10.0.0.1 . 10.0.0.1": ""}
    assert list(found["keeping"]) == list(found["marks"].values())
    assert found["sources"] == {}


def test_else_targets_see_the_balancer():
    """By its address in the network."""
    found = held([translated(backend(1, source=ip_address("10.0.1.2")))])
    assert list(found["sources"].values()) == ["10.0.1.2"]
    assert found["keeping"] == found["itself"] == {}


def test_by_client_alone():
    """Who is to stay with one target is told apart by the address, not by the flow."""
    found = held([translated(A, B, sticks_to_source=True)])
    assert found["ports"] == {KEY: "goto source-2-tcp-3600"}


def test_udp():
    """Another protocol, at the same number."""
    found = held([translated(A, speaks=Speaks.UDP), translated(A)])
    assert set(found["ports"]) == {KEY, "198.18.0.4 . udp . 80"}


def test_left_out():
    """What is proxied is another's; a port without targets is as if nobody listened there."""
    assert held([port(A), translated(A, takers=())]) == NOTHING


def test_public_addresses_of_instances():
    """In by the one, out by the same."""
    found = held([], {ip_address("198.18.0.1"): ip_address("10.0.0.1")})
    assert (found["instances"], found["publics"]) == ({"198.18.0.1": "10.0.0.1"}, {"10.0.0.1": "198.18.0.1"})


def test_a_change_is_what_changed():
    """A target that goes leaves the others' elements alone; nothing is said where nothing changed."""
    before, after = held([translated(A, B)]), held([translated(A)])
    said = change(before, after).splitlines()
    assert f"delete element ip mockcloud-edge targets {{ {KEY} . 1 }}" in said
    assert f"add element ip mockcloud-edge ports {{ {KEY} : goto flow-1-tcp-3600 }}" in said
    assert not any("10.0.0.1" in line for line in said)
    assert change(after, after) == ""


def test_all_of_it_at_first():
    """Whatever table an earlier edge left is replaced by a whole one."""
    said = loaded(held([translated(A)]), WHERE).splitlines()
    assert said[:3] == [
        "add table ip mockcloud-edge",
        "delete table ip mockcloud-edge",
        "add table ip mockcloud-edge {",
    ]
    assert any("goto flow-1-tcp-3600" in line for line in said)


def test_groups_stand_before_addresses():
    """A chain for each set of groups, and a way to it from each address; a rule more is the chain anew."""
    before = held([], guards=Guards({"groups-1": ("drop",)}, {ip_address("10.0.0.1"): "groups-1"}))
    after = held(
        [], guards=Guards({"groups-1": ("tcp dport 80 accept", "drop")}, {ip_address("10.0.0.1"): "groups-1"})
    )
    assert before["guarded"] == {"10.0.0.1": "goto groups-1"}
    assert change(before, after).splitlines() == [
        "add chain ip mockcloud-edge groups-1",
        "flush chain ip mockcloud-edge groups-1",
        "add rule ip mockcloud-edge groups-1 tcp dport 80 accept",
        "add rule ip mockcloud-edge groups-1 drop",
    ]
    assert change(before, NOTHING).splitlines() == [
        "delete element ip mockcloud-edge guarded { 10.0.0.1 }",
        "flush chain ip mockcloud-edge groups-1",
    ]


def test_silent_connections_are_forgotten():
    """After as long as the port says, each protocol by itself; limits come before chains that set them."""
    found = held([translated(A, idle=350.0), translated(A, speaks=Speaks.UDP, idle=120.0)])
    assert found["idle"] == {
        "tcp-350": "protocol tcp ; l3proto ip ; policy = { established : 350 } ;",
        "udp-120": "protocol udp ; l3proto ip ; policy = { unreplied : 120, replied : 120 } ;",
    }
    assert found["chains"]["flow-1-tcp-350"].startswith('ct timeout set "tcp-350"')
    said = change(NOTHING, found)
    assert said.index("add ct timeout ip mockcloud-edge tcp-350") < said.index("add chain")
