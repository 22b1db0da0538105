"""What the administrator has to mend before the speaker can reach its links."""

from __future__ import annotations

from typing import Self


class CapabilityMissing(Exception):
    """The process lacks a Linux capability."""

    @classmethod
    def net_raw(cls) -> Self:
        """No packet socket for us."""
        return cls(
            "capability NET_RAW is missing: a packet socket was refused, and without one no ARP request is "
            "answered; give it to the container (securityContext.capabilities.add: [NET_RAW]) or run as root"
        )
