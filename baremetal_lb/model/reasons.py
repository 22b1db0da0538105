"""A "no" with what it is about and why, and what is to be told by an Event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baremetal_lb.model.api_names import EventReason, Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """One "no": about what (a pool, an address, an annotation), why, and in words."""

    reason: Reason
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.detail}" if self.subject else self.detail


@dataclass(frozen=True, slots=True)
class Note:
    """An Event to be written about a Service or the ConfigMap."""

    reason: EventReason
    message: str
