"""A client on a LAN that asks for addresses by ARP every 20 ms: how long nobody answers, how long two do.

    python -m bench.asking eth0 192.168.10.100 SECONDS ADDRESS...

Prints `begun`, and at the end a line of JSON: for each address the longest time without an answer and the
longest with answers from two MACs, in seconds, and how many MACs answered in the last second.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import defaultdict
from itertools import groupby
from struct import pack
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TICK: Final = 0.02  # seconds
_ARP: Final = 0x0806
_HEAD: Final = bytes.fromhex("0001080006040001")  # RFC 826: Ethernet, IPv4, a request


def longest(ticks: Sequence[int], holds: Callable[[int], bool]) -> float:
    """Seconds of the longest run of ticks of which it holds."""
    runs = (len(list(run)) for held, run in groupby(ticks, holds) if held)
    return max(runs, default=0) * TICK


def main(interface: str, source: str, seconds: str, *addresses: str) -> None:
    """Ask, listen, and tell."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as opened:
        opened.bind((interface, _ARP))
        opened.setblocking(False)
        mac = opened.getsockname()[4]
        questions = [_question(mac, source, each) for each in addresses]
        heard = _listen(opened, questions, mac, round(float(seconds) / TICK))
    found = {}
    for address in addresses:
        counts = [len(each[socket.inet_aton(address)]) for each in heard]
        last = set().union(*(each[socket.inet_aton(address)] for each in heard[-round(1 / TICK) :]))
        gap, double = longest(counts, lambda count: count == 0), longest(counts, lambda count: count > 1)
        found[address] = gap, double, len(last)
    print(json.dumps(found), flush=True)


def _listen(
    opened: socket.socket, questions: Sequence[bytes], mac: bytes, ticks: int
) -> list[defaultdict[bytes, set[bytes]]]:
    """Who answered for which address, in each tick."""
    heard: list[defaultdict[bytes, set[bytes]]] = []
    began = time.monotonic()
    print("begun", flush=True)
    for tick in range(ticks):
        heard.append(defaultdict(set))
        for question in questions:
            opened.send(question)
        while (left := began + (tick + 1) * TICK - time.monotonic()) > 0:
            if select.select([opened], [], [], left)[0]:
                frame = opened.recv(2048)
                if frame[20:22] == b"\x00\x02" and frame[:6] == mac:
                    heard[-1][frame[28:32]].add(frame[22:28])
    return heard


def _question(mac: bytes, source: str, address: str) -> bytes:
    addresses = socket.inet_aton(source), socket.inet_aton(address)
    return b"\xff" * 6 + mac + pack("!H", _ARP) + _HEAD + mac + addresses[0] + bytes(6) + addresses[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
