"""A host on the LAN that asks for IPv6 addresses, and reads every answer with scapy."""

import asyncio
import time
from ipaddress import IPv6Address

from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    in6_chksum,
)
from scapy.layers.l2 import Ether

from testkit.lan import Lan

ETH_P_IPV6 = 0x86DD


def group_of(target: str) -> tuple[str, str]:
    """The solicited-node group of an address, and the MAC of that."""
    tail = IPv6Address(target).packed[13:]
    return str(IPv6Address(bytes.fromhex("ff0200000000000000000001ff") + tail)), f"33:33:ff:{tail.hex(':')}"


class Solicitor:
    """One interface of one host of a Lan. Its methods wait for frames, never longer than told."""

    def __init__(self, lan: Lan, host: str, interface: str = "eth0") -> None:
        self.mac = lan.mac(host, interface).hex(":")
        self.socket = lan.packet_socket(host, interface, ETH_P_IPV6)
        self.socket.setblocking(False)

    def close(self) -> None:
        self.socket.close()

    def forget(self) -> None:
        """Drop what has been received so far."""
        while True:
            try:
                self.socket.recv(2048)
            except BlockingIOError:
                return

    def send(self, frame: Ether) -> None:
        self.socket.send(bytes(frame))

    def question(
        self, target: str, source: str = "fe80::64", to_mac: str = "", to: str = "", option: bool = True
    ) -> Ether:
        """A solicitation: to the target's group unless told; the option gives our MAC."""
        group, group_mac = group_of(target)
        frame = (
            Ether(src=self.mac, dst=to_mac or group_mac)
            / IPv6(src=source, dst=to or group, hlim=255)
            / ICMPv6ND_NS(tgt=target)
        )
        return frame / ICMPv6NDOptSrcLLAddr(lladdr=self.mac) if option else frame

    async def next_frame(self, timeout: float) -> Ether | None:
        """The next IPv6 frame, or None where none comes in time."""
        try:
            async with asyncio.timeout(timeout):
                return Ether(await asyncio.get_running_loop().sock_recv(self.socket, 2048))
        except TimeoutError:
            return None

    async def advertisements(self, target: str, count: int, timeout: float) -> list[Ether]:
        """At most `count` advertisements of an address, as many as come in time."""
        end, got = time.monotonic() + timeout, []
        while len(got) < count and (frame := await self.next_frame(max(0.0, end - time.monotonic()))):
            if ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == str(IPv6Address(target)):
                assert in6_chksum(58, frame[IPv6], bytes(frame[IPv6].payload)) == 0
                got.append(frame)
        return got

    async def answer_to(self, frame: Ether, timeout: float = 5.0) -> Ether | None:
        """Send a solicitation; the first advertisement of its target, or None."""
        self.forget()
        self.send(frame)
        return next(iter(await self.advertisements(frame[ICMPv6ND_NS].tgt, 1, timeout)), None)

    async def who_has(self, target: str, timeout: float = 5.0) -> str | None:
        """The MAC that answers for an address, or None where nobody does in time."""
        reply = await self.answer_to(self.question(target), timeout)
        return str(reply[ICMPv6NDOptDstLLAddr].lladdr) if reply else None

    async def sees_owner(self, target: str, mac: str | None, within: float) -> bool:
        """Whether the address is answered for by `mac` (None: by nobody) before the time is over."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if await self.who_has(target, 0.5) == mac:
                return True
        return False
