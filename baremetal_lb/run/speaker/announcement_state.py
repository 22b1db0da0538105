"""What this speaker announces now, and a signal whenever that changes, for any number of readers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from baremetal_lb.decide.reports.compose import announcing_of
from baremetal_lb.model.announcements import Announcement

if TYPE_CHECKING:
    from baremetal_lb.decide.layer2.ownership import Ownership
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.model.announcements import Announcing


class AnnouncementState:
    """`now` looks at every address: read it once for many changes. Only for the event loop's thread."""

    def __init__(self, ownership: Ownership, ports: Ports) -> None:
        self.version = 0
        self._ownership = ownership
        self._ports = ports
        self._changed = asyncio.Event()

    def now(self) -> Announcing:
        """All of it, as it is at this moment, sorted by address."""
        found = (Announcement(address, self._ports.where(address)) for address in self._ports.tallies)
        ownership = self._ownership
        announcing = announcing_of(ownership.me.node, found, ownership.verdicts, ownership.newest)
        return replace(announcing, held=ownership.held)

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
