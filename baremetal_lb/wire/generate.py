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

from scapy.layers.inet6 import (
    ICMPv6MLDMultAddrRec,
    ICMPv6MLReport2,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    IPv6ExtHdrHopByHop,
    RouterAlert,
)
from scapy.layers.l2 import ARP, Ether

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def _frames(mac: str) -> Mapping[str, Ether]:
    """By name; each address is :: or 0.0.0.0 as yet."""
    everybody = Ether(dst=_BROADCAST, src=mac)
    tells = {"hwsrc": mac, "psrc": "0.0.0.0", "hwdst": _BROADCAST, "pdst": "0.0.0.0"}
    asks = (
        Ether(dst="33:33:ff:00:00:00", src=mac) / IPv6(src="::", dst=_GROUP, hlim=255) / ICMPv6ND_NS(tgt="::")
    )
    return {
        "arp-reply": everybody / ARP(op="is-at", **tells),
        "arp-request": everybody / ARP(op="who-has", **tells),
        "arp-question": everybody / ARP(op="who-has", **{**tells, "hwdst": _NO_MAC}),
        "ndp-reply": _advertisement(mac, _NO_MAC, "::", solicited=1),
        "ndp-unsolicited": _advertisement(mac, "33:33:00:00:00:01", "ff02::1", solicited=0),
        "ndp-probe": asks,
        "ndp-question": asks / ICMPv6NDOptSrcLLAddr(lladdr=mac),
        "mld-report": Ether(dst="33:33:00:00:00:16", src=mac)
        / IPv6(src="::", dst="ff02::16", hlim=1)
        / IPv6ExtHdrHopByHop(options=[RouterAlert()])
        / ICMPv6MLReport2(records=[ICMPv6MLDMultAddrRec(rtype=_EVERYTHING, dst=_GROUP)]),
    }


def _advertisement(mac: str, to_mac: str, to: str, *, solicited: int) -> Ether:
    header = Ether(dst=to_mac, src=mac) / IPv6(src="::", dst=to, hlim=255)
    return header / ICMPv6ND_NA(R=0, S=solicited, O=1, tgt="::") / ICMPv6NDOptDstLLAddr(lladdr=mac)


if __name__ == "__main__":
    sys.exit(main())
