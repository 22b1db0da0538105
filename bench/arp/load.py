"""The load generator for machines without a C compiler: the arguments and the output of load.c.

It is slower than the speaker, so its times are an upper bound, and its count a lower one.
"""

from __future__ import annotations

import socket
import statistics
import sys
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW: Final = 128
WARM_UP: Final = 500
PATIENCE: Final = 0.1
_ARP: Final = bytes.fromhex("08060001080006040001")
_IPV6: Final = bytes.fromhex("86dd6000000000203aff")
_GROUP: Final = bytes.fromhex("ff0200000000000000000001ff")


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for, and from where."""

    wire: socket.socket
    question: Callable[[bytes], bytes]
    first: IPv4Address | IPv6Address
    addresses: int

    def ask(self, number: int) -> bytes:
        """Send a request; the address it asks for. The stride is that of load.c."""
        target = (self.first + number * 7919 % self.addresses).packed
        self.wire.send(self.question(target))
        return target

    def answered(self) -> bytes | None:
        """The address that the next reply is about; None where none comes in time."""
        while True:
            try:
                reply = self.wire.recv(128)
            except TimeoutError:
                return None
            if reply[12:14] == _ARP[:2] and reply[20:22] == b"\x00\x02":
                return reply[28:32]
            if reply[12:14] == _IPV6[:2] and reply[54:55] == b"\x88":
                return reply[62:78]

    def settle(self) -> None:
        """Wait until no reply comes any more: an old one must not pass for the next."""
        while self.answered() is not None:
            continue

    def latency(self, requests: int) -> str:
        """One at a time."""
        took, lost = [], 0
        for number in range(requests + WARM_UP):
            start = time.perf_counter_ns()
            target = self.ask(number)
            while (about := self.answered()) not in (target, None):
                continue
            if about is None:
                lost += 1
                self.settle()
            elif number >= WARM_UP:
                took.append(time.perf_counter_ns() - start)
        cuts = statistics.quantiles(took or [0, 0], n=100)
        return f"{cuts[49]:.0f} {cuts[98]:.0f} {len(took)} {lost}"

    def flood(self, milliseconds: int) -> str:
        """WINDOW under way."""
        start, answered, under_way, number = time.perf_counter_ns(), 0, 0, 0
        while (passed := time.perf_counter_ns() - start) < milliseconds * 1_000_000:
            while under_way < WINDOW:
                self.ask(number)
                number, under_way = number + 1, under_way + 1
            if self.answered() is None:
                under_way = 0  # what is still out is lost
            else:
                answered, under_way = answered + 1, under_way - 1
        return f"{answered} {passed}"


def _request(mac: bytes, source: bytes, target: bytes) -> bytes:
    return b"\xff" * 6 + mac + _ARP + mac + source + bytes(6) + target


def _solicitation(mac: bytes, source: bytes, target: bytes) -> bytes:
    addresses = source + _GROUP + target[13:]
    content = bytes(4) + target + b"\x01\x01" + mac
    total = int.from_bytes(addresses + b"\x87\x00\x00\x00" + content) + 32 + 58
    checksum = (-total % 0xFFFF).to_bytes(2)
    return b"\x33\x33\xff" + target[13:] + mac + _IPV6 + addresses + b"\x87\x00" + checksum + content


def main(arguments: list[str]) -> int:
    """Print what load.c prints."""
    fd, mac, source, first, addresses, mode, amount = arguments
    hardware = bytes.fromhex(mac.replace(":", ""))
    asker, address = ip_address(source).packed, ip_address(first)
    ask = _solicitation if address.version == 6 else _request
    with socket.socket(fileno=int(fd)) as wire:
        wire.settimeout(PATIENCE)
        load = Load(wire, lambda target: ask(hardware, asker, target), address, int(addresses))
        load.settle()
        print(load.latency(int(amount)) if mode == "latency" else load.flood(int(amount)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
