"""Small questions asked from inside a host of the lab, by the standard library only: `python probe.py ...`.

    arp ADDRESS...       who answers for each: {ADDRESS: MAC}, without those for whom nobody does (RFC 826)
    http URL TIMES       the answers' bodies, a line each, each over a connection of its own

and `claim ADDRESS`: the host answers for it by ARP, as if it had it, until its input ends; it prints its MAC
when it has begun. It stands in for arping and, where it is missing, for curl.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

ETH_P_ARP: Final = 0x0806
REQUEST: Final = 1
REPLY: Final = 2
_HEADER: Final = struct.pack("!HHBB", 1, 0x0800, 6, 4)  # Ethernet, IPv4, and their address lengths
_TIMES: Final = 3  # a kernel asks as often, and as long (mcast_solicit, retrans_time_ms: arp(7))
_SECONDS: Final = 1.0
_HTTP_SECONDS: Final = 5.0


def who_has(address: str) -> bytes | None:
    """The hardware address in the first ARP reply for `address`; None after three questions in 3 s."""
    target = socket.inet_aton(address)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as raw:
        raw.bind((interface_to(target, _routes()), ETH_P_ARP))
        own: bytes = raw.getsockname()[4]
        frame = b"\xff" * 6 + own + struct.pack("!H", ETH_P_ARP) + request(own, _own_address(address), target)
        for _ in range(_TIMES):
            raw.send(frame)
            if (answer := _answer(raw, target)) is not None:
                return answer
    return None


def interface_to(address: bytes, table: str) -> str:
    """The interface of the most special route to an IPv4 address; `table` is the text of /proc/net/route.

    LookupError where no route leads there.
    """
    wanted, found = int.from_bytes(address, "little"), []
    for line in table.splitlines()[1:]:
        name, destination, _, _, _, _, _, mask, *_ = line.split()
        if wanted & int(mask, 16) == int(destination, 16):
            found.append((int(mask, 16).bit_count(), name))
    if not found:
        msg = f"no route leads to {socket.inet_ntoa(address)}"
        raise LookupError(msg)
    return max(found)[1]


def _routes() -> str:
    return Path("/proc/net/route").read_text()


def claim(address: bytes) -> None:
    """Answer for the address until standard input ends."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as raw:
        raw.bind((interface_to(address, _routes()), ETH_P_ARP))
        mac: bytes = raw.getsockname()[4]
        print(mac.hex(":"), flush=True)
        while sys.stdin not in select.select([raw, sys.stdin], [], [])[0]:
            answer = reply(raw.recv(1500), address, mac)
            if answer is not None:
                raw.send(answer)


def reply(frame: bytes, address: bytes, mac: bytes) -> bytes | None:
    """What is answered to an ARP request, or probe, for the address; None to anything else."""
    packet = frame[14:42]
    if packet[:8] != _HEADER + struct.pack("!H", REQUEST) or packet[24:28] != address or packet[8:14] == mac:
        return None
    ethernet = packet[8:14] + mac + struct.pack("!H", ETH_P_ARP)
    return ethernet + _HEADER + struct.pack("!H", REPLY) + mac + address + packet[8:18]


def _answer(raw: socket.socket, target: bytes) -> bytes | None:
    deadline = time.monotonic() + _SECONDS
    while (left := deadline - time.monotonic()) > 0:
        raw.settimeout(left)
        try:
            packet = raw.recv(1500)[14:]
        except TimeoutError:
            return None
        if struct.unpack("!H", packet[6:8])[0] == REPLY and packet[14:18] == target:
            return packet[8:14]
    return None


def request(mac: bytes, own: bytes, target: bytes) -> bytes:
    """The ARP request of a host that has an address and wants to send to another.

    Never with sender 0.0.0.0: that is a probe, which says "I want to have it" (RFC 5227, section 2.1.1).
    """
    return _HEADER + struct.pack("!H", REQUEST) + mac + own + bytes(6) + target


def _own_address(address: str) -> bytes:
    """The address from which this host would send to that one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect((address, 9))
        return socket.inet_aton(route.getsockname()[0])


def main(argv: list[str]) -> int:
    """Ask one question; 0 where it was answered."""
    match argv:
        case ["arp", *addresses]:
            answers = {address: who_has(address) for address in addresses}
            print(json.dumps({address: mac.hex(":") for address, mac in answers.items() if mac}))
        case ["claim", address]:
            claim(socket.inet_aton(address))
        case ["http", url, times]:
            for _ in range(int(times)):
                asked = urllib.request.Request(
                    url, headers={"Accept": "application/json", "Connection": "close"}
                )
                with urllib.request.urlopen(asked, timeout=_HTTP_SECONDS) as response:
                    print(response.read().decode())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
