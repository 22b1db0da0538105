"""Answers to reads, which stay true for as long as nothing is changed and nothing ends by itself.

Controllers ask the same again and again; a list of 25 takes 2 ms to make, and none to remember.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from mockcloud.cloud.core.elastic.forwarding import ends_of_draining
from mockcloud.cloud.core.instances import REMEMBERED
from mockcloud.cloud.core.values import Terminated

if TYPE_CHECKING:
    from collections.abc import Hashable

    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.service import CloudService

ROOM: Final = 4 << 20  # bytes of answers
A = TypeVar("A")


class Remembered(Generic[A]):
    """Answers of one cloud as it is shown; forgotten with another state, or another health of a target."""

    def __init__(self, cloud: CloudService) -> None:
        self._cloud = cloud
        self._of: tuple[State, object, int] = cloud.state, cloud.catalogue, cloud.beliefs
        self._answers: dict[Hashable, tuple[A, float, float]] = {}  # true between two times
        self._room = ROOM

    def find(self, question: Hashable) -> A | None:
        """The answer, if it is known and still true by the cloud's clock."""
        if not self._is_same():
            return None
        answer, since, until = self._answers.get(question, (None, 0.0, 0.0))
        return (
            answer if since <= self._cloud.clock.now() < until else None
        )  # a read that lags: an earlier time

    def keep(self, question: Hashable, answer: A, began: float, size: int) -> None:
        """An answer that is true since the making of it began, of so many bytes."""
        cloud = self._cloud
        if not self._is_same():
            self._of = cloud.state, cloud.catalogue, cloud.beliefs
            self._answers, self._room = {}, ROOM
        if size <= self._room:
            self._room -= size
            self._answers[question] = answer, began, true_until(cloud.state, began)

    def _is_same(self) -> bool:
        state, catalogue, beliefs = self._of
        cloud = self._cloud
        return state is cloud.state and catalogue is cloud.catalogue and beliefs == cloud.beliefs


def true_until(state: State, now: float) -> float:
    """When the next operation ends, a target has drained, or an instance that is gone is shown otherwise."""
    ends = [each.ends for each in state.last_operation.values()]
    ends += ends_of_draining(state)
    for gone in state.all(Terminated):
        ends += [gone.ended, gone.ended + REMEMBERED]
    return min((each for each in ends if each > now), default=inf)
