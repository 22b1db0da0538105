"""What one speaker announces at a moment, for those who tell others of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.objects import ObjectKey


@dataclass(frozen=True, slots=True)
class Announcement:
    """An address that this node answers for, and where: each interface's name and its MAC as `02:00:...`."""

    address: IPAddress
    interfaces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Announcing:
    """All that `node` announces; and the Services that nobody announces, each with the reasons."""

    node: str
    announcements: tuple[Announcement, ...] = ()
    unannounced: Mapping[ObjectKey, Verdict] = field(default_factory=dict)
    seen: int | None = None  # the newest version of a Service by which it was decided
