"""What to say to a message: from the prepared answers, from the zone, or by asking an upstream."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mockcloud.dns.decide.answer import Answer, Rcode, answer
from mockcloud.dns.decide.names import Name
from mockcloud.dns.decide.zone import Zone
from mockcloud.dns.serving.cache import AnswerCache
from mockcloud.dns.wire.prepared import OPT_BYTES, Prepared, Shape, prepare, shape_of
from mockcloud.dns.wire.query import HEADER, OPCODE, QR, Fault, Query, Refusal, read
from mockcloud.dns.wire.render import render

NOT_A_QUERY: Final = QR | OPCODE
# Past a question's name: type and class, and at most an OPT record without options.
PLAIN_TAIL: Final = 4 + OPT_BYTES


@dataclass(frozen=True, slots=True)
class UpstreamQuery:
    """A question whose answer, or the rest of it, an upstream knows."""

    packet: bytes
    query: Query
    begun: Answer
    shape: Shape


class Responder:
    """One for all sockets of a daemon."""

    def __init__(self, zone: Zone, *, upstream: bool, chance: Callable[[], float] = random.random) -> None:
        self.faults: Counter[Fault] = Counter()
        self.cache = AnswerCache()
        self._zone = zone
        self._upstream = upstream
        self._chance = chance  # in [0, 1): which of several addresses comes first, as CoreDNS' `loadbalance`

    def changed(self, names: Iterable[Name]) -> None:
        """The records at these names did: nothing older is said from now on."""
        self.cache.forget(names)

    def quick(self, packet: bytes) -> bytes | None:
        """The reply to a datagram that was asked before, but for its id and the case of its letters; or None.

        The key is the packet itself, from its counts on, with the name in lower case. No two meanings can
        share one: a length in a name is below the letters, so lowering letters changes no length.
        """
        end = packet.find(b"\0", HEADER) + 1
        prepared = self.cache.get(b"".join((packet[4:HEADER], packet[HEADER:end].lower(), packet[end:])))
        if prepared is None or packet[2] & NOT_A_QUERY:
            return None
        return prepared.reply(packet, end, self._chance())

    def reply(self, packet: bytes, *, stream: bool) -> bytes | UpstreamQuery | None:
        """The reply; None where the message deserves none."""
        query = read(packet)
        if isinstance(query, Refusal):
            self.faults[query.fault] += 1
            return query.reply
        key, shape = _key(packet, query, stream=stream), shape_of(query, stream=stream)
        prepared = self.cache.get(key)
        if prepared is None:
            found = answer(self._zone, query.name, query.kind, upstream=self._upstream)
            if found.elsewhere is not None and self._upstream:
                return UpstreamQuery(packet, query, found, shape)
            prepared = self._prepare(query, found, shape)
            self.cache.put(key, prepared, found.depends)
        return prepared.reply(packet, HEADER + len(query.name), self._chance())

    def failure(self, asked: UpstreamQuery, rcode: Rcode) -> bytes:
        """The reply to a query that brought nothing."""
        found = Answer(rcode, authoritative=False)
        prepared = self._prepare(asked.query, found, asked.shape)
        return prepared.reply(asked.packet, HEADER + len(asked.query.name), self._chance())

    def _prepare(self, query: Query, found: Answer, shape: Shape) -> Prepared:
        return prepare(render(query, found, recursive=self._upstream), found, shape)


def _key(packet: bytes, query: Query, *, stream: bool) -> bytes:
    """What `quick` looks for, where it can find it; else the question and the shape of its answer."""
    tail = packet[HEADER + len(query.name) :]
    if not stream and len(tail) <= PLAIN_TAIL:
        return b"".join((packet[4:HEADER], query.name, tail))
    # Never the same as one of the others: these begin with a zero and are longer than the root's.
    return b"".join((query.name, query.kind.to_bytes(2), shape_of(query, stream=stream).to_bytes(1)))
