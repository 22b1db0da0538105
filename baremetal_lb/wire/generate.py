"""Writes `frames.json`: the frames of a speaker, as scapy builds them, without the interface's MAC as yet.

`python -m baremetal_lb.wire.generate`, where scapy is installed (decision 1). A process that imports scapy
keeps 20 MiB of it, and half a millisecond goes into a frame; so each is built once, here. Beside a frame
stands where the sender's MAC goes, and where the checksum is that covers one of these places.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scapy.packet import Packet

FILE: Final = Path(__file__).with_name("frames.json")
_NO_MAC: Final = "00:00:00:00:00:00"
_MARK: Final = "02:6d:61:72:6b:21"  # found again in the bytes of a frame
_BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
_GROUP: Final = "ff02::1:ff00:0"  # of solicited nodes, as yet without the last three bytes
_EVERYTHING: Final = 2  # MODE_IS_EXCLUDE, with nothing excluded: we are members
_CHECKSUM: Final = 56  # of an ICMPv6 message right behind the IPv6 header


def main() -> int:
    """Write the file."""
    FILE.write_text(text())
    return 0


def text() -> str:
    """What is to be in it."""
    empty, marked = _frames(_NO_MAC), _frames(_MARK)
    found = {name: _described(bytes(empty[name]), bytes(marked[name])) for name in empty}
    lines = (f"{json.dumps(name)}: {json.dumps(each)}" for name, each in found.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _described(frame: bytes, marked: bytes) -> dict[str, Any]:
    mark = bytes.fromhex(_MARK.replace(":", ""))
    places = [start for start in range(len(marked)) if marked.startswith(mark, start)]
    covered = frame[_CHECKSUM : _CHECKSUM + 2] != marked[_CHECKSUM : _CHECKSUM + 2]
    return {"frame": frame.hex(), "macs": places, "checksum": _CHECKSUM if covered else None}


def _frames(mac: str) -> Mapping[str, Packet]:
    """By name; each address is :: or 0.0.0.0 as yet."""
    # Here, so that the module can be imported where scapy is not installed.
    from scapy.layers import inet6
    from scapy.layers.l2 import ARP, Ether

    everybody = Ether(dst=_BROADCAST, src=mac)
    tells = {"hwsrc": mac, "psrc": "0.0.0.0", "hwdst": _BROADCAST, "pdst": "0.0.0.0"}
    to_group = Ether(dst="33:33:ff:00:00:00", src=mac) / inet6.IPv6(src="::", dst=_GROUP, hlim=255)
    asks = to_group / inet6.ICMPv6ND_NS(tgt="::")
    replies = Ether(dst=_NO_MAC, src=mac) / inet6.IPv6(src="::", dst="::", hlim=255)
    to_all = Ether(dst="33:33:00:00:00:01", src=mac) / inet6.IPv6(src="::", dst="ff02::1", hlim=255)
    here = inet6.ICMPv6NDOptDstLLAddr(lladdr=mac)
    membership = inet6.ICMPv6MLDMultAddrRec(rtype=_EVERYTHING, dst=_GROUP)
    return {
        "arp-reply": everybody / ARP(op="is-at", **tells),
        "arp-request": everybody / ARP(op="who-has", **tells),
        "arp-question": everybody / ARP(op="who-has", **{**tells, "hwdst": _NO_MAC}),
        "ndp-reply": replies / inet6.ICMPv6ND_NA(R=0, S=1, O=1, tgt="::") / here,
        "ndp-unsolicited": to_all / inet6.ICMPv6ND_NA(R=0, S=0, O=1, tgt="::") / here,
        "ndp-probe": asks,
        "ndp-question": asks / inet6.ICMPv6NDOptSrcLLAddr(lladdr=mac),
        "mld-report": Ether(dst="33:33:00:00:00:16", src=mac)
        / inet6.IPv6(src="::", dst="ff02::16", hlim=1)
        / inet6.IPv6ExtHdrHopByHop(options=[inet6.RouterAlert()])
        / inet6.ICMPv6MLReport2(records=[membership]),
    }


if __name__ == "__main__":
    sys.exit(main())
