"""Messages as the kernel (6.18) wrote them."""

import pytest

from mockcloud.node.host.network.rtnetlink import (
    HEADER,
    Kind,
    Message,
    messages,
    network,
    request,
    tells_of_loss,
    tells_of_settings,
)
from mockcloud.node.host.network.state import Address, Neighbour, Network, Protocol, Route

LINK_UP = "00000100030000004310010000000000 0900030065746830 00000000 08000d00e8030000"
LINK_DOWN = "00000100040000000210000000000000 09000300657468 3100000000"
ADDRESS = "0218800003000000 08000100c0a80a0b 08000200c0a80a0b 0900030065746830 00000000"
ADDRESS_6 = "0a40820003000000 14000100fd000010000000000000000000000011 0800080082000000"
VIA = "02180000fe6d000100000000 08000f00fe000000 080001000af40200 08000500c0a80a0c 0800040003000000"
CONNECTED = "02180000fe02fd0100000000 08000100c0a80a00 08000700c0a80a0b 0800040003000000"
DEFAULT_6 = "0a000000fe04000100000000 14000500fd000010000000000000000000000001 0800040003000000"
LOCAL_TABLE = "02200000ff02fe0200000000 08000100c0a80a0b 0800040003000000"
PERMANENT = "020000000300000080000001 080001000af40102 0a0002000a580af401020000"
FOUND_OUT = "020000000300000002000001 08000100c0a80a0c 0a0002000a580af401020000"
OF_A_BRIDGE = "070000000300000080000001 0a0002000a580af401020000"


def message(kind, text):
    return Message(kind, bytes.fromhex(text))


def test_a_network_is_read():
    """Links by name, what is up, addresses, ranges of the main table, neighbours written down for good."""
    found = [
        *(message(Kind.NEW_LINK, text) for text in (LINK_UP, LINK_DOWN)),
        *(message(Kind.NEW_ADDRESS, text) for text in (ADDRESS, ADDRESS_6)),
        *(message(Kind.NEW_ROUTE, text) for text in (VIA, CONNECTED, DEFAULT_6, LOCAL_TABLE)),
        *(message(Kind.NEW_NEIGHBOUR, text) for text in (PERMANENT, FOUND_OUT, OF_A_BRIDGE)),
    ]
    assert network(found) == Network(
        interfaces=frozenset({"eth0", "eth1"}),
        up=frozenset({"eth0"}),
        addresses=frozenset({Address("eth0", "192.168.10.11", 24), Address("eth0", "fd00:10::11", 64)}),
        routes=frozenset(
            {
                Route("10.244.2.0/24", "192.168.10.12", "eth0", protocol=Protocol.OURS),
                Route("192.168.10.0/24", "", "eth0", "192.168.10.11", Protocol.KERNEL),
                Route("::/0", "fd00:10::1", "eth0", protocol=Protocol.STATIC),
            }
        ),
        neighbours=frozenset({Neighbour("eth0", "10.244.1.2", "0a:58:0a:f4:01:02")}),
    )


@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        pytest.param(Kind.NEW_LINK, True, id="a-link-went-down-or-up"),
        pytest.param(Kind.DELETED_ADDRESS, True, id="address-deleted"),
        pytest.param(Kind.DELETED_ROUTE, True, id="route-deleted"),
        pytest.param(Kind.DELETED_NEIGHBOUR, True, id="neighbour-deleted"),
        pytest.param(Kind.NEW_SETTING, True, id="setting-changed"),
        pytest.param(Kind.NEW_ROUTE, False, id="route-added"),
        pytest.param(Kind.NEW_NEIGHBOUR, False, id="neighbour-found"),
        pytest.param(Kind.NEW_ADDRESS, False, id="address-added"),
    ],
)
def test_news_by_which_something_may_be_gone(kind, loss):
    """What others add costs no look."""
    news = HEADER.pack(HEADER.size + 4, kind, 0, 0, 0) + bytes(4)
    harmless = HEADER.pack(HEADER.size + 1, Kind.NEW_ADDRESS, 0, 0, 0) + bytes(4)  # padded to four bytes
    assert tells_of_loss(harmless + news) is loss
    assert tells_of_settings(harmless + news) is (kind == Kind.NEW_SETTING)


@pytest.mark.parametrize(
    "data", [b"", bytes(64), HEADER.pack(8, 16, 0, 0, 0), HEADER.pack(99, 16, 0, 0, 0)[:9]]
)
def test_what_is_cut_or_empty_ends_the_reading(data):
    """Nothing is read twice, and nothing for ever."""
    assert [one for one in messages(data) if one.kind == Kind.NEW_LINK] == []


def test_a_request_asks_for_all_of_a_kind():
    """As netlink(7) has it: a dump."""
    asked = request(Kind.GET_ROUTE)
    assert HEADER.unpack_from(asked) == (len(asked), 26, 0x301, 1, 0)
