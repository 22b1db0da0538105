"""What both machines' drivers have in common: one event after the other, and who performs what follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Generic, Protocol, TypeVar

E = TypeVar("E")
C_contra = TypeVar("C_contra", contravariant=True)


class Performer(Protocol[C_contra]):
    """Performs the commands that concern it, and leaves the rest alone."""

    def perform(self, command: C_contra) -> None:
        """One command, at once."""


class Feeding(ABC, Generic[E, C_contra]):
    """Takes events for a machine. Every method is for the event loop's thread."""

    def __init__(self) -> None:
        self._performers: tuple[Performer[C_contra], ...] = ()
        self._events: deque[E] = deque()
        self._is_busy = False

    def attach(self, *performers: Performer[C_contra]) -> None:
        """What performs the commands, in this order. Nothing is to be fed before."""
        self._performers = performers

    def feed(self, event: E) -> None:
        """Decide, and do what follows; an event that comes meanwhile is taken in afterwards."""
        self._events.append(event)
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._events:
                self._handle(self._events.popleft())
        finally:
            self._is_busy = False

    @abstractmethod
    def _handle(self, event: E) -> None:
        """Have the machine decide on one event, and what it wants performed."""

    def _perform(self, command: C_contra) -> None:
        if not self._performers:
            msg = "nothing is attached that performs commands"
            raise RuntimeError(msg)
        for each in self._performers:
            each.perform(command)
