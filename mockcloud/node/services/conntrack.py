"""The door to the kernel's connection tracking: the UDP flows of one family, read and removed by netlink."""

import asyncio
import logging
from collections.abc import Iterable
from socket import AF_INET, AF_INET6, IPPROTO_UDP
from typing import Final

from pyroute2 import NFCTSocket
from pyroute2.netlink import nlmsg_base
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nfnetlink.nfctsocket import NFCTAttrTuple

from mockcloud.node.services.decide.stale import Flow, Front, stale
from mockcloud.node.services.decide.views import Family, Target

LOG: Final = logging.getLogger(__name__)
REST_SECONDS: Final = 1.0  # as kube-proxy's least time between two syncs
FAMILIES: Final = {Family.IPV4: AF_INET, Family.IPV6: AF_INET6}


class Conntrack:
    """Forgets stale UDP flows, at most once a second: to list them takes its time."""

    def __init__(self) -> None:
        self._fronts: dict[Family, list[Front]] = {}
        self._wake = asyncio.Event()

    def forget(self, family: Family, fronts: list[Front]) -> None:
        """Soon, remove the flows to these fronts that none of their servers answers."""
        if fronts:
            self._fronts.setdefault(family, []).extend(fronts)
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._fronts = self._fronts, {}
            for family, fronts in wanted.items():
                await asyncio.to_thread(forget_stale, family, fronts)
            await asyncio.sleep(REST_SECONDS)


def forget_stale(family: Family, fronts: Iterable[Front]) -> None:
    """Remove the flows to these fronts that no server of theirs answers. It blocks."""
    with NFCTSocket(nfgen_family=FAMILIES[family]) as netlink:
        udp = NFCTAttrTuple(family=FAMILIES[family], proto=IPPROTO_UDP)
        flows = [_flow(family, message) for message in netlink.dump(tuple_orig=udp)]
        gone = stale(flows, fronts)
        for flow in gone:
            try:
                netlink.entry("del", tuple_orig=_tuple(family, flow))
            except NetlinkError as error:
                LOG.debug("%s: %s", flow, error)  # it has ended by itself
    if gone:
        LOG.info("%d UDP flows to endpoints that are gone are forgotten", len(gone))


def _tuple(family: Family, flow: Flow) -> NFCTAttrTuple:
    return NFCTAttrTuple(
        family=FAMILIES[family],
        proto=IPPROTO_UDP,
        saddr=flow.client.ip,
        daddr=flow.to.ip,
        sport=flow.client.port,
        dport=flow.to.port,
    )


def _flow(family: Family, message: nlmsg_base) -> Flow:
    client, to = _ends(family, message.get_attr("CTA_TUPLE_ORIG"))
    server, _ = _ends(family, message.get_attr("CTA_TUPLE_REPLY"))
    return Flow(client, to, server)


def _ends(family: Family, tuple_: nlmsg_base) -> tuple[Target, Target]:
    """Where packets of that direction come from, and where they go."""
    version = "V4" if family is Family.IPV4 else "V6"
    ip, transport = tuple_.get_attr("CTA_TUPLE_IP"), tuple_.get_attr("CTA_TUPLE_PROTO")
    source = Target(ip.get_attr(f"CTA_IP_{version}_SRC"), transport.get_attr("CTA_PROTO_SRC_PORT"))
    return source, Target(ip.get_attr(f"CTA_IP_{version}_DST"), transport.get_attr("CTA_PROTO_DST_PORT"))
