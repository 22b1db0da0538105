"""Which interfaces answer for addresses."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.model.interfaces import Interface

# MetalLB's own list: what container networks and virtual machines put on a node.
EXCLUDED: Final = tuple(
    re.compile(pattern)
    for pattern in (
        "^docker.*",
        "^cbr.*",
        "^dummy.*",
        "^virbr.*",
        "^lxcbr.*",
        "^veth.*",
        "^lo$",
        "^cali.*",
        "^tunl.*",
        "^flannel.*",
        "^kube-ipvs.*",
        "^cni.*",
        "^nodelocaldns.*",
        "^lxc.*",
    )
)


class Silent(StrEnum):
    """Why an interface does not answer."""

    EXCLUDED = "excluded"
    DOWN = "down"
    NO_CARRIER = "noCarrier"
    ENSLAVED = "enslaved"  # its bridge, bond or VRF answers
    NO_ARP = "noArp"
    NO_BROADCAST = "noBroadcast"
    NO_MAC = "noMac"


def why_silent(interface: Interface, excluded: Sequence[re.Pattern[str]] = EXCLUDED) -> Silent | None:
    """Why an interface does not answer; None where it does. It needs no address of its own."""
    reasons = (
        (any(pattern.search(interface.name) for pattern in excluded), Silent.EXCLUDED),
        (not interface.up, Silent.DOWN),
        (not interface.carrier, Silent.NO_CARRIER),
        (interface.enslaved, Silent.ENSLAVED),
        (interface.noarp, Silent.NO_ARP),
        (not interface.broadcast, Silent.NO_BROADCAST),
        (len(interface.mac) != 6, Silent.NO_MAC),
    )
    return next((why for holds, why in reasons if holds), None)
