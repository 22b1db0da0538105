"""A host on the LAN as a test sees it: it asks, and looks at every ARP frame that comes by, with scapy."""

import asyncio
import time

from scapy.layers.l2 import ARP, Ether

from testkit.lan import Lan


class Neighbour:
    """One interface of one host of a Lan. Its methods wait for frames, never longer than told."""

    def __init__(self, lan: Lan, host: str, interface: str = "eth0") -> None:
        self.mac = lan.mac(host, interface).hex(":")
        self.socket = lan.packet_socket(host, interface)
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

    def request(self, target: str, source: str = "192.0.2.100", to: str = "ff:ff:ff:ff:ff:ff") -> Ether:
        return Ether(src=self.mac, dst=to) / ARP(op="who-has", hwsrc=self.mac, psrc=source, pdst=target)

    async def next_frame(self, timeout: float) -> Ether | None:
        """The next ARP frame, or None where none comes in time."""
        try:
            async with asyncio.timeout(timeout):
                return Ether(await asyncio.get_running_loop().sock_recv(self.socket, 2048))
        except TimeoutError:
            return None

    async def frames(self, count: int, timeout: float) -> list[Ether]:
        """At most `count` frames, as many as come in time."""
        end, got = time.monotonic() + timeout, []
        while len(got) < count and (frame := await self.next_frame(max(0.0, end - time.monotonic()))):
            got.append(frame)
        return got

    async def answer_to(self, frame: Ether, timeout: float = 5.0) -> Ether | None:
        """Send a request; the reply to us for its target, or None."""
        self.forget()
        self.send(frame)
        end = time.monotonic() + timeout
        while reply := await self.next_frame(max(0.0, end - time.monotonic())):
            if reply[ARP].op == 2 and reply.dst == self.mac and reply[ARP].psrc == frame[ARP].pdst:
                return reply
        return None

    async def who_has(self, target: str, timeout: float = 5.0) -> str | None:
        """The MAC that answers for an address, or None where nobody does in time."""
        reply = await self.answer_to(self.request(target), timeout)
        return str(reply[ARP].hwsrc) if reply else None

    async def sees_owner(self, target: str, mac: str | None, within: float) -> bool:
        """Whether the address is answered for by `mac` (None: by nobody) before the time is over."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if await self.who_has(target, 0.5) == mac:
                return True
        return False
