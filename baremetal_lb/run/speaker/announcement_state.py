"""What this speaker announces now, and a signal whenever that changes, for any number of readers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.announcements import Standing
from baremetal_lb.model.announcing import Announcement, Announcing

if TYPE_CHECKING:
    from baremetal_lb.decide.layer2.ownership import Ownership
    from baremetal_lb.link.ports import Ports

# How a Service stands that has an address of ours and is announced by nobody.
NOBODY: Final = frozenset(
    {Standing.NO_NODE, Standing.NO_INTERFACE, Standing.NO_ENDPOINTS, Standing.NOT_IN_POOL}
)


class AnnouncementState:
    """`now` looks at every address: read it once for many changes. Only for the event loop's thread."""

    def __init__(self, ownership: Ownership, ports: Ports) -> None:
        self.version = 0
        self._ownership = ownership
        self._ports = ports
        self._changed = asyncio.Event()

    def now(self) -> Announcing:
        """All of it, as it is at this moment, sorted by address."""
        found = [
            Announcement(address, self._ports.where(address))
            for address in sorted(self._ports.tallies, key=lambda each: (each.version, int(each)))
        ]
        verdicts = self._ownership.verdicts
        owned = {
            address for each in verdicts.values() if each.owner is not None for address in each.addresses
        }
        unannounced = {
            key: each
            for key, each in verdicts.items()
            if each.standing in NOBODY and owned.isdisjoint(each.addresses)  # another Service's pods serve it
        }
        return Announcing(
            self._ownership.me.node, tuple(found), unannounced, self._ownership.newest if found else None
        )

    def note_change(self) -> None:
        """It is another one from now on."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, version: int) -> int:
        """Wait until it is newer than `version`; the version that it has now."""
        while self.version <= version:
            await self._changed.wait()
        return self.version
