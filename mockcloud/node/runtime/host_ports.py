"""hostPort: what comes to a port of the node goes to a pod, as the network plugin `portmap` has it."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from mockcloud.node.pods.spec import PodSpec
from mockcloud.proxy.decide.views import Family
from mockcloud.proxy.guard import Guard
from mockcloud.proxy.nftables import Nft, NftError

LOG: Final = logging.getLogger(__name__)
TABLE: Final = "mockcloud-hostports"
_BEFORE_SERVICES: Final = -105  # their chains are at -100
REPAIR_SECONDS: Final = 0.1  # whoever damages the table may not be done yet
_ANY: Final = ("", "0.0.0.0", "::")
_LOCAL: Final = {Family.IPV4: "127.0.0.0/8", Family.IPV6: "::1"}


@dataclass(frozen=True, slots=True)
class Opening:
    """A port of the node by which the pod of that address is reached; `at` "": all addresses of the node."""

    protocol: str
    at: str
    port: int
    pod: str
    target: int

    @property
    def family(self) -> Family:
        return Family.IPV6 if ":" in self.pod else Family.IPV4


def openings(spec: PodSpec, ips: Sequence[str]) -> Iterator[Opening]:
    """Those of a pod with these addresses; none where its network is the node's."""
    if spec.dns.host_network:
        return
    lasting = (*spec.containers, *(one for one in spec.init_containers if one.stays))
    for port in (port for container in lasting for port in container.ports if port.host_port):
        for ip in ips:
            at = "" if port.host_ip in _ANY else port.host_ip
            if not at or ip_address(at).version == ip_address(ip).version:
                yield Opening(port.protocol.lower(), at, port.host_port, ip, port.port)


def table(family: Family, wanted: Iterable[Opening]) -> str:
    """The family's table anew, as one transaction; who has an address of his own comes before who has all."""
    own = f"{family} {TABLE}"
    mine = sorted((one for one in wanted if one.family is family), key=lambda one: (not one.at, one.port))
    if not mine:
        return f"add table {own}\ndelete table {own}\n"
    head = (
        f"add table {own}\ndelete table {own}\nadd table {own}\nadd chain {own} ports\n"
        f"add chain {own} prerouting {{ type nat hook prerouting priority {_BEFORE_SERVICES} ; }}\n"
        f"add chain {own} output {{ type nat hook output priority {_BEFORE_SERVICES} ; }}\n"
        f"add chain {own} postrouting {{ type nat hook postrouting priority srcnat ; }}\n"
        f"add rule {own} prerouting fib daddr type local jump ports\n"
        f"add rule {own} output fib daddr type local jump ports\n"
        f"add rule {own} postrouting ct status dnat {family} saddr {_LOCAL[family]} masquerade\n"
    )
    return head + "".join(dict.fromkeys(line for one in mine for line in _rules(own, one)))


def _rules(own: str, one: Opening) -> Iterator[str]:
    family = one.family
    at = f"{family} daddr {one.at} " if one.at else ""
    pod = f"[{one.pod}]" if family is Family.IPV6 else one.pod
    yield f"add rule {own} ports {at}{one.protocol} dport {one.port} dnat to {pod}:{one.target}\n"
    # The pod itself comes by another address, or the answer would not pass here.
    yield f"add rule {own} postrouting {family} saddr {one.pod} {family} daddr {one.pod} masquerade\n"


class HostPorts:
    """Those of all pods of the node."""

    def __init__(self, nft: Nft) -> None:
        """By an `nft` that nobody else uses: what others do is told from our doing by its socket."""
        self._nft = nft
        self._of_pods: dict[str, tuple[Opening, ...]] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled: what others change in the table is undone."""
        if not self._nft.one_socket:
            return  # the proxy's guard has said that it is not to be had without libnftables
        with Guard(self._nft, (TABLE,), self._wake.set) as guard:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if guard.damaged():
                    LOG.warning("somebody else changed table %s: loading it again", TABLE)
                    await asyncio.sleep(REPAIR_SECONDS)
                    self._load()

    def open(self, uid: str, wanted: Iterable[Opening], interface: str) -> None:
        """The pod is there, behind that interface of the node's."""
        if found := tuple(wanted):
            # What the node sends to its own loopback address goes to the pod, too.
            Path(f"/proc/sys/net/ipv4/conf/{interface}/route_localnet").write_text("1")
            self._of_pods[uid] = found
            self._load()

    def close(self, uid: str) -> None:
        """It is gone."""
        if self._of_pods.pop(uid, None):
            self._load()

    def _load(self) -> None:
        wanted = [one for several in self._of_pods.values() for one in several]
        for family in Family:
            try:
                self._nft.run(table(family, wanted))
            except NftError as error:
                LOG.error("hostPort: the %s table cannot be loaded: %s", family, error)
