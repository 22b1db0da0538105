"""A node and a client on one wire: two network namespaces, joined by a veth pair."""

from collections.abc import Iterator

import pytest

from baremetal_lb.link.groups import group_socket
from baremetal_lb.link.packet_socket import ARP, PacketSocket, Wanted
from baremetal_lb.link.ports import Sockets
from baremetal_lb.model.interfaces import Interface
from testkit.lan import Lan, NamespaceError
from tests.fakes.neighbour import Neighbour
from tests.fakes.solicitor import Solicitor


class Wire:
    """The two ends, and the node's packet sockets."""

    def __init__(self, lan: Lan) -> None:
        self.lan = lan
        self.opened: list[PacketSocket] = []
        self.node = self.interface("eth0")
        self.client = Neighbour(lan, "client")
        self.client_6 = Solicitor(lan, "client")
        self.sockets = Sockets(self.open_socket, lambda: lan.open("node", group_socket))

    def interface(self, name: str) -> Interface:
        """One of the node's, as the kernel describes it."""
        return Interface(self.lan.index("node", name), name, self.lan.mac("node", name))

    def open_socket(self, interface: Interface, wanted: Wanted = ARP) -> PacketSocket:
        """PacketSocket.open as it goes on the node."""
        opened = self.lan.open("node", lambda: PacketSocket.open(interface, wanted).detach())
        opened.setblocking(False)
        self.opened.append(PacketSocket(opened))
        return self.opened[-1]


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
        made.client_6.close()
        for socket in made.opened:
            socket.close()
