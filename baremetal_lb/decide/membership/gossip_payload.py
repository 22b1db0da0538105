"""What news fits into one heartbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.membership.uplinks import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from baremetal_lb.model.membership import Ident, Record

ROOM: Final = 1100  # bytes of records in one datagram: with the rest it passes any link unfragmented
_RECORD, _MISSING = 20, 8  # bytes of a record, and of each neighbour that it misses


def enclosed(mine: Record, owed: set[Ident], records: Mapping[Ident, Record]) -> Iterator[Record]:
    """Our own record, and of those owed as many as there is room for; what is enclosed is owed no more."""
    owed.discard(mine.ident)
    yield mine
    room = ROOM - _size(mine)
    for each in sorted(owed):
        record = records.get(each)
        if record is not None and _size(record) > room:
            return
        owed.discard(each)
        if record is not None:
            room -= _size(record)
            yield record


def _size(record: Record) -> int:
    return _RECORD + _MISSING * len(record.missing) + sum(map(size, record.uplinks))
