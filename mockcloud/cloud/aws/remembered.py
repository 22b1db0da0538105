"""Answers to reads of ec2, which stay true for as long as nothing is changed and nothing ends by itself.

Controllers ask the same again and again; a list of 25 instances takes 2 ms to make, and none to remember.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.instances import REMEMBERED
from mockcloud.cloud.core.values import Terminated

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State

ROOM: Final = 4 << 20  # bytes of answers, of one state
Question = tuple[str, tuple[tuple[str, str], ...]]  # operation, and what it is asked


@dataclass(frozen=True, slots=True)
class _Answer:
    """What comes before the request's id, and after it; true between two times."""

    head: bytes
    tail: bytes
    since: float  # a read that lags is of an earlier time
    until: float


class Remembered:
    """Answers of one state; another state, and they are forgotten."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._answers: dict[Question, _Answer] = {}
        self._room = ROOM

    def find(self, state: State, question: Question, now: float, request_id: str) -> bytes | None:
        """The answer, if it is known and still true. `now` by the cloud's clock."""
        if state is not self._state:
            return None
        found = self._answers.get(question)
        if found is None or not found.since <= now < found.until:
            return None
        return b"".join((found.head, request_id.encode(), found.tail))

    def keep(self, state: State, question: Question, now: float, answer: tuple[bytes, str]) -> None:
        """An answer that was made now, with the id of its request, which is in it once."""
        body, request_id = answer
        if state is not self._state:
            self._state, self._answers, self._room = state, {}, ROOM
        if len(body) > self._room:
            return
        self._room -= len(body)
        head, _, tail = body.partition(request_id.encode())
        self._answers[question] = _Answer(head, tail, now, true_until(state, now))


def true_until(state: State, now: float) -> float:
    """When the next operation ends, or an instance that is gone is shown otherwise, or not any more."""
    ends = [each.ends for each in state.last_operation.values()]
    for gone in state.all(Terminated):
        ends += [gone.ended, gone.ended + REMEMBERED]
    return min((each for each in ends if each > now), default=inf)
