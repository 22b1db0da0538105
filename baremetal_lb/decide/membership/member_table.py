"""The newest record of every speaker, and a digest to see whether two speakers hold the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from baremetal_lb.model.membership import Ident, Record

_MASK: Final = (1 << 64) - 1


@dataclass(slots=True)
class MemberTable:
    """Records by speaker. `digest` is the same wherever the versions are."""

    records: dict[Ident, Record] = field(default_factory=dict)
    digest: int = 0

    def put(self, record: Record) -> bool:
        """Keep a record, unless one at least as new is here; whether it was kept."""
        known = self.records.get(record.ident)
        if known is not None:
            if known.version >= record.version:
                return False
            self.digest ^= _mixed(known)
        self.records[record.ident] = record
        self.digest ^= _mixed(record)
        return True

    def keep_only(self, idents: Collection[Ident]) -> None:
        """Drop the records of all others."""
        for gone in [each for each in self.records if each not in idents]:
            self.digest ^= _mixed(self.records.pop(gone))


def _mixed(record: Record) -> int:
    """64 bits in which each bit of name and version shows (the finisher of splitmix64)."""
    bits = (record.ident ^ (record.version * 0x9E3779B97F4A7C15)) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)
