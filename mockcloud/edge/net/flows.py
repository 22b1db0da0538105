"""Forgets UDP flows to targets that are gone: the kernel would send what follows to them for ever."""

import logging
import socket
from typing import Final

from mockcloud.edge.decide.stale_flows import Servers, stale
from mockcloud.proxy.conntrack import NETLINK_NETFILTER, READ, listed
from mockcloud.proxy.decide import tracking
from mockcloud.proxy.decide.views import Family

LOG: Final = logging.getLogger(__name__)
ANSWER_SECONDS: Final = 5.0


def forget(before: Servers, after: Servers) -> None:
    """Those that nobody may answer any more. OSError where the kernel does not answer."""
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, NETLINK_NETFILTER) as netlink:
        netlink.settimeout(ANSWER_SECONDS)
        gone = stale(listed(netlink, Family.IPV4), before, after)
        for flow in gone:
            netlink.send(tracking.removal(Family.IPV4, flow))
            netlink.recv(READ)  # refused only where it has ended by itself
    if gone:
        LOG.info("%d UDP flows to targets that are gone are forgotten", len(gone))
