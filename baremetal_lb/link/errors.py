"""What a person has to mend before the speaker can reach its links."""

from __future__ import annotations

from typing import Self


class LinkError(Exception):
    """The base of what opening a link raises."""


class CapabilityMissing(LinkError):
    """The process lacks a Linux capability."""

    @classmethod
    def net_raw(cls) -> Self:
        """No packet socket for us."""
        return cls(
            "capability NET_RAW is missing: a packet socket was refused, and without one no ARP request is "
            "answered; give it to the container (securityContext.capabilities.add: [NET_RAW]) or run as root"
        )


class PortTaken(LinkError):
    """The socket for heartbeats is not to be had."""

    def __init__(self, port: int, why: OSError) -> None:
        super().__init__(
            f"UDP port {port} for heartbeats cannot be opened: {why.strerror}; choose another with "
            "--membership-port, the same on every node"
        )
