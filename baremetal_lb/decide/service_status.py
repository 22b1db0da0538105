"""What is written about a decision: the status of a Service, and the Events that tell a change once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.api_names import (
    EventReason,
    Reason,
)
from baremetal_lb.model.reasons import (
    Note,
)
from baremetal_lb.model.services import ServiceStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import Condition, Outcome, ServiceView


CLEARED: Final = ", will attempt for new IP assignment: "


@dataclass(frozen=True, slots=True)
class ConditionWrite:
    """What becomes of one condition: another one, or none."""

    condition: Condition | None
    flips: bool  # whether its status changes, so that its transition time does


@dataclass(frozen=True, slots=True)
class StatusWrite:
    """What one PATCH makes of a Service's status; valid for the version that it was judged by.

    A condition that stays as it is, is None.
    """

    key: ObjectKey
    version: str
    addresses: tuple[IPAddress, ...]
    pool: str | None
    allocated: ConditionWrite | None
    announced: ConditionWrite | None
    served_by: str | None = None  # the namespace of our release
    replaces: bool = field(default=False, compare=False)  # other addresses than these stand there now


@dataclass(frozen=True, slots=True)
class LastTold:
    """What a Service was last told: by us in this life, or by what its status says."""

    addresses: tuple[IPAddress, ...]
    condition: Condition | None
    earlier_life: bool = (
        False  # told before we started: of that only the reason counts, the wording may differ
    )


def last_told(told: Outcome | ServiceStatus) -> LastTold:
    """What an outcome, or a status found, has told."""
    return LastTold(told.addresses, told.condition, isinstance(told, ServiceStatus))


def write(
    view: ServiceView, outcome: Outcome | None, announced: Condition | None = None, release: str = ""
) -> StatusWrite | None:
    """The write that a Service needs, or None where its status says all already.

    Without an outcome: a load balancer is somebody else's, and not touched; on another type whatever we
    left goes. `announced` None: nothing is known of that, so what is said of the same addresses stays.
    `release`: our own, which is named with the addresses.
    """
    seen = view.status
    if outcome is None:
        if (
            view.is_load_balancer
            or (seen.pool, seen.served_by, seen.condition, seen.announced) == (None,) * 4
        ):
            return None
        changes = _change(seen.condition, None), _change(seen.announced, None)
        return StatusWrite(view.key, view.version, (), None, *changes)
    same_addresses = seen.addresses == outcome.addresses and not seen.foreign
    is_ours = outcome.reason is not Reason.SERVED_BY_METALLB
    if announced is None and same_addresses and seen.addresses and is_ours:
        announced = seen.announced
    changes = _change(seen.condition, outcome.condition), _change(seen.announced, announced)
    mark = (release or None) if outcome.addresses else None
    same_marks = (seen.pool, seen.served_by) == (outcome.pool, mark)
    if same_addresses and same_marks and changes == (None, None):
        return None
    replaces = not same_addresses
    return StatusWrite(view.key, view.version, outcome.addresses, outcome.pool, *changes, mark, replaces)


def _change(before: Condition | None, after: Condition | None) -> ConditionWrite | None:
    if before == after:
        return None
    return ConditionWrite(after, before is None or after is None or before.status != after.status)


def notes(before: LastTold, after: Outcome, why_left: Note | None) -> tuple[Note, ...]:
    """The Events for going from one standing to another; none where nothing changed."""
    return tuple(_notes(before, after, why_left))


def cleared(key: ObjectKey, why: str) -> Note:
    """The Event for having to leave an address that is not for the Service any more."""
    text = f'current IP for "{key}" not allowed by config{CLEARED}'
    return Note(EventReason.CLEAR_ASSIGNMENT, text + why)


def why_cleared(note: Note) -> str:
    """The reason in such an Event; empty in others."""
    return note.message.partition(CLEARED)[2] if note.reason is EventReason.CLEAR_ASSIGNMENT else ""


def gave_way(key: ObjectKey, who: str) -> Note:
    """The Event for leaving an address to somebody outside of the cluster."""
    return Note(EventReason.ADDRESS_IN_USE, f'"{key}" gets another IP: {who}')


def stuck(key: ObjectKey, who: str, why: str) -> Note:
    """The Event for staying, for now, on what somebody outside of the cluster has."""
    return Note(EventReason.ADDRESS_IN_USE, f'"{key}" gets no other IP yet: {who}; {why}')


def released(key: ObjectKey, addresses: tuple[IPAddress, ...], why: str) -> Note:
    """The Event for addresses that went back to their pool."""
    return Note(EventReason.IP_RELEASED, f'Released IP {_quoted(addresses)} of "{key}": {why}')


def contested(write: StatusWrite, theirs: tuple[IPAddress, ...], seconds: float) -> Note:
    """The Event for somebody else who keeps writing other addresses; in so many seconds it is tried again."""
    ours, others = (", ".join(map(str, each)) or "nothing" for each in (write.addresses, theirs))
    text = (
        f"somebody else keeps writing {others} where this controller writes {ours}; next try in "
        f"{seconds:.0f} s. Who it is: kubectl -n {write.key.namespace} get svc {write.key.name} -o yaml "
        "--show-managed-fields; give one of the two a class"
    )
    return Note(EventReason.STATUS_CONTESTED, text)


def _notes(before: LastTold, after: Outcome, why_left: Note | None) -> Iterator[Note]:
    gained = tuple(address for address in after.addresses if address not in before.addresses)
    lost = tuple(address for address in before.addresses if address not in after.addresses)
    if lost and why_left is not None:
        yield why_left
    elif lost and after.addresses:
        yield released(after.key, lost, "the Service asks for something else")
    if gained and before.addresses and not lost:
        yield Note(EventReason.IP_ALLOCATED, f'Assigned additional IP "{gained[0]}"')
    elif gained:
        yield Note(EventReason.IP_ALLOCATED, f"Assigned IP {_quoted(after.addresses)}")
    if not _told_already(before, after):
        yield from _failure(after)


def _told_already(before: LastTold, after: Outcome) -> bool:
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
