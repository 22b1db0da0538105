"""What is written about a decision: the status of a Service, and the Events that tell a change once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.model.reasons import EventReason, Note, Reason
from baremetal_lb.model.services import ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import Condition, Outcome, ServiceView


@dataclass(frozen=True, slots=True)
class StatusWrite:
    """What one PATCH makes of a Service's status; valid for the version that it was judged by."""

    key: ObjectKey
    version: str
    addresses: tuple[IPAddress, ...]
    pool: str | None
    condition: Condition | None
    flips: bool  # whether the condition's status changes, so that its transition time does


@dataclass(frozen=True, slots=True)
class Standing:
    """What a Service was last told: by us in this life, or by what its status says."""

    addresses: tuple[IPAddress, ...]
    condition: Condition | None
    earlier_life: bool = (
        False  # told before we started: of that only the reason counts, the wording may differ
    )


def standing(told: Outcome | ServiceStatus) -> Standing:
    """The standing that an outcome, or a status found, amounts to."""
    return Standing(told.addresses, told.condition, isinstance(told, ServiceStatus))


def write(view: ServiceView, outcome: Outcome | None) -> StatusWrite | None:
    """The write that a Service needs, or None where its status says all already.

    Without an outcome: a load balancer is somebody else's, and not touched; on another type whatever we
    left goes.
    """
    seen = view.status
    if outcome is None:
        if view.is_load_balancer or (seen.pool is None and seen.condition is None):
            return None
        return StatusWrite(view.key, view.version, (), None, None, flips=True)
    wanted = outcome.condition
    same = (
        seen.addresses == outcome.addresses
        and not seen.foreign
        and seen.pool == outcome.pool
        and seen.condition == wanted
    )
    if same:
        return None
    flips = seen.condition is None or seen.condition.status != wanted.status
    return StatusWrite(view.key, view.version, outcome.addresses, outcome.pool, wanted, flips)


def notes(before: Standing, after: Outcome, why_left: str | None) -> tuple[Note, ...]:
    """The Events for going from one standing to another; none where nothing changed."""
    return tuple(_notes(before, after, why_left))


def released(key: ObjectKey, addresses: tuple[IPAddress, ...], why: str) -> Note:
    """The Event for addresses that went back to their pool."""
    return Note(EventReason.IP_RELEASED, f'Released IP {_quoted(addresses)} of "{key}": {why}')


def _notes(before: Standing, after: Outcome, why_left: str | None) -> Iterator[Note]:
    gained = tuple(address for address in after.addresses if address not in before.addresses)
    lost = tuple(address for address in before.addresses if address not in after.addresses)
    if lost and why_left:
        text = f'current IP for "{after.key}" not allowed by config, will attempt for new IP assignment: '
        yield Note(EventReason.CLEAR_ASSIGNMENT, text + why_left)
    elif lost and after.addresses:
        yield released(after.key, lost, "the Service asks for something else")
    if gained and before.addresses and not lost:
        yield Note(EventReason.IP_ALLOCATED, f'Assigned additional IP "{gained[0]}"')
    elif gained:
        yield Note(EventReason.IP_ALLOCATED, f"Assigned IP {_quoted(after.addresses)}")
    if not _told_already(before, after):
        yield from _failure(after)


def _told_already(before: Standing, after: Outcome) -> bool:
    if before.earlier_life and before.condition is not None:
        return before.condition.reason == after.reason
    return before.condition == after.condition


def _failure(after: Outcome) -> Iterator[Note]:
    if after.addresses and after.reason is not Reason.REQUEST_REFUSED:
        return
    reason = EventReason.ALLOCATION_FAILED
    if after.reason is Reason.SHARING_REFUSED:
        reason = EventReason.SHARING_REFUSED
    yield Note(reason, f'Failed to allocate IP for "{after.key}": {after.message}')


def _quoted(addresses: tuple[IPAddress, ...]) -> str:
    return "[" + ", ".join(f'"{address}"' for address in addresses) + "]"
