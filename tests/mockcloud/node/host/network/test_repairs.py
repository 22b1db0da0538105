"""What is done so that a node's network is as it shall be."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.host.network.repairs import Put, Remove, SetUp, repairs
from mockcloud.node.host.network.state import Address, Neighbour, Network, Protocol, Route

ADDRESS = Address("eth0", "192.168.10.11", 24)
LAN = Route("192.168.10.0/24", "", "eth0", "192.168.10.11", Protocol.KERNEL)
TO_2 = Route("10.244.2.0/24", "192.168.10.12", "eth0")
TO_POD = Route("10.244.1.2/32", "", "veth1", protocol=Protocol.STATIC)
POD = Neighbour("veth1", "10.244.1.2", "0a:58:0a:f4:01:02")
WANTED = Network(
    up=frozenset({"veth1"}),
    addresses=frozenset({ADDRESS}),
    routes=frozenset({LAN, TO_2, TO_POD}),
    neighbours=frozenset({POD}),
)
BOTH = frozenset({"eth0", "veth1"})
RIGHT = replace(WANTED, interfaces=BOTH, up=BOTH)


def test_nothing_is_done_where_all_is_right():
    """Other people's addresses and routes are no trouble."""
    others = replace(RIGHT, routes=RIGHT.routes | {Route("0.0.0.0/0", "192.168.10.1", "eth0", protocol=3)})
    assert list(repairs(WANTED, others)) == []


def test_an_empty_network_is_made_in_the_order_the_kernel_takes_it():
    """Links, addresses, neighbours; ranges on a link before those behind a gateway, which must be found."""
    empty = Network(interfaces=BOTH, up=frozenset({"eth0"}))
    assert list(repairs(WANTED, empty)) == [
        SetUp("veth1"),
        *(Put(ADDRESS), Put(POD)),
        *(Put(TO_POD), Put(LAN), Put(TO_2)),
    ]


def test_what_needs_a_link_waits_for_it():
    """Nothing is tried on an interface that is down by somebody's will, or gone."""
    assert list(repairs(WANTED, Network(interfaces=frozenset({"eth0"})))) == []
    assert list(repairs(WANTED, Network())) == []


def test_a_range_that_moved_is_replaced_and_one_without_a_node_removed():
    """Of what is not wanted only our own routes to gateways go."""
    moved, old = replace(TO_2, gateway="192.168.10.13"), Route("10.244.9.0/24", "192.168.10.19", "eth0")
    seen = replace(RIGHT, routes=RIGHT.routes | {old})
    wanted = replace(WANTED, routes=WANTED.routes - {TO_2} | {moved})
    assert list(repairs(wanted, seen)) == [Put(moved), Remove(old)]


def some(kind, **strategies):
    return st.frozensets(st.builds(kind, **strategies), max_size=3)


names = st.sampled_from(["eth0", "veth1", "veth2"])
networks = st.builds(
    Network,
    interfaces=st.frozensets(names),
    up=st.frozensets(names),
    addresses=some(
        Address, interface=names, ip=st.sampled_from(["192.0.2.1", "192.0.2.2"]), bits=st.just(24)
    ),
    routes=some(
        Route,
        destination=st.sampled_from(["10.0.0.0/24", "10.0.1.0/24"]),
        gateway=st.sampled_from(["", "192.0.2.9"]),
        interface=names,
        protocol=st.sampled_from(list(Protocol)),
    ),
    neighbours=some(Neighbour, interface=names, ip=st.just("10.0.0.1"), mac=st.sampled_from(["a", "b"])),
)


@given(networks, networks)
def test_repairs_lead_to_what_is_wanted(wanted, seen):
    """After them nothing more is to be done, and all that is wanted on links that are up is there."""
    seen = replace(seen, up=seen.up & seen.interfaces)
    mended = seen
    for repair in repairs(wanted, seen):
        mended = after(repair, mended)
    assert list(repairs(wanted, mended)) == []
    ways = {route.way for route in mended.routes}
    assert {route.way for route in wanted.routes if route.interface in mended.up} <= ways


def after(repair, network):
    """What the kernel makes of it."""
    match repair:
        case SetUp(interface):
            return replace(network, up=network.up | {interface})
        case Remove(route):
            return replace(network, routes=network.routes - {route})
        case Put(what):
            kind = next(field.name for field in fields(network) if field.name in PLACES[type(what)])
            return replace(network, **{kind: getattr(network, kind) | {what}})


PLACES = {Address: ("addresses",), Route: ("routes",), Neighbour: ("neighbours",)}
