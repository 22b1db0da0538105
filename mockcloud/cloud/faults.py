"""Faults that a tester injects: which requests meet them, where, how often; by one seed, to be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random


class Point(StrEnum):
    """Where a request meets its fault."""

    REQUEST = "request"  # before anything is done
    ANSWER = "answer"  # it is done and kept, and the answer is lost
    OPERATION = "operation"  # it is accepted, and the operation fails


@dataclass(slots=True)
class FaultRule:
    """`path` is a pattern with *, `count` how often it strikes (None: always), `delay` in seconds."""

    id: int
    point: Point
    path: str = "*"
    method: str = "*"
    probability: float = 1.0
    count: int | None = None
    delay: float = 0.0
    status: int = 0  # 0: delayed only
    code: str = ""
    message: str = "an injected fault"

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one of those."""
        return (
            self.count != 0
            and fnmatchcase(path, self.path)
            and (self.method == "*" or self.method.upper() == method)
        )


class Faults:
    """The rules in force, oldest first; the first that strikes at a point is it."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: dict[int, FaultRule] = {}
        self._next = 1
        self.reseed(seed)

    def reseed(self, seed: int) -> None:
        """Begin the row of chances anew."""
        self._random = Random(seed)

    def add(self, point: Point, **fields: object) -> FaultRule:
        """Inject one; `fields` are FaultRule's own, and whoever reads a request has checked them."""
        rule = FaultRule(self._next, point, **fields)  # type: ignore[arg-type]
        self._next += 1
        self.rules[rule.id] = rule
        return rule

    def remove(self, number: int) -> bool:
        """Whether there was one of this number."""
        return self.rules.pop(number, None) is not None

    def clear(self) -> None:
        """All of them."""
        self.rules.clear()

    def strike(self, point: Point, method: str, path: str) -> FaultRule | None:
        """The fault that this request meets here, if any."""
        for rule in self.rules.values():
            if rule.point is point and rule.meets(method, path) and self._random.random() < rule.probability:
                if rule.count is not None:
                    rule.count -= 1
                return rule
        return None
