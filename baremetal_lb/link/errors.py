"""What the administrator has to mend before the speaker can reach its links."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from baremetal_lb.decide.capabilities import why_no_net_raw

_STATUS: Final = Path("/proc/self/status")


class CapabilityMissing(Exception):
    """The process lacks a Linux capability."""

    @classmethod
    def net_raw(cls) -> Self:
        """No packet socket for us."""
        return cls(why_no_net_raw(_STATUS.read_text(encoding="utf-8", errors="replace")))


class ResponderFailed(Exception):
    """The process that answers does not come up, again and again."""

    def __init__(self, starts: int, seconds: float) -> None:
        super().__init__(
            f"the process that answers ARP and NDP did not come up {starts} times "
            f"(within {seconds:g} s each); it needs memory for one Python more"
        )
