"""A node and a client on one wire: two network namespaces, joined by a veth pair."""

from collections.abc import Iterator

import pytest

from baremetal_lb.link.packet_socket import PacketSocket
from baremetal_lb.model.interfaces import Interface
from bench.arp.lan import Lan, NamespaceError
from tests.fakes.neighbour import Neighbour


class Wire:
    """The two ends, and the node's packet sockets."""

    def __init__(self, lan: Lan) -> None:
        self.lan = lan
        self.node = Interface(2, "eth0", lan.mac("node", "eth0"))
        self.client = Neighbour(lan, "client")

    def open_socket(self, interface: Interface) -> PacketSocket:
        """PacketSocket.open as it goes on the node."""
        opened = self.lan.open("node", lambda: PacketSocket.open(interface).detach())
        opened.setblocking(False)
        return PacketSocket(opened)


@pytest.fixture
def wire() -> Iterator[Wire]:
    try:
        lan = Lan.of("node", "client")
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with lan:
        lan.connect(("node", "eth0"), ("client", "eth0"))
        made = Wire(lan)
        yield made
        made.client.close()
