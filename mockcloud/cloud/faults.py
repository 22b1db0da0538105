"""Faults that a tester injects: which requests meet them, where, how often; by one seed, to be repeated.

Beside those of requests there are those of things: a zone, an instance, what is known of a target.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

INJECTED: Final = "an injected fault"


class Point(StrEnum):
    """Where a request meets its fault."""

    REQUEST = "request"  # before anything is done
    ANSWER = "answer"  # it is done and kept, and the answer is lost
    OPERATION = "operation"  # it is accepted, and the operation fails, or never ends
    READ = "read"  # it changes nothing, and shows what was some time ago
    EDGE = "edge"  # no request: things that packets meet


@dataclass(slots=True)
class FaultRule:
    """`path` is a pattern with *, `count` how often it strikes (None: always), `delay` in seconds.

    `stuck`: the operation never ends. `lag`: so many seconds ago, by the cloud's clock, is what a read shows.
    """

    id: int
    point: Point
    path: str = "*"
    method: str = "*"
    probability: float = 1.0
    count: int | None = None
    delay: float = 0.0
    status: int = 0  # 0: delayed only
    code: str = ""
    message: str = INJECTED
    stuck: bool = False
    lag: float = 0.0

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one of those."""
        return (
            self.count != 0
            and fnmatchcase(path, self.path)
            and (self.method == "*" or self.method.upper() == method)
        )


@dataclass(frozen=True, slots=True)
class Outage:
    """One of: a zone that is dead, an instance that is frozen, a target whose health is a lie (`health`).

    Instances are known by name or by number, targets also by address; zones by the core's names.
    """

    id: int
    zone: str = ""
    instance: str = ""
    target: str = ""
    health: str = ""
    point: Point = Point.EDGE


class Faults:
    """The rules in force, oldest first; the first that strikes at a point is it.

    `watchers` are told when there are others.
    """

    def __init__(self, seed: int = 0) -> None:
        self.rules: dict[int, FaultRule] = {}
        self.outages: dict[int, Outage] = {}
        self.watchers: list[Callable[[], None]] = []
        self._next = 1
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Begin the row of chances anew."""
        self._random = Random(seed)

    @property
    def all(self) -> list[FaultRule | Outage]:
        """Of requests and of things, the oldest first."""
        return sorted((*self.rules.values(), *self.outages.values()), key=lambda each: each.id)

    @property
    def longest_lag(self) -> float:
        """How far back a read may look, in seconds."""
        return max((each.lag for each in self.rules.values()), default=0.0)

    def add(self, point: Point, **fields: object) -> FaultRule | Outage:
        """Inject one; `fields` are FaultRule's or Outage's own, checked by whoever reads a request."""
        number, self._next = self._next, self._next + 1
        made: FaultRule | Outage
        if point is Point.EDGE:
            made = self.outages[number] = Outage(number, **fields)  # type: ignore[arg-type]
        else:
            made = self.rules[number] = FaultRule(number, point, **fields)  # type: ignore[arg-type]
        self._tell()
        return made

    def remove(self, number: int) -> bool:
        """Whether there was one of this number."""
        found = self.rules.pop(number, None) or self.outages.pop(number, None)
        self._tell()
        return found is not None

    def clear(self) -> None:
        """All of them."""
        self.rules.clear()
        self.outages.clear()
        self._tell()

    def _tell(self) -> None:
        for tell in self.watchers:
            tell()

    def strike(self, point: Point, method: str, path: str) -> FaultRule | None:
        """The fault that this request meets here, if any."""
        for rule in self.rules.values():
            if rule.point is point and rule.meets(method, path) and self._random.random() < rule.probability:
                if rule.count is not None:
                    rule.count -= 1
                return rule
        return None
