"""Small questions asked from inside a host of the lab, by the standard library only: `python probe.py ...`.

    arp ADDRESS...       who answers for each: {ADDRESS: MAC}, without those for whom nobody does (RFC 826)
    http URL TIMES       the answers' bodies, a line each, each over a connection of its own

It stands in for arping and, where it is missing, for curl.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
import urllib.request
from typing import Final

INTERFACE: Final = "eth0"
ETH_P_ARP: Final = 0x0806
REQUEST: Final = 1
REPLY: Final = 2
_HEADER: Final = struct.pack("!HHBB", 1, 0x0800, 6, 4)  # Ethernet, IPv4, and their address lengths
_SECONDS: Final = 2.0


def who_has(address: str) -> bytes | None:
    """The hardware address in the first ARP reply for `address`; None after 2 s of silence."""
    target = socket.inet_aton(address)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as raw:
        raw.bind((INTERFACE, ETH_P_ARP))
        own: bytes = raw.getsockname()[4]
        raw.settimeout(_SECONDS)
        raw.send(b"\xff" * 6 + own + struct.pack("!H", ETH_P_ARP) + _request(own, target))
        deadline = time.monotonic() + _SECONDS
        try:
            while time.monotonic() < deadline:
                packet = raw.recv(1500)[14:]
                if struct.unpack("!H", packet[6:8])[0] == REPLY and packet[14:18] == target:
                    return packet[8:14]
        except TimeoutError:
            return None
    return None


def _request(own: bytes, target: bytes) -> bytes:
    # Sender address 0.0.0.0: a probe, which changes nobody's table (RFC 5227 section 2.1.1).
    return _HEADER + struct.pack("!H", REQUEST) + own + bytes(4) + bytes(6) + target


def main(argv: list[str]) -> int:
    """Ask one question; 0 where it was answered."""
    match argv:
        case ["arp", *addresses]:
            answers = {address: who_has(address) for address in addresses}
            print(json.dumps({address: mac.hex(":") for address, mac in answers.items() if mac}))
        case ["http", url, times]:
            for _ in range(int(times)):
                request = urllib.request.Request(
                    url, headers={"Accept": "application/json", "Connection": "close"}
                )
                with urllib.request.urlopen(request, timeout=_SECONDS) as response:
                    print(response.read().decode())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
