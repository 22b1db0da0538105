"""Network namespaces, and sockets in them."""

import os
import socket
import subprocess
from ipaddress import ip_address

import pytest

from mockcloud.lab.namespaces import early_socket, in_network_namespace, new_network_namespace
from testkit.lan import Lan, NamespaceError

pytestmark = pytest.mark.netns


@pytest.fixture
def lan():
    """A place where networks can be made."""
    try:
        made = Lan.of("alone")
    except (NamespaceError, OSError) as error:
        pytest.skip(f"no network namespaces to be had: {error}")
    with made:
        yield made


def test_a_socket_speaks_from_the_address_that_it_was_made_for(lan):
    """Made before any interface had it, on a host that has other addresses by then."""

    def answered():
        with early_socket(ip_address("192.0.2.1"), 5300, stream=False) as server:
            for words in ("link set lo up", "addr add 192.0.2.1/32 dev lo", "addr add 192.0.2.9/32 dev lo"):
                subprocess.run(["ip", *words.split()], check=True)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                asker.settimeout(60)
                asker.bind(("192.0.2.9", 0))
                asker.sendto(b"who", ("192.0.2.1", 5300))
                server.settimeout(60)
                server.sendto(b"me", server.recvfrom(16)[1])
                return asker.recvfrom(16)

    def in_a_network_of_its_own():
        fresh = new_network_namespace()  # the other one has had addresses
        try:
            return in_network_namespace(fresh, answered)
        finally:
            os.close(fresh)

    assert lan.run("alone", in_a_network_of_its_own) == (b"me", ("192.0.2.1", 5300))
