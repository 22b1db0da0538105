"""A foreign host that has an IPv4 address: it answers for it by ARP until its input ends.

    claim.py ADDRESS

Prints its MAC when it has begun. It needs the right to open packet sockets (CAP_NET_RAW).
"""

from __future__ import annotations

import select
import socket
import struct
import sys
from pathlib import Path

ETH_P_ARP = 0x0806
REQUEST, REPLY = 1, 2
_HEADER = struct.pack("!HHBB", 1, 0x0800, 6, 4)  # Ethernet, IPv4, and their address lengths (RFC 826)


def interface_to(address: bytes, table: str) -> str:
    """The interface of the most special route to the address; `table` is the text of /proc/net/route.

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


def reply(frame: bytes, address: bytes, mac: bytes) -> bytes | None:
    """The answer to an ARP request, or probe, for the address; None to anything else."""
    packet = frame[14:42]
    if packet[:8] != _HEADER + struct.pack("!H", REQUEST) or packet[24:28] != address or packet[8:14] == mac:
        return None
    ethernet = packet[8:14] + mac + struct.pack("!H", ETH_P_ARP)
    return ethernet + _HEADER + struct.pack("!H", REPLY) + mac + address + packet[8:18]


def main(text: str) -> None:
    address = socket.inet_aton(text)
    interface = interface_to(address, Path("/proc/net/route").read_text())
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as raw:
        raw.bind((interface, ETH_P_ARP))
        mac = raw.getsockname()[4]
        print(mac.hex(":"), flush=True)
        while True:
            readable = select.select([raw, sys.stdin], [], [])[0]
            if sys.stdin in readable:
                return
            answer = reply(raw.recv(1500), address, mac)
            if answer is not None:
                raw.send(answer)


if __name__ == "__main__":
    main(sys.argv[1])
