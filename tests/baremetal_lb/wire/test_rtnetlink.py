"""The kernel's messages, as pyroute2 reads the same bytes."""

import errno
import socket
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2 import IPRoute
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from baremetal_lb.model.interfaces import HERE
from baremetal_lb.wire.rtnetlink import (
    Kind,
    Message,
    address,
    failure,
    link,
    listing,
    messages,
    route_question,
    way_out,
)
from testkit.lan import Lan


def answers(question: bytes, *, many: bool) -> bytes:
    """What the kernel of this namespace says, as it came."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as opened:
        opened.settimeout(60)
        opened.send(question)
        told = opened.recv(65536)
        while many and not any(each.kind == Kind.DONE for each in messages(told)):
            told += opened.recv(65536)
        return told


def on_a_node(act):
    """What `act` gives back on a node with a cable, a bridge, a macvlan and addresses of both families."""

    def build_and_act():
        with IPRoute() as ip:
            eth0 = ip.link_lookup(ifname="eth0")[0]
            ip.link("add", ifname="br9", kind="bridge", state="up")
            ip.link("add", ifname="mv9", kind="macvlan", link=eth0, macvlan_mode="bridge")
            ip.addr("add", index=eth0, address="192.0.2.7", prefixlen=24)
            ip.addr("add", index=eth0, address="2001:db8::7", prefixlen=64)
            ip.route("add", dst="198.51.100.0/24", gateway="192.0.2.1")
            ip.route("add", dst="203.0.113.0/24", type="blackhole")
            return act(eth0, ip.link_lookup(ifname="mv9")[0])

    with Lan.of("client", "node") as lan:
        lan.connect(("client", "eth0"), ("node", "eth0"))
        return lan.run("node", build_and_act)


@pytest.mark.netns
def test_links_are_what_pyroute2_says_they_are() -> None:
    """Of each: number, name, MAC, flags, whose it is, and on which other it stands."""

    def look(eth0, mv9):
        told = answers(listing(Kind.GET_LINK), many=True)
        ours = [link(each) for each in messages(told) if each.kind == Kind.NEW_LINK]
        theirs = [each for each in MarshalRtnl().parse(told) if each["header"]["type"] == Kind.NEW_LINK]
        ethernet = {each["index"]: each["ifi_type"] == 1 for each in theirs}
        return (
            [
                (each.index, each.name, each.mac.hex(":"), each.up, each.broadcast, each.noarp)
                for each in ours
            ],
            [
                (
                    each["index"],
                    each.get("ifname"),
                    each.get("address") if ethernet[each["index"]] else "",
                    *(bool(each["flags"] & bit) for bit in (0x1, 0x2, 0x80)),
                )
                for each in theirs
            ],
            [(each.lower, each.enslaved) for each in ours if each.name == "mv9"],
            eth0,
        )

    ours, theirs, standing, eth0 = on_a_node(look)
    assert ours == theirs
    assert len(ours) >= 4
    assert standing == [((eth0, HERE), False)]


@pytest.mark.netns
def test_addresses_are_what_pyroute2_says_they_are() -> None:
    """Both families, by the interface's number."""

    def look(_eth0, _mv9):
        told = answers(listing(Kind.GET_ADDRESS), many=True)
        ours = [address(each) for each in messages(told) if each.kind == Kind.NEW_ADDRESS]
        theirs = [each for each in MarshalRtnl().parse(told) if each["header"]["type"] == Kind.NEW_ADDRESS]
        return (
            [(each.index, str(each.address), each.usable) for each in ours],
            [(each["index"], each.get("IFA_LOCAL") or each.get("IFA_ADDRESS"), True) for each in theirs],
        )

    ours, theirs = on_a_node(look)
    assert ours == theirs
    assert {"192.0.2.7", "2001:db8::7"} <= {text for _, text, _ in ours}


@pytest.mark.netns
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param("192.0.2.200", "eth0", id="on-link"),
        pytest.param("198.51.100.3", "eth0", id="by-a-gateway"),
        pytest.param("2001:db8::200", "eth0", id="ipv6"),
        pytest.param("192.0.2.7", None, id="the-nodes-own"),
        pytest.param("203.0.113.9", -errno.EINVAL, id="a-black-hole"),
        pytest.param("192.0.3.1", -errno.ENETUNREACH, id="no-route"),
    ],
)
def test_the_way_out_is_the_kernels(asked, expected) -> None:
    """The interface's number; None where the route is of another type; the errno where there is none."""

    def look(eth0, _mv9):
        (told,) = messages(answers(route_question(ip_address(asked)), many=False))
        number = failure(told)
        return eth0, -number if number else way_out(told)

    eth0, found = on_a_node(look)
    assert found == (eth0 if expected == "eth0" else expected)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_messages_end(data: bytes) -> None:
    """Nothing is read beyond what came, and each message is shorter than it."""
    told = list(messages(data))
    assert sum(len(each.body) + 16 for each in told) <= len(data)
    assert all(isinstance(failure(each), int) for each in told)


@given(st.binary(max_size=64))
def test_attributes_that_overrun_are_left_out(rest: bytes) -> None:
    """The fixed part stands: number and flags of an interface whose attributes are cut short."""
    fixed = struct.pack("=BxHiII", socket.AF_UNSPEC, 1, 7, 0x3, 0)
    seen = link(Message(Kind.NEW_LINK, 0, fixed + rest))
    assert seen is None or (seen.index, seen.up, seen.broadcast) == (7, True, True)


def test_a_bridges_message_about_its_port_describes_no_interface() -> None:
    """It is of family AF_BRIDGE, and lacks what the port's own has."""
    assert link(Message(Kind.DELETED_LINK, 0, bytes([socket.AF_BRIDGE]) + bytes(15))) is None
